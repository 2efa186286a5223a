"""Time and cost entries, and what approved hours cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fakes.exact_records import NL, Blank, at, books, month, record
from oracle import hours
from oracle.books import Books
from oracle.settings import Settings


def entry(**fields: Any) -> Blank:
    shared = {
        "ID": "t", "Type": 1, "HourStatus": 20, "Date": at(2026, 3, 14), "Project": "P", "Employee": "E",
        "Item": "DAYS", "Quantity": "=1.5", "AmountFC": "=1200", "Currency": "EUR", "PriceFC": "=800",
    }  # fmt: skip
    return record(**shared | fields)


def known(*entries: Blank, settings: Settings | None = None) -> Books:
    return books(
        settings,
        TimeCostTransactions=list(entries),
        Items=[record(ID="days", Code="DAG", Unit="day", IsSalesItem=True)],
        Projects=[record(ID="p", Type=3)],
        FinancialPeriods=[month(2026, 3, (2026, 3, 1), (2026, 3, 31))],
        HrmDivisions=[record(Code=NL, Currency="EUR")],
        ExchangeRates=[record(SourceCurrency="USD", TargetCurrency="EUR", Rate="=0.9", StartDate=at(2026, 1, 1))],
        EmploymentInternalRates=[
            record(ID="a", Employee="e", InternalRate="=63", StartDate=at(2026, 1, 1), EndDate=at(2026, 3, 14)),
            record(ID="b", Employee="e", InternalRate="=65.5", StartDate=at(2026, 3, 15)),
        ],
    )


def of(*entries: Blank) -> list[dict[str, Any]]:
    return list(hours.TABLE.named(known(*entries)))


def costs(*entries: Blank, settings: Settings | None = None) -> list[dict[str, Any]]:
    return list(hours.TIME_COST.named(known(*entries, settings=settings)))


def test_a_day_and_a_half_are_twelve_hours() -> None:
    (row,) = of(entry(StartTime=at(2026, 3, 14, 9, 30), EndTime=at(2026, 3, 14, 0, 5)))

    assert (row["_Hours"], row["_Quantity"], row["_Sales Value"]) == (12, Decimal("1.5"), 1200)
    assert (row["Date"], row["Period Key"]) == ("2026-03-14T00:00:00", "nl-100001|2026-03")
    assert (row["From"], row["To"]) == ("09:30", "00:05")
    assert (row["Billing Method"], row["Billable No"], row["Billable"]) == ("Time and material", 1, "Billable")


def test_the_time_of_day_does_not_move_the_date_of_an_entry() -> None:
    late, night = of(entry(Date=at(2026, 3, 31, 23, 59)), entry(Date=at(2026, 3, 29, 2, 30)))

    assert late["Date"] == "2026-03-31T00:00:00"
    assert night["Date"] == "2026-03-29T00:00:00"


def test_a_cost_entry_has_a_quantity_but_no_hours() -> None:
    (row,) = of(entry(Type=2, HourStatus=None))

    assert (row["Kind"], row["_Hours"], row["_Quantity"], row["Approval"]) == ("Cost", 0, Decimal("1.5"), None)


@pytest.mark.parametrize(
    ("status", "approval"),
    [(1, "Draft"), (2, "Rejected"), (10, "In approval"), (11, "In approval"), (14, "In approval"),
     (16, "In approval"), (19, "In approval"), (20, "Final"), (33, "33")],
)  # fmt: skip
def test_each_status_has_its_label(status: int, approval: str) -> None:
    assert of(entry(HourStatus=status))[0]["Approval"] == approval


def test_the_client_is_the_projects_else_the_entrys_else_the_subscriptions() -> None:
    rows = of(
        entry(ProjectAccount="A", Account="B", SubscriptionAccount="C"), entry(Account="B", SubscriptionAccount="C"),
        entry(SubscriptionAccount="C"), entry(),
    )  # fmt: skip

    assert [row["Relation Key"] for row in rows] == ["a", "b", "c", "(none)"]


def test_a_value_in_another_currency_is_converted_and_without_a_rate_it_is_nothing() -> None:
    dollars, pounds = of(entry(Currency="USD"), entry(Currency="GBP"))

    assert (dollars["_Sales Value"], dollars["Currency"]) == (1080, "USD")
    assert pounds["_Sales Value"] == 0


def test_a_correction_is_negative() -> None:
    assert of(entry(Quantity="=-0.25"))[0]["_Hours"] == -2


def test_approved_hours_cost_the_rate_of_their_day() -> None:
    before, after = costs(entry(), entry(Date=at(2026, 3, 15)))

    assert (before["_Cost"], before["Rate Source"]) == (756, "Internal rate")
    assert after["_Cost"] == 786


def test_hours_that_are_not_approved_and_costs_have_no_cost_of_time() -> None:
    assert costs(entry(HourStatus=10), entry(HourStatus=2), entry(Type=2)) == []


def test_an_hour_without_a_rate_has_a_row_of_no_cost() -> None:
    (row,) = costs(entry(Employee="X"))

    assert (row["_Cost"], row["Rate Source"]) == (0, "No rate")


def test_the_cost_of_a_third_of_an_hour_is_rounded_once() -> None:
    (row,) = costs(entry(Item=None, Quantity="=0.333333"))

    assert row["_Cost"] == Decimal("21")


@pytest.mark.parametrize("choice", ["ledger", "none"])
def test_a_firm_that_posts_its_time_gets_no_cost_of_time(choice: str) -> None:
    assert costs(entry(), settings=Settings(time_cost=choice)) == []


def test_nothing_in_the_cost_of_time_tells_of_a_person() -> None:
    named = set(hours.TIME_COST.columns)

    assert not {column for column in named if any(word in column for word in ("Employee", "Date", "Hours", "Item"))}
