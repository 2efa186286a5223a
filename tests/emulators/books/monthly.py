"""What comes back each month: payroll, depreciation, deferred and accrued amounts, revaluation of currencies, VAT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from emulators.books.company import Company
from emulators.books.desk import (
    ACCRUED_COST,
    ACCRUED_REVENUE,
    BANK,
    DEFERRED_COST,
    DEFERRED_REVENUE,
    DEPRECIATION,
    PAYROLL,
    REVALUED,
    VAT_RETURN,
    Desk,
    balanced,
)  # fmt: skip
from emulators.books.documents import converted
from emulators.books.ids import guid_of
from emulators.books.model import Account, Entry, decimal_text
from emulators.books.terms import Term

_CENT: Final = 100
_PARKING: Final = 5 * 10_000
_ASSETS: Final = (("A-01", "Laptops", 36_000, 60), ("A-02", "Meubilair", 48_000, 120), ("A-03", "Servers", 12_600, 36))
"""Code, name, cost in whole currency, months of life. All begin with the company's first month."""
_YEARLY: Final = (("insurance", "prepaid", DEFERRED_COST, 2_400), ("revenue_licences", "deferred_revenue",
                  DEFERRED_REVENUE, -1_200))  # fmt: skip
_ACCRUED: Final = (("cost_energy", "accrued_costs", ACCRUED_COST, 850), ("revenue_services", "accrued_revenue",
                   ACCRUED_REVENUE, -4_200))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asset:
    """A fixed asset, written off evenly over `months`."""

    id: str
    code: str
    description: str
    cost: int
    months: int

    def written_off(self, months: int) -> int:
        """What has been written off after so many months, in whole cents."""
        return self.cost * min(months, self.months) // self.months // _CENT * _CENT


def assets(company: Company) -> list[Asset]:
    """The assets with which a company began; the life stands in the description."""
    return [
        Asset(guid_of(0, f"asset of {company.key}", code), code, f"{name} ({months} mnd)", cost * 10_000, months)
        for code, name, cost, months in _ASSETS
    ]


def payroll(desk: Desk, day: date, people: list[str], gross: int) -> Entry:
    """Wages per cost centre (one line each per person), without a line 0."""
    entry = desk.entry(PAYROLL, "payroll", day)
    account = desk.company.account
    total = 0
    for code in people:
        wage = int(gross * (0.7 + 0.6 * desk.dice.random())) // _CENT * _CENT
        for role, share in (("wages", 100), ("social", 18), ("pension", 9)):
            line = desk.line(len(entry.lines) + 1, account(role), wage * share // 100 // _CENT * _CENT)
            line.cost_center, line.description = code, f"Salaris {day:%Y-%m}"
            total += line.amount
            entry.lines.append(line)
    tax = total * 2 // 5 // _CENT * _CENT
    entry.lines.append(desk.line(len(entry.lines) + 1, account("wage_tax"), -tax))
    entry.lines.append(desk.line(len(entry.lines) + 1, account("wages_due"), tax - total))
    return entry


def depreciation(desk: Desk, day: date, owned: Iterable[Asset], since: int, until: int) -> Entry | None:
    """Type 70: what each asset loses between two ages in months."""
    entry = desk.entry(DEPRECIATION, "assets", day)
    for asset in owned:
        amount = asset.written_off(until) - asset.written_off(since)
        if not amount:
            continue
        for role, signed in (("depreciation", amount), ("depreciated", -amount)):
            line = desk.line(len(entry.lines) + 1, desk.company.account(role), signed)
            line.asset, line.description = asset, f"Afschrijving {asset.description}"
            line.cost_center = desk.company.codes[0] if role == "depreciation" else None
            entry.lines.append(line)
    return entry if entry.lines else None


def deferred(desk: Desk, day: date, place: int, places: int) -> Iterator[Entry]:
    """Types 86 and 84: in the first of `places` months a year's cost and revenue leave the result but for one part;
    each later month takes its part back. Nothing where there is no later one."""
    year, _ = desk.company.period_of(day)
    for result, balance, kind, whole in _YEARLY if places > 1 else ():
        part = whole * 10_000 // 12
        amount = -part * (places - 1) if place == 0 else part
        yield _moved(desk, kind, day, result, balance, amount, f"{'DC' if kind == DEFERRED_COST else 'DR'}-{year}")


def accrued(desk: Desk, day: date, reference: str, *, back: bool) -> Iterator[Entry]:
    """Types 96 and 95: costs and revenue of a month whose invoice comes later; reversed in the month that follows."""
    for result, balance, kind, amount in _ACCRUED:
        signed = amount * 10_000 * (-1 if back else 1)
        yield _moved(desk, kind, day, result, balance, signed, f"{'AC' if kind == ACCRUED_COST else 'AR'}-{reference}")


def _moved(desk: Desk, kind: int, day: date, result: str, balance: str, amount: int, reference: str) -> Entry:
    entry = desk.entry(kind, "memorial", day)
    entry.reference = reference
    lines = [desk.line(1, desk.company.account(result), amount), desk.line(2, desk.company.account(balance), -amount)]
    lines[0].cost_center = desk.company.codes[0]
    for line in lines:
        line.description = f"{reference} {desk.company.account(result).description}"
    entry.lines = lines
    return entry


def petty(desk: Desk, day: date) -> Entry:
    """A sheet of the till: parking, a little each month, so that what the till began with lasts."""
    entry = desk.entry(BANK, "cash", day)
    lines = [desk.line(0, desk.company.account("cash"), 0), desk.line(1, desk.company.account("cost_travel"), _PARKING)]
    lines[0].description, lines[1].description = f"Kas {day:%Y-%m}", "Parkeren"
    lines[1].cost_center = desk.company.codes[0]
    return balanced(entry, lines)


def revalued(desk: Desk, day: date, terms: Iterable[Term], booked: int) -> tuple[Entry | None, int]:
    """Type 80: the open terms in other currencies at the day's rate; what was booked before is taken back. Gives the
    entry, and what is booked now."""
    worth = sum(
        converted(term.foreign, desk.company.rate(term.head.currency, day)) - term.amount
        for term in terms
        if term.head.currency != desk.company.currency
    )
    if worth == booked:
        return None, booked
    entry = desk.entry(REVALUED, "memorial", day)
    account = desk.company.account
    entry.lines = [
        desk.line(1, account("revaluation"), worth - booked), desk.line(2, account("exchange"), booked - worth),
    ]  # fmt: skip
    return entry, worth


def vat_return(desk: Desk, day: date, created: int, balances: list[tuple[Account, int]]) -> Entry | None:
    """Type 50: what has gathered on the VAT accounts goes to the one account that is paid."""
    owed = [(account, amount) for account, amount in balances if amount]
    if not owed:
        return None
    entry = desk.entry(VAT_RETURN, "vat", day, created)
    entry.status = 50
    for account, amount in owed:
        entry.lines.append(desk.line(len(entry.lines) + 1, account, -amount))
    total = sum(amount for _, amount in owed)
    entry.lines.append(desk.line(len(entry.lines) + 1, desk.company.account("vat_due"), total))
    for line in entry.lines:
        line.description = f"Btw-aangifte {day:%Y-%m}"
    entry.reference = decimal_text(day.year * 10_000)
    return entry
