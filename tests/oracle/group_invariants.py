"""What must hold between Exact's reports and its lines, and between the companies of a group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from oracle.controller import reported_balance, trial_balance
from oracle.ledger_invariants import CENT, Check, is_off, postings
from oracle.ledger_measures import LEDGER, of_result
from oracle.model import ALL_OF_IT, Model, Named
from oracle.open_item_measures import PAYABLE, RECEIVABLE, of_open
from oracle.periods import of_companies
from oracle.relations import bare
from oracle.transaction_types import CARRIED_OVER, entry_class
from oracle.values import exact, reference

PROCESSED = 50
OPENINGS = {
    "OpeningBalanceCurrentYearAfterEntry": False,
    "OpeningBalanceCurrentYearProcessed": True,
    "OpeningBalancePreviousYearAfterEntry": False,
    "OpeningBalancePreviousYearProcessed": True,
}
"""Reports of opening balances, and whether they count processed lines only."""

Pair = tuple[str, str]


def reports_equal_lines(model: Model) -> Iterator[str]:
    """ReportingBalance by company, period and account is what the lines add up to."""
    ours, theirs = trial_balance(model, ALL_OF_IT), reported_balance(model)
    nothing = Decimal(0), Decimal(0)
    for key in sorted(ours.keys() | theirs.keys()):
        one, other = theirs.get(key, nothing), ours.get(key, nothing)
        if is_off(one[0] - other[0]) or is_off(one[1] - other[1]):
            yield f"{key}: reported {one[0]} and {one[1]}, lines {other[0]} and {other[1]}"


def opening_balances_equal_lines(model: Model) -> Iterator[str]:
    """What a year opens with is what its balance sheet accounts held at the end of the year before."""
    for entity, only_processed in OPENINGS.items():
        theirs: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
        for line in model.books[entity]:
            key = model.books.company(line), int(line["ReportingYear"]), reference(line["GLAccount"])
            theirs[key] += exact(line["Amount"])
        ours = _held_before(model, {key[:2] for key in theirs}, only_processed=only_processed)
        for key in sorted(theirs.keys() | ours.keys()):
            opened, left = theirs.get(key, Decimal(0)), ours.get(key, Decimal(0))
            if is_off(opened - left):
                yield f"{entity} {key}: opens with {opened:.2f}, lines left {left:.2f}"


def _held_before(
    model: Model, years: set[tuple[str, int]], *, only_processed: bool
) -> dict[tuple[str, int, str], Decimal]:
    found: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    for line in postings(model.books):
        company, account = model.books.company(line), reference(line["GLAccount"])
        is_counted = not only_processed or line["Status"] == PROCESSED
        is_balance = model.keyed("GL Accounts").get(account, {}).get("Balance Type") == "B"
        if is_counted and is_balance and entry_class(line["Type"]) != CARRIED_OVER:
            for of, year in years:
                if of == company and int(line["FinancialYear"]) < year:
                    found[(company, year, account)] += exact(line["AmountDC"])
    return found


def companies_owe_each_other_alike(model: Model) -> Iterator[str]:
    """What a company of the group claims of another, the other owes it, at each end of a month."""
    numbers = _numbers(model)
    ends = sorted({period.end for periods in model.books.once(of_companies).values() for period in periods})
    for end in ends:
        claims, debts = (_between(model, numbers, end, kind) for kind in (RECEIVABLE, PAYABLE))
        for pair in sorted(claims.keys() | {(there, here) for here, there in debts}):
            claimed, owed = claims.get(pair, Decimal(0)), debts.get((pair[1], pair[0]), Decimal(0))
            if abs(claimed - owed) >= CENT:
                yield f"{end}: {pair[0]} claims {claimed:.2f} of {pair[1]}, which owes {owed:.2f}"


def _numbers(model: Model) -> Mapping[str, str]:
    """The company of the group that a VAT number is."""
    books = model.books
    own = [one for one in books["HrmDivisions"] if books.is_ours(one)]
    return {bare(one["VATNumber"]): books.company_of(one) for one in own if bare(one["VATNumber"])}


def _company_of(model: Model, numbers: Mapping[str, str], row: Named) -> str:
    """The company of the group that a row's relation is; empty for outsiders."""
    relation = model.books.found("Accounts", row["Relation Key"])
    return numbers.get(bare(relation["VATNumber"]), "") if relation else ""


def _between(model: Model, numbers: Mapping[str, str], on: date, line_type: int) -> dict[Pair, Decimal]:
    sums = model.grouped(
        "Open Items",
        "_Amount",
        of_open(ALL_OF_IT, on, line_type),
        lambda row: (row["Company Key"], _company_of(model, numbers, row)),
    )
    return {pair: amount for pair, amount in sums.items() if pair[1]}


def companies_charge_each_other_alike(model: Model) -> Iterator[str]:
    """What a company of the group earns from another in a month, it costs the other."""
    numbers = _numbers(model)
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in model.rows(LEDGER, of_result(ALL_OF_IT)):
        other = _company_of(model, numbers, row)
        if other:
            month = str(model.other(LEDGER, row, "Fiscal Periods", "Month"))[:7]
            sums[(month, *sorted((row["Company Key"], other)))] += row["_Amount"]
    for (month, one, another), amount in sorted(sums.items()):
        if abs(amount) >= CENT:
            yield f"{month}: between {one} and {another} {amount:.2f} is earned or spent by one side only"


CHECKS: tuple[Check, ...] = (
    reports_equal_lines,
    opening_balances_equal_lines,
    companies_owe_each_other_alike,
    companies_charge_each_other_alike,
)
