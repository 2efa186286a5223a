"""Companies: one row a division that is read. There is no member for nothing: every fact has a company."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oracle.books import Books
from oracle.periods import of_companies
from oracle.tables import Row, fixed
from oracle.values import Record, named, text, trimmed

STATUS = {0: "Regular", 1: "Archived"}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=HRMDivisions.

The status of system/Divisions counts otherwise (0 inactive, 1 active, 2 archived)."""

JANUARY = 1
ATTRIBUTES = (
    "Company Key",
    "Division Code",
    "Company Number",
    "Company",
    "Country",
    "Currency",
    "Legislation",
    "Site",
    "Group Tag",
    "Fiscal Year Starts",
    "Status",
)


def rows(books: Books) -> Iterator[Row]:
    """One row a division, whoever lists it and how often."""
    listed = {int(one["Code"]): one for one in books["HrmDivisions"] if books.is_ours(one)}
    more = {int(one["Code"]): one for one in books["SystemDivisions"]}
    for code, division in sorted(listed.items()):
        company = books.company_of(division)
        yield (
            company,
            code,
            None if division["HID"] is None else int(division["HID"]),
            text(division["Description"]),
            trimmed(division["Country"]),
            division["Currency"],
            _legislation(more.get(code)),
            books.sites[code],
            books.settings.group_tags.get(company),
            first_month(books, company),
            named(STATUS, division["Status"]),
        )


def _legislation(division: Record | None) -> Any:
    """Only system/Divisions tells it."""
    return None if division is None else trimmed(division["Legislation"])


def first_month(books: Books, company: str) -> int:
    """The month in which the newest fiscal year starts."""
    periods = books.once(of_companies).get(company)
    if not periods:
        return JANUARY
    newest = max(period.year for period in periods)
    return min(period.start for period in periods if period.year == newest).month


TABLE = fixed("Companies", ATTRIBUTES, rows)
