"""Measures of the ledger and of open items on three small companies, added up by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fakes.exact_records import Blank, at, but, record
from fakes.small_ledger import BELGIAN, BRITISH, DUTCH, LINES, model
from oracle import ledger_measures as ledger
from oracle import open_item_measures as items
from oracle.model import ALL_OF_IT, Choice, Model, of_companies

MODEL = model()
NL = of_companies(DUTCH)
EUROS = of_companies(DUTCH, BELGIAN)


def during(choice: Choice, *months: str) -> Choice:
    return choice.where("Fiscal Periods[Month]", {f"{month}-01T00:00:00" for month in months})


@pytest.mark.parametrize(
    ("measure", "shows"),
    [
        (ledger.ledger_amount, 0), (ledger.debit, 790), (ledger.credit, 790), (ledger.result, 210),
        (ledger.revenue, 350), (ledger.cost_of_sales, 80), (ledger.gross_margin, 270), (ledger.operating_costs, 60),
        (ledger.operating_result, 210), (ledger.result_not_processed, 250), (ledger.balance_sheet_check, 0),
        (ledger.journal_entries, 7), (ledger.unbalanced_entries, 0), (ledger.unclassified_amount, None),
    ],
)  # fmt: skip
def test_the_dutch_company_shows(measure: Any, shows: int | None) -> None:
    assert measure(MODEL, NL) == shows


def test_a_share_of_the_margin_is_of_revenue_and_the_last_entry_the_newest() -> None:
    dated = [but(line, Date=at(2026, 1, day)) for day, line in enumerate(LINES, 1)]

    assert ledger.gross_margin_share(MODEL, NL) == Decimal(27) / Decimal(35)
    assert ledger.last_entry_date(MODEL, NL) is None
    assert ledger.last_entry_date(model(TransactionLines=dated), NL) == "2026-01-14T00:00:00"


def test_a_closed_year_shows_its_profit_though_it_was_booked_away() -> None:
    assert ledger.result(MODEL, during(NL, "2025-12")) == 100


def test_a_balance_is_cumulative_and_counts_closing_entries_but_no_carried_over_ones() -> None:
    december, january = during(NL, "2025-12"), during(NL, "2026-01")

    assert ledger.balance(MODEL, december) == 0
    assert ledger.balance(MODEL, december.where("GL Accounts[Account Type No]", {20})) == 100
    assert ledger.balance(MODEL, january.where("GL Accounts[Account Type No]", {20})) == 350
    assert ledger.balance(MODEL, january) == 110
    assert ledger.result_not_yet_closed(MODEL, january) == -110
    assert ledger.balance_sheet_check(MODEL, january) == ledger.balance_sheet_check(MODEL, december) == 0


def test_the_year_to_date_is_that_of_each_company() -> None:
    january = during(EUROS, "2026-01")

    assert ledger.result_ytd(MODEL, during(NL, "2026-01")) == 110
    assert ledger.result_ytd(MODEL, during(of_companies(BELGIAN), "2026-01")) == 50
    assert ledger.result_ytd(MODEL, january) == 160


def test_the_year_before_goes_by_months() -> None:
    assert ledger.result_previous_year(MODEL, during(NL, "2026-12")) == 100
    assert ledger.result_previous_year(MODEL, during(EUROS, "2026-12")) == 130
    assert ledger.result_previous_year(MODEL, during(NL, "2026-01")) is None


def test_amounts_over_two_currencies_are_blank_and_return_with_one() -> None:
    assert ledger.result(MODEL, ALL_OF_IT) is None
    assert ledger.result_ytd(MODEL, during(ALL_OF_IT, "2026-01")) is None
    assert ledger.result(MODEL, EUROS) == 267
    assert ledger.result(MODEL, of_companies(BRITISH)) == 1000


def test_a_cost_centre_moves_what_it_holds_and_none_holds_the_rest() -> None:
    def held(key: str) -> Any:
        return ledger.result(MODEL, NL.where("Cost Centers[Cost Center Key]", {key}))

    assert (held("nl-100001|K1"), held("nl-100001|K2"), held("(none)")) == (20, 250, -60)


def test_a_line_entered_more_than_ten_days_after_its_period_is_late() -> None:
    entered = [dict(line) for line in MODEL.books["TransactionLines"]]
    in_time = model(TransactionLines=[Blank(line | {"Created": at(2026, 2, 7, 23, 59)}) for line in entered])
    late = model(TransactionLines=[Blank(line | {"Created": at(2026, 2, 8)}) for line in entered])
    january = during(NL, "2026-01")

    assert ledger.entered_after_period_end(in_time, january) is None
    assert ledger.entered_after_period_end(late, january) == 110


def test_a_budget_is_shown_for_one_scenario_only() -> None:
    def line(amount: str, scenario: str) -> Blank:
        return record(
            AmountDC=amount,
            ReportingYear=2026,
            ReportingPeriod=1,
            GLAccount="nl fees",
            BudgetScenarioDescription=scenario,
        )

    both = model(Budgets=[line("=-300", "First"), line("=-280", "Second")])
    first = during(NL, "2026-01").where("Budget Lines[Scenario]", {"First"})

    assert ledger.budget(both, NL) is None
    assert ledger.budget(both, first) == 300
    assert ledger.budget_variance(both, first) == -190


def owed(key: str, amount: str, due: tuple[int, int, int], **fields: Any) -> Blank:
    shared = {"ID": key, "LineType": 20, "AmountDC": amount, "InvoiceDate": at(2026, 1, 1), "DueDate": at(*due)}
    return record(**shared | fields)


TERMS = [
    owed("new", "=10", (2026, 3, 31)),
    owed("late", "=20", (2026, 3, 30)),
    owed("later", "=30", (2026, 3, 1)),
    owed("month", "=40", (2026, 2, 28)),
    owed("paid", "=50", (2026, 1, 31), EndDate=at(2026, 4, 1)),
    owed("gone", "=60", (2026, 1, 31), EndDate=at(2026, 3, 31)),
    owed("next", "=70", (2099, 1, 1), InvoiceDate=at(2026, 4, 1)),
    owed("ours", "=-80", (2026, 1, 31), LineType=22),
]
OWED: Model = model(PaymentTerms=TERMS)
AT = date(2026, 3, 31)


def test_what_was_open_on_a_day_is_what_was_invoiced_by_then_and_settled_later() -> None:
    assert items.receivables(OWED, NL, AT) == 150
    assert items.receivables(OWED, NL, date(2026, 4, 1)) == 170
    assert items.payables(OWED, NL, AT) == 80
    assert items.receivables(OWED, ALL_OF_IT, AT) is None


def test_open_items_are_aged_by_their_due_day() -> None:
    assert items.receivables_overdue(OWED, NL, AT) == 140
    assert items.receivables_by_age(OWED, NL, AT) == {
        "Not due": 10, "1-30": 50, "31-60": 90, "61-90": None, "over 90": None,
    }  # fmt: skip


def test_open_items_are_held_against_the_control_accounts() -> None:
    assert items.receivables_minus_ledger(OWED, during(NL, "2026-01"), AT) == 150 - 350
    assert items.payables_minus_ledger(OWED, during(NL, "2026-01"), AT) == 0
