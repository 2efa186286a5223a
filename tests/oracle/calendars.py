"""Calendar and Due Calendar: one row a day, whole years, from the first fiscal period to a year past the last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from oracle.books import Books
from oracle.periods import of_companies
from oracle.tables import Row, fixed
from oracle.values import shown

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SATURDAY = 6
ATTRIBUTES = (
    "Date",
    "Year",
    "Quarter",
    "Month No",
    "Month",
    "Year Month",
    "Month Index",
    "ISO Year",
    "ISO Week",
    "Year Week",
    "Weekday",
    "Is Weekend",
)
A_DAY = timedelta(days=1)


def rows(books: Books) -> Iterator[Row]:
    """Every day; none where no company has periods."""
    periods = [period for of_company in books.once(of_companies).values() for period in of_company]
    if not periods:
        return
    day = date(min(period.start for period in periods).year, 1, 1)
    last = date(max(period.end for period in periods).year + 1, 12, 31)
    while day <= last:
        yield of_day(day)
        day += A_DAY


def of_day(day: date) -> Row:
    """The row of a day."""
    week = day.isocalendar()
    return (
        shown(day),
        day.year,
        f"{day.year} Q{(day.month + 2) // 3}",
        day.month,
        MONTHS[day.month - 1],
        f"{day.year}-{day.month:02d}",
        day.year * 12 + day.month,
        week.year,
        week.week,
        f"{week.year}-W{week.week:02d}",
        WEEKDAYS[week.weekday - 1],
        week.weekday >= SATURDAY,
    )


CALENDAR = fixed("Calendar", ATTRIBUTES, rows)
DUE_CALENDAR = fixed("Due Calendar", tuple(f"Due {name}" for name in ATTRIBUTES), rows)
