"""Open items and budgets: signs, the day of settlement, amount times days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fakes.exact_records import BE, Blank, at, books, record
from oracle import budgets, open_items
from oracle.settings import Settings


def term(**fields: Any) -> Blank:
    shared = {"ID": "t", "LineType": 20, "AmountDC": "=121", "InvoiceDate": at(2026, 1, 31), "DueDate": at(2026, 3, 2)}
    return record(**shared | fields)


def only(one: Blank) -> dict[str, Any]:
    (row,) = open_items.TABLE.named(books(PaymentTerms=[one]))
    return row


def test_an_open_receivable_is_open_until_the_end_of_days() -> None:
    row = only(term(Status=20, AmountDiscountDC="=2.42"))

    assert (row["_Amount"], row["_Amount Days"], row["_Discount"]) == (121, 0, Decimal("2.42"))
    assert (row["Settled On"], row["Settled Period"]) == ("2999-12-31T00:00:00", None)
    assert (row["Ledger"], row["Status"], row["Is Fully Paid"]) == ("Receivables", "Open", False)


def test_a_settled_one_has_its_day_period_and_amount_times_days() -> None:
    row = only(term(Status=50, EndDate=at(2026, 2, 20), EndYear=2026, EndPeriod=2, IsFullyPaid=True))

    assert (row["Settled On"], row["Settled Period"]) == ("2026-02-20T00:00:00", 202602)
    assert row["_Amount Days"] == 2420
    assert (row["Status"], row["Is Fully Paid"]) == ("Matched", True)


def test_what_we_owe_is_negative_in_exact_and_positive_here() -> None:
    row = only(term(LineType=22, AmountDC="=-60.5", AmountFC="=-70", EndDate=at(2026, 2, 10)))

    assert (row["Ledger"], row["_Amount"], row["_Amount FC"]) == ("Payables", Decimal("60.5"), 70)
    assert row["_Amount Days"] == 605


def test_days_are_multiplied_before_the_amount_is_rounded() -> None:
    row = only(term(AmountDC="=33.333333", EndDate=at(2026, 3, 2)))

    assert (row["_Amount"], row["_Amount Days"]) == (Decimal("33.3333"), Decimal("1000"))


def test_paid_on_the_day_of_the_invoice_is_no_days() -> None:
    assert only(term(EndDate=at(2026, 1, 31)))["_Amount Days"] == 0


BUDGET = record(
    AmountDC="=-500", ReportingYear=2026, ReportingPeriod=7, GLAccount="ACC", Costcenter="k1",
    BudgetScenarioDescription="Budget 2026", Division=BE,
)  # fmt: skip


def test_a_budget_is_taken_in_the_sign_of_the_ledger_unless_it_is_natural() -> None:
    (ledger,) = budgets.TABLE.named(books(Budgets=[BUDGET]))
    (natural,) = budgets.TABLE.named(books(Settings(budget_sign="natural"), Budgets=[BUDGET]))

    assert (ledger["_Amount"], natural["_Amount"]) == (-500, 500)
    assert (ledger["Company Key"], ledger["Period Key"]) == ("be-200001", "be-200001|2026-07")
    assert (ledger["Cost Center Key"], ledger["Cost Unit Key"]) == ("be-200001|K1", "(none)")
    assert ledger["Scenario"] == "Budget 2026"
