"""What a controller's checks of day one compare: lists by account, section, client, invoice and cost centre.

Money measures of single choices are in the modules of measures; here is what a check needs of many groups at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from oracle.ledger import BUDGET
from oracle.ledger_measures import LEDGER, of_result
from oracle.model import Choice, Model, Named
from oracle.open_item_measures import of_open
from oracle.values import amount, exact

DEBIT, CREDIT = "D", "C"


def trial_balance(model: Model, choice: Choice) -> dict[tuple[str, str, str], tuple[Decimal, Decimal]]:
    """Debit and credit by company, period and account."""
    found: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in model.rows(LEDGER, choice):
        sums = found[(row["Company Key"], row["Period Key"], row["GL Account Key"])]
        sums[row["Side Code"] == CREDIT] += abs(row["_Amount"])
    return {key: (debit, credit) for key, (debit, credit) in found.items()}


def reported_balance(model: Model) -> dict[tuple[str, str, str], tuple[Decimal, Decimal]]:
    """The same as Exact's own report has it, of all companies and years, without budgets."""
    found: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    books = model.books
    for one in (balance for balance in books["ReportingBalance"] if balance["Type"] != BUDGET):
        period = books.period(one, int(one["ReportingYear"]), int(one["ReportingPeriod"]))
        sums = found[(books.company(one), period, one["GLAccount"].lower())]
        sums[0] += exact(one["AmountDebit"])
        sums[1] += abs(exact(one["AmountCredit"]))
    return {key: (amount(debit), amount(credit)) for key, (debit, credit) in found.items()}


def result_by_section(model: Model, choice: Choice) -> dict[tuple[str, Any], Decimal]:
    """The result by company and section."""
    return _negated(
        model.grouped(
            LEDGER,
            "_Amount",
            of_result(choice),
            lambda row: (row["Company Key"], model.other(LEDGER, row, "GL Accounts", "Section No")),
        )
    )


def result_by_cost_centre(model: Model, choice: Choice) -> dict[tuple[str, str], Decimal]:
    """The result by company and cost centre key, the one that stands for none included."""
    return _negated(
        model.grouped(LEDGER, "_Amount", of_result(choice), lambda row: (row["Company Key"], row["Cost Center Key"]))
    )


def _negated(sums: Mapping[Any, Decimal]) -> dict[Any, Decimal]:
    return {key: -amount for key, amount in sums.items()}


def open_by_client_and_age(
    model: Model, choice: Choice, as_of: date, line_type: int
) -> dict[tuple[str, str, str], Decimal]:
    """What was open on a day by company, relation key and age."""
    buckets = model.table("Ageing Buckets")

    def by(row: Named) -> tuple[str, str, str]:
        late = (as_of - date.fromisoformat(row["Due Date"][:10])).days
        age = next(bucket["Bucket"] for bucket in buckets if bucket["From Days"] <= late <= bucket["To Days"])
        return row["Company Key"], row["Relation Key"], age

    return model.grouped("Open Items", "_Amount", of_open(choice, as_of, line_type), by)


@dataclass(frozen=True)
class Numbers:
    """A run of invoice numbers: `missing` are the gaps between the first and the last."""

    first: int
    last: int
    count: int
    missing: tuple[int, ...]


def invoice_numbers(model: Model, choice: Choice) -> dict[tuple[str, str | None], Numbers]:
    """The numbers of invoices and credit notes by company and journal."""
    found: dict[tuple[str, str | None], set[int]] = defaultdict(set)
    for row in model.rows("Sales Invoices", choice):
        if row["Invoice Number"]:
            found[(row["Company Key"], row["Journal"])].add(row["Invoice Number"])
    return {
        key: Numbers(
            min(numbers),
            max(numbers),
            len(numbers),
            tuple(sorted(set(range(min(numbers), max(numbers) + 1)) - numbers)),
        )
        for key, numbers in found.items()
    }


def invoice(model: Model, company: str, number: int) -> list[Named]:
    """An invoice as its document shows it: net, VAT, gross, client, dates."""
    rows = model.table("Sales Invoices")
    return [row for row in rows if row["Company Key"] == company and row["Invoice Number"] == number]
