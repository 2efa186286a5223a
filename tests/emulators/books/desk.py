"""A company's bookkeeping desk: makes entries one after another, with numbers and dice that go on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from emulators.books.company import Company
from emulators.books.firm import VatCode
from emulators.books.ids import next_guid
from emulators.books.model import Account, Entry, Line, Relation

OPENING, SALE, CREDIT, PURCHASE, PURCHASE_CREDIT, BANK = 10, 20, 21, 30, 31, 40
VAT_RETURN, DEPRECIATION, REVALUED, EXCHANGE, DIFFERENCE = 50, 70, 80, 82, 83
DEFERRED_REVENUE, DEFERRED_COST, OTHER, ACCRUED_REVENUE, ACCRUED_COST, PAYROLL = 84, 86, 90, 95, 96, 170
"""TransactionLines.Type (docs page FinancialTransactionTransactionLines)."""
VAT_LINE: Final = 9999
_DAY_MS: Final = 86_400_000
_EPOCH: Final = 719_163
_DESCRIPTIONS: Final = (
    "Advies week", "Project Noord", "Licentie per maand", "Huur kantoor", 'Factuur "spoed"', "Café & lunch ☕",
    "Reiskosten", "Onderhoud", "Ontwikkeling sprint", "Correctie",
)  # fmt: skip
_COSTS: Final = ("cost_travel", "cost_office", "cost_software", "cost_marketing", "entertainment", "other")


class Desk:
    """Draws, numbers, entries and lines of one company."""

    def __init__(self, company: Company, clients: Sequence[Relation], suppliers: Sequence[Relation]) -> None:
        self.company = company
        self.dice = random.Random(f"books {company.seed} {company.key}")
        self.clients, self.suppliers = clients, suppliers
        self.number = 24_000_000
        self.open_after: date | None = None
        """Entries of periods that end after this day may still be open (status 20)."""

    def entry(self, kind: int, journal: str, day: date, created: int | None = None) -> Entry:
        """An entry without lines, in the period of its date; written on the day after unless said otherwise."""
        dice = self.dice
        self.number += 1
        year, period = self.company.period_of(day)
        if created is None:
            created = (day.toordinal() - _EPOCH + 1) * _DAY_MS + int(dice.random() * _DAY_MS)
        made = Entry(next_guid(dice), self.number, kind, self.company.journal(journal), year, period, day, created)
        made.currency = self.company.currency
        if self.open_after and day > self.open_after and dice.random() < 0.5:
            made.status = 20
        return made

    def line(self, number: int, account: Account, amount: int) -> Line:
        return Line(next_guid(self.dice), number, account, amount)

    def amount(self) -> int:
        """A positive amount in whole cents, many small ones and few large ones."""
        return 100 * int(10 ** (2.5 + 2.5 * self.dice.random()))

    def text(self) -> str:
        dice = self.dice
        return f"{_DESCRIPTIONS[int(dice.random() * len(_DESCRIPTIONS))]} {int(dice.random() * 9999)}"

    def cost_center(self) -> str | None:
        """The code of a cost centre in use; none for one line in eight."""
        codes = self.company.codes
        at = int(self.dice.random() * len(codes) * 8 / 7)
        return None if at >= len(codes) else codes[at]

    def cost(self) -> Account:
        return self.company.account(_COSTS[int(self.dice.random() * len(_COSTS))])

    def memorial(self, year: int, period: int, rows: int, day: date | None = None) -> Entry:
        """A general journal entry of exactly `rows` lines, at least two: costs against the suspense account."""
        start = self.company.end_of(year, period).replace(day=1)
        entry = self.entry(OTHER, "memorial", day or start + timedelta(days=int(self.dice.random() * 28)))
        entry.lines = lines = []
        for number in range(1, rows):
            line = self.line(number, self.cost(), self.amount() * (1 if self.dice.random() < 0.5 else -1))
            line.cost_center, line.description = self.cost_center(), self.text()
            lines.append(line)
        lines.append(self.line(rows, self.company.account("suspense"), -sum(line.amount for line in lines)))
        return entry

    def sale(self, year: int, period: int, day: date | None = None) -> Entry:
        """Revenue by general journal: sales entries come from invoices alone, so that both agree."""
        entry = self.entry(OTHER, "memorial", self._day(year, period, day))
        return self._traded(entry, "debtors", "sales_high", self.clients, -1)

    def purchase(self, year: int, period: int, day: date | None = None) -> Entry:
        """A purchase entry, as most are: without the purchase module."""
        entry = self.entry(PURCHASE, "purchase", self._day(year, period, day))
        entry.invoice, entry.reference = 700_000 + self.number % 100_000, f"D-{self.number % 9_973}"
        return self._traded(entry, "creditors", "purchase_high", self.suppliers, 1)

    def _day(self, year: int, period: int, day: date | None) -> date:
        start = self.company.end_of(year, period).replace(day=1)
        return day or start + timedelta(days=int(self.dice.random() * 28))

    def _traded(self, entry: Entry, control: str, vat: str, parties: Sequence[Relation], sign: int) -> Entry:
        """A receivable or payable at line 0, one to three net lines, the VAT at 9999."""
        entry.due = entry.date + timedelta(days=30)
        relation = parties[int(self.dice.random() * len(parties))]
        lines = [self.line(0, self.company.account(control), 0)]
        for number in range(1, 2 + int(self.dice.random() * 3)):
            account = self.company.account("revenue_services") if sign < 0 else self.cost()
            lines.append(self._net(number, account, self.company.vat(vat), sign))
        vat_account = self.company.account(self.company.vats[vat].account)
        lines.append(self.line(VAT_LINE, vat_account, sign * sum(line.vat or 0 for line in lines)))
        lines[0].amount, lines[0].description = -sum(line.amount for line in lines), self.text()
        for line in lines:
            line.relation = relation
        entry.lines = lines
        return entry

    def _net(self, number: int, account: Account, code: VatCode, sign: int) -> Line:
        net = self.amount()
        line = self.line(number, account, sign * net)
        line.cost_center, line.description = self.cost_center(), self.text()
        line.vat_code, line.vat_rate, line.vat_type = code.code, code.rate, code.type
        line.vat_base, line.vat = net, (net // 100 * code.points + 5_000) // 10_000 * 100
        return line


def balanced(entry: Entry, lines: list[Line]) -> Entry:
    """Give the first line what the others leave."""
    lines[0].amount = -sum(line.amount for line in lines[1:])
    entry.lines = lines
    return entry
