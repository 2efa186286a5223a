"""Lookup L3, the fiscal period of a date, and Fiscal Periods: one row a period of a company.

Booked periods that Exact's own list lacks (0, 13, a quarter) have a row too, at the nearest period's end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from oracle import ledger
from oracle.books import Books
from oracle.tables import Row, fixed
from oracle.values import Record, date_of, shown

CLOSED = 1
"""A journal's status in a period: 0 open, 1 closed.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=ReadFinancialJournalStatusList."""

MONTHS_A_QUARTER = 3


@dataclass(frozen=True, order=True)
class Period:
    """A fiscal period of a company, in order of its dates."""

    start: date
    end: date
    year: int
    number: int

    @property
    def index(self) -> int:
        """Rises with time within a company."""
        return self.year * 100 + self.number


def of_companies(books: Books) -> Mapping[str, list[Period]]:
    """Each company's periods in order."""
    found: dict[str, list[Period]] = defaultdict(list)
    for record in books["FinancialPeriods"]:
        start, end = date_of(record["StartDate"]), date_of(record["EndDate"])
        assert start is not None, f"a period without a start: {record['ID']}"
        assert end is not None, f"a period without an end: {record['ID']}"
        found[books.company(record)].append(Period(start, end, int(record["FinYear"]), int(record["FinPeriod"])))
    return {company: sorted(periods) for company, periods in found.items()}


def period_key(books: Books, company: str, on: date | None) -> str | None:
    """L3: the key of the period that holds a day; that of its calendar month where no period does."""
    if on is None:
        return None
    periods = books.once(of_companies).get(company, [])
    after = bisect_right(periods, on, key=lambda period: period.start)
    held = periods[after - 1] if after and periods[after - 1].end >= on else None
    year, number = (held.year, held.number) if held else (on.year, on.month)
    return f"{company}|{year}-{number:02d}"


def period_of_day(books: Books, record: Record, field: str) -> str | None:
    """L3 by one of a record's dates."""
    return period_key(books, books.company(record), date_of(record[field]))


ATTRIBUTES = (
    "Period Key",
    "Company Key",
    "Fiscal Year",
    "Period",
    "Period Label",
    "Fiscal Year Label",
    "Period Index",
    "Start Date",
    "End Date",
    "Month",
    "Month Index",
    "Quarter",
    "Is Closed",
    "In Exact",
)


def rows(books: Books) -> Iterator[Row]:
    """A row for each period that Exact has, then for each that was only booked."""
    listed = books.once(of_companies)
    closed = _closed(books)
    for company, periods in listed.items():
        labels = _year_labels(periods)
        keys = {period.index for period in periods}
        for period in periods:
            yield _row(company, period, labels[period.year], (company, period.index) in closed, in_exact=True)
        for year, number in sorted(_booked(books, company)):
            if year * 100 + number not in keys:
                stand_in = _nearest(periods, year * 100 + number)
                period = Period(stand_in.start, stand_in.end, year, number)
                is_closed = (company, period.index) in closed
                yield _row(company, period, labels.get(year, str(year)), is_closed, in_exact=False)


def _nearest(periods: list[Period], index: int) -> Period:
    return min(periods, key=lambda period: (abs(period.index - index), period.index))


def _row(company: str, period: Period, year_label: str, is_closed: bool, *, in_exact: bool) -> Row:
    label, end = f"{period.year}-{period.number:02d}", period.end
    return (
        f"{company}|{label}",
        company,
        period.year,
        period.number,
        label,
        year_label,
        period.index,
        shown(period.start),
        shown(end),
        shown(end.replace(day=1)),
        end.year * 12 + end.month,
        f"{end.year} Q{(end.month - 1) // MONTHS_A_QUARTER + 1}",
        is_closed,
        in_exact,
    )


def _year_labels(periods: list[Period]) -> dict[int, str]:
    """ "2026" for a calendar year, "2025/26" for one that spans two."""
    labels = {}
    for year in {period.year for period in periods}:
        days = [day for period in periods if period.year == year for day in (period.start, period.end)]
        first, last = min(days).year, max(days).year
        labels[year] = str(year) if first == last else f"{first}/{last % 100:02d}"
    return labels


def _booked(books: Books, company: str) -> set[tuple[int, int]]:
    return books.once(_all_booked).get(company, set())


def _all_booked(books: Books) -> dict[str, set[tuple[int, int]]]:
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    sources = (
        ("TransactionLines", "FinancialYear", "FinancialPeriod"),
        ("Budgets", "ReportingYear", "ReportingPeriod"),
        ("PurchaseInvoices", "FinancialYear", "FinancialPeriod"),
    )
    for entity, year, number in sources:
        for record in books[entity]:
            is_posting = entity != "TransactionLines" or ledger.is_posting(record)
            if is_posting and record[year] is not None and record[number] is not None:
                found[books.company(record)].add((int(record[year]), int(record[number])))
    return found


def _closed(books: Books) -> set[tuple[str, int]]:
    """The periods in which every journal is closed."""
    states: dict[tuple[str, int], set[int]] = defaultdict(set)
    for record in books["JournalStatusList"]:
        index = int(record["Year"]) * 100 + int(record["Period"])
        states[(books.company(record), index)].add(record["Status"])
    return {key for key, found in states.items() if found == {CLOSED}}


TABLE = fixed("Fiscal Periods", ATTRIBUTES, rows)
