"""Measures of sales, purchasing and projects, the answers of day one and a controller's lists, added up by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fakes.exact_records import BE, NL, Blank, at, record
from fakes.small_ledger import BELGIAN, DUTCH, UK, model
from oracle import answers, controller
from oracle import project_measures as projects
from oracle import trade_measures as trade
from oracle.model import ALL_OF_IT, Model, of_companies

EUROS = of_companies(DUTCH, BELGIAN)
ONE = of_companies(DUTCH)


def invoice(number: int, line: int, amount: str, **fields: Any) -> Blank:
    shared = {
        "ID": f"{number}/{line}", "InvoiceID": f"I{number}", "InvoiceNumber": number, "LineNumber": line, "Type": 8020,
        "Status": 50, "AmountDC": amount, "InvoiceDate": at(2026, 1, number), "InvoiceTo": "client", "Journal": "70",
    }  # fmt: skip
    return record(**shared | fields)


SOLD: Model = model(
    SalesInvoices=[
        invoice(1, 0, "=-121", VATAmountDC="=-21"), invoice(1, 1, "=-100"), invoice(1, 9999, "=-21"),
        invoice(3, 0, "=-400"), invoice(3, 1, "=-250"), invoice(3, 2, "=-150"),
        invoice(4, 0, "=50", Type=8021, InvoiceTo="other"), invoice(4, 1, "=50", Type=8021),
        invoice(6, 0, "=-70", Status=20), invoice(6, 1, "=-70", Status=20),
        invoice(7, 0, "=-90", Status=10, InvoiceNumber=None), invoice(7, 1, "=-90", Status=10),
    ],
    PurchaseOrders=[
        record(LineNumber=1, OrderStatus=20, AmountDC="=800", Quantity="=8", InvoicedQuantity="=2"),
        record(LineNumber=1, OrderStatus=40, AmountDC="=500", Quantity="=1"),
        record(LineNumber=0, OrderStatus=20, AmountDC="=800"),
    ],
)  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "shows"),
    [
        (trade.invoiced_revenue, 450), (trade.invoices_awaiting_processing, 70), (trade.invoices, 2),
        (trade.credit_notes, 1), (trade.invoices_with_lines, 5), (trade.average_invoice_value, 250),
        (trade.invoiced_clients, 2), (trade.last_invoice_date, "2026-01-07T00:00:00"),
        (trade.invoiced_minus_ledger_revenue, 100), (trade.purchases, 80), (trade.ordered_amount, 800),
        (trade.open_commitments, 600),
    ],
)  # fmt: skip
def test_sales_and_purchasing_show(measure: Any, shows: Any) -> None:
    assert measure(SOLD, ONE) == shows


def test_where_nothing_is_there_it_is_blank() -> None:
    belgian = of_companies(BELGIAN)

    assert trade.invoices(SOLD, belgian) is None
    assert trade.invoiced_revenue(SOLD, belgian) is None
    assert trade.average_invoice_value(SOLD, belgian) is None


def test_numbers_of_invoices_show_their_gaps() -> None:
    assert controller.invoice_numbers(SOLD, ONE) == {
        (DUTCH, "70"): controller.Numbers(first=1, last=6, count=4, missing=(2, 5))
    }
    (found,) = controller.invoice(SOLD, DUTCH, 1)
    assert (found["_Net Amount"], found["_VAT Amount"], found["_Gross Amount"]) == (100, 21, 121)


def worked(hours: str, value: str, **fields: Any) -> Blank:
    shared = {
        "ID": "t", "Type": 1, "HourStatus": 20, "Quantity": hours, "AmountFC": value, "Currency": "EUR", "Project": "P",
        "Date": at(2026, 1, 15), "ProjectAccount": "NLC", "Employee": "E",
    }  # fmt: skip
    return record(**shared | fields)


CLIENTS = [
    record(ID="nlc", Code="1", Name="Brouwer", VATNumber="NL1"),
    record(ID="bec", Code="1", Name="Brouwer Belgie", VATNumber="NL1", Division=BE),
    record(ID="ukc", Code="1", Name="Brouwer", VATNumber="NL1", Division=UK),
]
WORKED: Model = model(
    Accounts=CLIENTS,
    Projects=[
        record(ID="p", Code="P-1", Description="Rollout", SalesTimeQuantity="=40", Type=3),
        record(ID="b", Code="B-1", Description="Essai", Type=4, Division=BE),
        record(ID="u", Code="U-1", Description="Trial", Type=3, Division=UK),
    ],
    TimeCostTransactions=[
        worked("=8", "=800"),
        worked("=2", "=200", HourStatus=10),
        worked("=1", "=100", HourStatus=2),
        worked("=3", "=0", Division=BE, Project="B", ProjectAccount="BEC"),
        worked("=5", "=500", Division=UK, Project="U", ProjectAccount="UKC", Currency="GBP"),
        worked("=1", "=60", Type=2, HourStatus=20),
    ],
    EmploymentInternalRates=[record(ID="r", Employee="e", InternalRate="=7.5", StartDate=at(2026, 1, 1))],
)


@pytest.mark.parametrize(
    ("measure", "shows"),
    [
        (projects.hours, 10), (projects.approved_hours, 8), (projects.billable_hours, 8),
        (projects.hours_awaiting_approval, 2), (projects.billability, 1), (projects.billable_value, 860),
        (projects.average_hourly_rate, 100), (projects.project_revenue, 100), (projects.revenue_without_project, 250),
        (projects.project_external_cost, 80), (projects.project_time_cost, 60), (projects.project_margin, -40),
        (projects.project_margin_share, Decimal("-0.4")), (projects.budget_hours_used, Decimal("0.2")),
    ],
)  # fmt: skip
def test_projects_show(measure: Any, shows: Any) -> None:
    assert measure(WORKED, ONE) == shows


def test_hours_of_several_currencies_add_up_but_their_value_is_blank() -> None:
    assert projects.approved_hours(WORKED, ALL_OF_IT) == 16
    assert projects.billability(WORKED, EUROS) == Decimal(8) / Decimal(11)
    assert projects.billable_value(WORKED, ALL_OF_IT) is None


def test_billable_hours_are_answered_by_client_of_the_group_and_currency() -> None:
    assert answers.billable_hours_by_client(WORKED) == [
        {
            "client": "Brouwer Belgie", "currency": "EUR", "approved_hours": "11.00", "billable_hours": "8.00",
            "billability": "0.7273", "billable_value": "860.00",
        },
        {
            "client": "Brouwer Belgie", "currency": "GBP", "approved_hours": "5.00", "billable_hours": "5.00",
            "billability": "1.0000", "billable_value": "500.00",
        },
    ]  # fmt: skip


def test_projects_are_answered_with_their_margin() -> None:
    dutch, *others = answers.project_profitability(WORKED, ALL_OF_IT.where("Companies[Currency]", {"EUR"}))[::-1]

    assert dutch == {
        "company": DUTCH, "project": "P-1 Rollout", "currency": "EUR", "revenue": "100.00", "external_cost": "80.00",
        "time_cost": "60.00", "margin": "-40.00", "margin_share": "-0.4000", "approved_hours": "8.00",
    }  # fmt: skip
    assert [(one["project"], one["revenue"], one["margin"]) for one in others] == [("B-1 Essai", None, "-22.50")]


def test_the_month_is_answered_by_cost_centre_and_ties_to_the_result() -> None:
    rows = [row for row in answers.monthly_gl_by_cost_centre(WORKED) if row["company"] == DUTCH]

    assert [(row["month"], row["cost_centre"], row["section"], row["result"]) for row in rows] == [
        ("2025-12", "K1 Sales", 10, "100.00"),
        ("2026-01", "(no cost centre)", 30, "-60.00"),
        ("2026-01", "K1 Sales", 20, "-80.00"),
        ("2026-01", "K2 Office", 10, "250.00"),
    ]
    assert sum(Decimal(row["result"]) for row in rows) == 210


def test_a_broken_year_is_answered_in_the_right_month() -> None:
    rows = [row for row in answers.monthly_gl_by_cost_centre(WORKED) if row["company"] == BELGIAN]

    assert [(row["month"], row["result"]) for row in rows] == [
        ("2025-06", "7.00"), ("2025-12", "30.00"), ("2026-01", "20.00"),
    ]  # fmt: skip


def test_all_answers_have_their_names() -> None:
    assert set(answers.answers(WORKED)) == {
        "billable_hours_by_client", "project_profitability", "monthly_gl_by_cost_centre",
    }  # fmt: skip


def test_a_trial_balance_has_both_sides_of_each_account_and_equals_exacts_report() -> None:
    reports = [
        record(ReportingYear=2025, ReportingPeriod=12, GLAccount="NL FEES", AmountDebit="=100", AmountCredit="=100"),
        record(ReportingYear=2026, ReportingPeriod=1, GLAccount="NL FEES", AmountDebit="=0", AmountCredit="=-250"),
        record(ReportingYear=2026, ReportingPeriod=1, GLAccount="NL FEES", AmountDebit="=9", Type=3000),
    ]
    known = model(ReportingBalance=reports)
    ours = controller.trial_balance(known, ONE)
    fees = {key: both for key, both in ours.items() if key[2] == "nl fees"}

    assert {key[1]: list(map(int, both)) for key, both in fees.items()} == {
        "nl-100001|2025-12": [100, 100], "nl-100001|2026-01": [0, 250],
    }  # fmt: skip
    assert controller.reported_balance(known) == fees
    assert sum(debit for debit, _ in ours.values()) == sum(credit for _, credit in ours.values()) == 790


def test_the_result_is_listed_by_section_and_cost_centre() -> None:
    assert controller.result_by_section(WORKED, ONE) == {(DUTCH, 10): 350, (DUTCH, 20): -80, (DUTCH, 30): -60}
    assert controller.result_by_cost_centre(WORKED, ONE) == {
        (DUTCH, "nl-100001|K1"): 20, (DUTCH, "nl-100001|K2"): 250, (DUTCH, "(none)"): -60,
    }  # fmt: skip


def test_what_is_open_is_listed_by_client_and_age() -> None:
    def owed(amount: str, due: str, account: str) -> Blank:
        return record(LineType=20, AmountDC=amount, InvoiceDate=at(2026, 1, 1), DueDate=due, Account=account)

    terms = [owed("=10", at(2026, 3, 31), "A"), owed("=20", at(2026, 3, 1), "A"), owed("=30", at(2026, 3, 2), "a")]
    found = controller.open_by_client_and_age(model(PaymentTerms=terms), ONE, date(2026, 3, 31), 20)

    assert found == {(DUTCH, "a", "Not due"): 10, (DUTCH, "a", "1-30"): 50}
    assert NL != UK
