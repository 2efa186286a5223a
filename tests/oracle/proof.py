"""Ledger Proof: Exact's own balances of a company's period beside the sums of the lines that are here.

Left out: State and Checked At, which tell of our own checking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from oracle import ledger
from oracle.books import Books
from oracle.tables import Row, fixed
from oracle.values import amount, exact


@dataclass
class _Sums:
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    lines: int = 0


def balances(books: Books) -> dict[tuple[str, str], _Sums]:
    """By company and period as Exact reports them; budgets are no postings."""
    found: dict[tuple[str, str], _Sums] = defaultdict(_Sums)
    for one in books["ReportingBalance"]:
        if one["Type"] != ledger.BUDGET:
            period = books.period(one, int(one["ReportingYear"]), int(one["ReportingPeriod"]))
            sums = found[(books.company(one), period)]
            sums.debit += exact(one["AmountDebit"])
            sums.credit += abs(exact(one["AmountCredit"]))
            sums.lines += int(one["Count"])
    return found


def postings(books: Books) -> dict[tuple[str, str], _Sums]:
    """By company and period from the lines, each rounded before any sum."""
    found: dict[tuple[str, str], _Sums] = defaultdict(_Sums)
    for line in books["TransactionLines"]:
        if ledger.is_posting(line):
            period = books.period(line, int(line["FinancialYear"]), int(line["FinancialPeriod"]))
            sums, booked = found[(books.company(line), period)], amount(line["AmountDC"])
            sums.debit += max(booked, Decimal(0))
            sums.credit += max(-booked, Decimal(0))
            sums.lines += 1
    return found


def rows(books: Books) -> Iterator[Row]:
    """A row for each company and period that either side has."""
    theirs, ours = balances(books), postings(books)
    for company, period in sorted(theirs.keys() | ours.keys()):
        key = company, period
        one, other = theirs.get(key, _Sums()), ours.get(key, _Sums())
        debit, credit = amount(one.debit), amount(one.credit)
        difference = abs(debit - other.debit) + abs(credit - other.credit)
        yield (*key, debit, other.debit, credit, other.credit, one.lines, other.lines, difference)


TABLE = fixed(
    "Ledger Proof",
    (
        "Company Key",
        "Period Key",
        "Debit Exact",
        "Debit Here",
        "Credit Exact",
        "Credit Here",
        "Lines Exact",
        "Lines Here",
        "Difference",
    ),
    rows,
)
