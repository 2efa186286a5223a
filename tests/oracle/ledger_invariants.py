"""What must hold in any ledger at any moment: entries, periods, closed years, open items.

Each check yields its findings as texts that name company, period, account or record; a sound ledger yields none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from oracle import ledger
from oracle.books import Books
from oracle.controller import trial_balance
from oracle.model import ALL_OF_IT, Model
from oracle.open_item_measures import PAYABLE, RECEIVABLE, of_open
from oracle.periods import of_companies
from oracle.transaction_types import CARRIED_OVER, CLOSING, entry_class
from oracle.values import exact, reference

NEARLY_NOTHING = Decimal("0.005")
CENT = Decimal("0.01")
Check = Callable[[Model], Iterator[str]]


def is_off(amount: Decimal) -> bool:
    """Whether an amount that must be nothing is half a cent or more."""
    return abs(amount) >= NEARLY_NOTHING


def entries_are_whole(model: Model) -> Iterator[str]:
    """An entry sums to zero in company currency and in each of its own, and is of one period, journal, status, type."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    foreign: dict[tuple[str, str, Any], Decimal] = defaultdict(Decimal)
    kinds: dict[tuple[str, str], set[Any]] = defaultdict(set)
    for line in postings(model.books):
        key = model.books.company(line), reference(line["EntryID"])
        sums[key] += exact(line["AmountDC"])
        foreign[(*key, line["Currency"])] += exact(line["AmountFC"])
        kinds[key].add(tuple(line[f] for f in ("FinancialYear", "FinancialPeriod", "JournalCode", "Status", "Type")))
    yield from (f"entry {key} sums to {amount}" for key, amount in sums.items() if is_off(amount))
    yield from (f"entry {key} sums to {amount} in its currency" for key, amount in foreign.items() if is_off(amount))
    yield from (f"entry {key} is of several kinds: {sorted(of)}" for key, of in kinds.items() if len(of) > 1)


def postings(books: Books) -> Iterator[Any]:
    """Ledger lines without budgets."""
    return (line for line in books["TransactionLines"] if ledger.is_posting(line))


def periods_balance(model: Model) -> Iterator[str]:
    """Debit equals credit in each company's period."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (company, period, _), (debit, credit) in trial_balance(model, ALL_OF_IT).items():
        sums[(company, period)] += debit - credit
    yield from (f"{key}: debit less credit is {amount}" for key, amount in sums.items() if is_off(amount))


def closed_years_are_closed(model: Model) -> Iterator[str]:
    """In a year that has closing entries each result account ends at zero; what 327 carries over, 328 brings back."""
    closed: set[tuple[str, int]] = set()
    result: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    carried: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in postings(model.books):
        company, account, kind = model.books.company(line), reference(line["GLAccount"]), entry_class(line["Type"])
        year = int(line["FinancialYear"])
        if kind == CLOSING:
            closed.add((company, year))
        if kind == CARRIED_OVER:
            carried[(company, account)] += exact(line["AmountDC"])
        elif model.keyed("GL Accounts").get(account, {}).get("Balance Type") == "W":
            result[(company, year, account)] += exact(line["AmountDC"])
    for (company, year, account), amount in result.items():
        if (company, year) in closed and is_off(amount):
            yield f"{company} {year}: result account {account} still holds {amount}"
    yield from (f"{key}: 327 and 328 leave {amount}" for key, amount in carried.items() if is_off(amount))


def balances_balance(model: Model) -> Iterator[str]:
    """Balance sheet accounts and result accounts without carry-over add up to nothing at the end of each period."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in model.rows("GL Lines", ALL_OF_IT.where("Transaction Types[Entry Class No]", {1, 2, 3})):
        end = model.other("GL Lines", row, "Fiscal Periods", "End Date")
        sums[row["Company Key"]][end or ""] += row["_Amount"]
    for company, by_end in sums.items():
        total = Decimal(0)
        for end in sorted(by_end):
            total += by_end[end]
            if is_off(total):
                yield f"{company} at {end}: accounts add up to {total:.2f}"


def open_items_equal_control_accounts(model: Model) -> Iterator[str]:
    """At the end of each period what a relation owes, or is owed, is its balance on the control accounts."""
    for company, periods in model.books.once(of_companies).items():
        for line_type, sign in ((RECEIVABLE, 1), (PAYABLE, -1)):
            booked = _booked(model, company, line_type)
            for end in sorted({period.end for period in periods}):
                owed = _open_by_relation(model, company, end, line_type)
                held = _sums(booked, str(end))
                for relation in sorted(owed.keys() | held.keys()):
                    there, ledger_has = owed.get(relation, Decimal(0)), sign * held.get(relation, Decimal(0))
                    if abs(there - ledger_has) >= CENT:
                        yield f"{company} {line_type} {end} {relation}: open items {there:.2f}, ledger {ledger_has:.2f}"


def _booked(model: Model, company: str, line_type: int) -> list[tuple[str, str, Decimal]]:
    choice = ALL_OF_IT.where("Companies[Company Key]", {company}).where("GL Accounts[Account Type No]", {line_type})
    rows = model.rows("GL Lines", choice.where("Transaction Types[Entry Class No]", {1, 2, 3}))
    return [
        (str(model.other("GL Lines", row, "Fiscal Periods", "End Date"))[:10], row["Relation Key"], row["_Amount"])
        for row in rows
    ]


def _sums(booked: list[tuple[str, str, Decimal]], until: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for end, relation, amount in booked:
        if end <= until:
            found[relation] += amount
    return found


def _open_by_relation(model: Model, company: str, on: date, line_type: int) -> dict[str, Decimal]:
    choice = of_open(ALL_OF_IT.where("Companies[Company Key]", {company}), on, line_type)
    return model.grouped("Open Items", "_Amount", choice, lambda row: row["Relation Key"])


def periods_cover_every_day_once(model: Model) -> Iterator[str]:
    """A company's periods follow each other without a gap."""
    for company, periods in model.books.once(of_companies).items():
        for one, following in pairwise(periods):
            if following.start != one.end + timedelta(days=1):
                yield f"{company}: {one.index} ends {one.end}, {following.index} starts {following.start}"


CHECKS: tuple[Check, ...] = (
    entries_are_whole,
    periods_balance,
    closed_years_are_closed,
    balances_balance,
    open_items_equal_control_accounts,
    periods_cover_every_day_once,
)
