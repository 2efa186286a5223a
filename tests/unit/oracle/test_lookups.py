"""The lookups L1 to L5: what is valid on a day, what is found upward, and what stands where nothing is found."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from fakes.exact_records import BE, Blank, at, books, month, record
from oracle import billing
from oracle.periods import period_key
from oracle.rates import hours, in_company_currency, internal_rate
from oracle.settings import Settings


def rate(hour: str, start: str, end: str | None = None, **fields: object) -> Blank:
    return record(Employee="E1", InternalRate=f"={hour}", StartDate=start, EndDate=end, **{"ID": f"r{hour}", **fields})


RATES = [
    rate("60.00", at(2025, 1, 1), at(2025, 12, 31)),
    rate("63.00", at(2026, 1, 1), at(2026, 3, 14)),
    rate("65.50", at(2026, 3, 15)),
]


@pytest.mark.parametrize(
    ("on", "hour"),
    [
        (date(2025, 12, 31), "60.00"), (date(2026, 1, 1), "63.00"), (date(2026, 3, 14), "63.00"),
        (date(2026, 3, 15), "65.50"), (date(2031, 1, 1), "65.50"),
    ],
)  # fmt: skip
def test_an_internal_rate_is_that_of_the_day_also_where_it_changes_in_mid_month(on: date, hour: str) -> None:
    assert internal_rate(books(EmploymentInternalRates=RATES), "e1", on) == (Decimal(hour), "Internal rate")


def test_before_the_first_rate_and_for_others_there_is_none_unless_a_standard_is_set() -> None:
    known = books(EmploymentInternalRates=RATES)
    standard = books(Settings(standard_rate=Decimal(50)), EmploymentInternalRates=RATES)

    assert internal_rate(known, "e1", date(2024, 12, 31)) == (Decimal(0), "No rate")
    assert internal_rate(known, "e2", date(2026, 1, 1)) == (Decimal(0), "No rate")
    assert internal_rate(standard, "e2", date(2026, 1, 1)) == (Decimal(50), "Standard rate")


def test_of_two_rates_that_are_both_valid_the_later_one_counts() -> None:
    overlapping = [rate("70", at(2026, 2, 1)), rate("60", at(2025, 1, 1))]

    assert internal_rate(books(EmploymentInternalRates=overlapping), "E1", date(2026, 2, 1))[0] == 70


ELEMENTS = [
    record(ID="top", Type=1, InvoiceMethod=4, Project="p"),
    record(ID="middle", Type=1, PartOf="TOP", Project="p"),
    record(ID="own", Type=2, InvoiceMethod=2, PartOf="middle", Project="p"),
    record(ID="inherits", Type=2, PartOf="middle", Project="p"),
    record(ID="loose", Type=2, InvoiceMethod=0, Project="p"),
    record(ID="expense", Type=3, InvoiceMethod=7, Project="p"),
]
PROJECTS = [record(ID="p", Type=3), record(ID="campaign", Type=1)]
ITEMS = [
    record(ID="i-sold", Code="UREN", IsSalesItem=True, Unit="hour"),
    record(ID="i-own", Code="ZIEK", IsSalesItem=False, Unit="day"),
    record(ID="i-quick", Code="BEL", IsSalesItem=True, Unit="Minute"),
    record(ID="i-strange", Code="DOOS", IsSalesItem=True, Unit="box"),
]
WORK = books(ProjectWBS=ELEMENTS, Projects=PROJECTS, Items=ITEMS)


@pytest.mark.parametrize(
    ("element", "project", "method", "is_billable"),
    [
        ("own", "p", "Fixed price", "Billable"),
        ("inherits", "p", "Non-billable", "Non-billable"),
        ("loose", "p", "Time and material", "Billable"),
        ("expense", "p", "Rebill", "Billable"),
        ("not there", "p", "Time and material", "Billable"),
        (None, "campaign", "Campaign", "Non-billable"),
        (None, "not there", "Unknown", "Unknown"),
        (None, None, "Unknown", "Unknown"),
    ],
)
def test_a_billing_method_is_found_upward_and_at_last_from_the_project(
    element: str | None, project: str | None, method: str, is_billable: str
) -> None:
    entry = record(WBS=element, Project=project, Item="i-sold")

    assert billing.method_label(billing.method_of_entry(WORK, entry)) == method
    assert billing.billable(WORK, entry) == is_billable


def test_hours_on_an_account_or_subscription_are_billable_if_their_item_is_sold() -> None:
    assert billing.billable(WORK, record(Account="a", Item="i-sold")) == "Billable"
    assert billing.billable(WORK, record(Account="a", Item="i-own")) == "Non-billable"
    assert billing.billable(WORK, record(SubscriptionAccount="a", Item="i-sold")) == "Billable"


def test_a_listed_type_of_hours_is_never_billable() -> None:
    travel = books(Settings(never_billable=frozenset({"UREN"})), Projects=PROJECTS, Items=ITEMS)

    assert billing.billable(travel, record(Project="p", Item="i-sold")) == "Non-billable"
    assert billing.billable(travel, record(Project="p", Item="i-own")) == "Billable"


def test_an_element_that_is_part_of_itself_ends_at_its_project() -> None:
    circle = books(
        ProjectWBS=[record(ID="a", PartOf="b", Project="p"), record(ID="b", PartOf="a", Project="p")], Projects=PROJECTS
    )

    assert billing.method_of_entry(circle, record(WBS="a", Project="p")) == 3


DUTCH = [
    month(2025, 12, (2025, 12, 1), (2025, 12, 31)),
    month(2026, 1, (2026, 1, 1), (2026, 1, 31)),
    month(2026, 2, (2026, 2, 1), (2026, 2, 28)),
]
BELGIAN = [month(2026, 7, (2026, 1, 1), (2026, 1, 31), Division=BE)]


@pytest.mark.parametrize(
    ("company", "on", "key"),
    [
        ("nl-100001", date(2025, 12, 31), "nl-100001|2025-12"),
        ("nl-100001", date(2026, 1, 1), "nl-100001|2026-01"),
        ("be-200001", date(2026, 1, 31), "be-200001|2026-07"),
        ("be-200001", date(2026, 2, 1), "be-200001|2026-02"),
        ("nl-100001", date(2024, 5, 7), "nl-100001|2024-05"),
    ],
)
def test_a_date_is_in_its_companys_period_and_outside_all_of_them_in_its_month(
    company: str, on: date, key: str
) -> None:
    assert period_key(books(FinancialPeriods=DUTCH + BELGIAN), company, on) == key


@pytest.mark.parametrize(
    ("item", "quantity", "in_hours"),
    [
        ("i-sold", "=7.5", "7.5"), ("i-own", "=1.5", "12"), ("i-quick", "=90", "1.5"), ("i-strange", "=2", "2"),
        ("not there", "=3", "3"), (None, "=4", "4"),
    ],
)  # fmt: skip
def test_quantities_become_hours_by_the_unit_of_their_item(item: str | None, quantity: str, in_hours: str) -> None:
    assert hours(WORK, record(Item=item, Quantity=quantity)) == Decimal(in_hours)


def test_a_firm_may_count_other_hours_in_a_day() -> None:
    short = books(Settings(unit_hours={"day": Fraction(38, 5)}), Items=ITEMS)

    assert hours(short, record(Item="i-own", Quantity="=2")) == Decimal("15.2")


CURRENCIES = books(
    HrmDivisions=[record(Code=100001, Currency="EUR"), record(Code=999999, Currency="USD")],
    ExchangeRates=[
        record(SourceCurrency="USD", TargetCurrency="EUR", Rate="=0.90", StartDate=at(2026, 1, 1)),
        record(SourceCurrency="USD", TargetCurrency="EUR", Rate="=0.95", StartDate=at(2026, 2, 1)),
        record(SourceCurrency="USD", TargetCurrency="EUR", Rate="=0.50", StartDate=at(2026, 1, 1), Division=BE),
    ],
)


@pytest.mark.parametrize(
    ("currency", "on", "own"),
    [
        ("USD", date(2026, 1, 31), "90"), ("USD", date(2026, 2, 1), "95"), ("USD", date(2025, 12, 31), None),
        ("GBP", date(2026, 2, 1), None), ("EUR", date(2020, 1, 1), "100"), (None, date(2020, 1, 1), "100"),
    ],
)  # fmt: skip
def test_an_amount_is_converted_at_the_newest_rate_of_its_day(currency: str | None, on: date, own: str | None) -> None:
    converted = in_company_currency(CURRENCIES, "nl-100001", Decimal(100), currency, on)

    assert converted == (None if own is None else Decimal(own))
