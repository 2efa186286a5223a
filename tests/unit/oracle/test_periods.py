"""Fiscal periods, calendars and companies: broken years, periods that were only booked, closed ones, whole years."""

from __future__ import annotations

from typing import Any

from fakes.exact_records import BE, NL, Blank, books, month, record
from oracle import calendars, companies, periods
from oracle.settings import Settings

BROKEN = [
    month(2026, 1, (2025, 7, 1), (2025, 7, 31), Division=BE),
    month(2026, 12, (2026, 6, 1), (2026, 6, 30), Division=BE),
]
PLAIN = [month(2026, 1, (2026, 1, 1), (2026, 1, 31)), month(2026, 12, (2026, 12, 1), (2026, 12, 31))]


def by_key(*records: Blank, **others: list[Blank]) -> dict[str, dict[str, Any]]:
    return {row["Period Key"]: row for row in periods.TABLE.named(books(FinancialPeriods=list(records), **others))}


def test_a_period_of_a_broken_year_is_in_the_month_in_which_it_ends() -> None:
    row = by_key(*BROKEN)["be-200001|2026-01"]

    assert (row["Fiscal Year"], row["Period"], row["Period Label"]) == (2026, 1, "2026-01")
    assert row["Fiscal Year Label"] == "2025/26"
    assert (row["Start Date"], row["End Date"]) == ("2025-07-01T00:00:00", "2025-07-31T00:00:00")
    assert (row["Month"], row["Month Index"], row["Quarter"]) == ("2025-07-01T00:00:00", 24307, "2025 Q3")
    assert (row["Period Index"], row["In Exact"]) == (202601, True)


def test_a_plain_year_has_a_plain_label() -> None:
    assert by_key(*PLAIN)["nl-100001|2026-12"]["Fiscal Year Label"] == "2026"
    assert by_key(*PLAIN)["nl-100001|2026-12"]["Quarter"] == "2026 Q4"


def test_a_booked_period_that_exact_does_not_list_has_a_row_at_the_nearest_end() -> None:
    lines = [
        record(FinancialYear=2026, FinancialPeriod=0, GLAccount="a", AmountDC="=1"),
        record(FinancialYear=2026, FinancialPeriod=13, GLAccount="a", AmountDC="=1"),
    ]
    rows = by_key(*PLAIN, TransactionLines=lines)

    assert rows["nl-100001|2026-00"]["End Date"] == "2026-01-31T00:00:00"
    assert rows["nl-100001|2026-13"]["End Date"] == "2026-12-31T00:00:00"
    assert (rows["nl-100001|2026-13"]["In Exact"], rows["nl-100001|2026-13"]["Period Index"]) == (False, 202613)
    assert len(rows) == 4


def test_budgets_and_purchase_invoices_book_periods_too_but_budget_lines_of_the_ledger_do_not() -> None:
    lines = [record(FinancialYear=2026, FinancialPeriod=14, Type=3000, GLAccount="a", AmountDC="=1")]
    rows = by_key(
        *PLAIN,
        TransactionLines=lines,
        Budgets=[record(ReportingYear=2027, ReportingPeriod=1)],
        PurchaseInvoices=[record(FinancialYear=2026, FinancialPeriod=13), record()],
    )

    assert set(rows) - set(by_key(*PLAIN)) == {"nl-100001|2027-01", "nl-100001|2026-13"}


def test_a_period_is_closed_when_every_journal_is() -> None:
    states = [
        record(Journal="70", Year=2026, Period=1, Status=1), record(Journal="90", Year=2026, Period=1, Status=1),
        record(Journal="70", Year=2026, Period=12, Status=1), record(Journal="90", Year=2026, Period=12, Status=0),
    ]  # fmt: skip
    rows = by_key(*PLAIN, *BROKEN, JournalStatusList=states)

    assert [rows[key]["Is Closed"] for key in ("nl-100001|2026-01", "nl-100001|2026-12", "be-200001|2026-01")] == [
        True, False, False,
    ]  # fmt: skip


def test_the_calendar_has_whole_years_until_a_year_past_the_last_period() -> None:
    days = [row["Date"] for row in calendars.CALENDAR.named(books(FinancialPeriods=BROKEN))]

    assert (days[0], days[-1]) == ("2025-01-01T00:00:00", "2027-12-31T00:00:00")
    assert len(days) == len(set(days)) == 3 * 365


def test_a_day_at_the_turn_of_the_year_is_in_the_iso_year_of_its_week() -> None:
    rows = {row["Date"]: row for row in calendars.CALENDAR.named(books(FinancialPeriods=PLAIN))}
    row = rows["2027-01-01T00:00:00"]

    assert (row["Year"], row["ISO Year"], row["ISO Week"], row["Year Week"]) == (2027, 2026, 53, "2026-W53")
    assert (row["Weekday"], row["Is Weekend"], row["Month"], row["Quarter"]) == ("Friday", False, "January", "2027 Q1")
    assert (row["Year Month"], row["Month Index"]) == ("2027-01", 24325)
    assert rows["2027-01-02T00:00:00"]["Is Weekend"] is True


def test_the_due_calendar_has_the_same_days_under_its_own_names() -> None:
    known = books(FinancialPeriods=PLAIN)

    assert list(calendars.DUE_CALENDAR.of(known)) == list(calendars.CALENDAR.of(known))
    assert calendars.DUE_CALENDAR.attributes[:2] == ("Due Date", "Due Year")


def test_without_periods_there_is_no_calendar() -> None:
    assert list(calendars.CALENDAR.of(books())) == []


def test_a_company_has_its_own_row_and_only_where_it_is_read() -> None:
    listed = [
        record(Code=NL, HID="1", Description="Consulting", Country="NL ", Currency="EUR", Status=0),
        record(Code=BE, HID="7", Description="Conseil", Country="BE", Currency="EUR", Status=1),
        record(Code=300009, HID="9", Description="Not read", Country="DE", Currency="EUR", Status=0),
    ]
    known = books(
        Settings(group_tags={"be-200001": "Benelux"}),
        HrmDivisions=[*listed, listed[0]],
        SystemDivisions=[record(Code=NL, Legislation="Netherlands", Status=1)],
        FinancialPeriods=BROKEN + PLAIN,
    )
    dutch, belgian = companies.TABLE.named(known)

    assert (dutch["Company Key"], dutch["Country"], dutch["Legislation"]) == ("nl-100001", "NL", "Netherlands")
    assert (dutch["Company Number"], dutch["Status"], dutch["Fiscal Year Starts"]) == (1, "Regular", 1)
    assert (belgian["Site"], belgian["Status"], belgian["Fiscal Year Starts"]) == ("be", "Archived", 7)
    assert (belgian["Group Tag"], belgian["Legislation"]) == ("Benelux", None)
