"""Dimensions known by code: Cost Centers, Cost Units, Journals; one row a code of a company, and one for nothing."""

from __future__ import annotations

from collections.abc import Mapping

from oracle.books import Books
from oracle.tables import Columns, Row, mapped
from oracle.values import NONE, Record, day, label, named, text

JOURNALS = {
    10: "Cash",
    12: "Bank",
    16: "Payment service",
    20: "Sales",
    21: "Return invoice",
    22: "Purchase",
    23: "Received return invoice",
    90: "General journal",
}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialJournals, field Type."""


def _known_by_code(key: str, name: str) -> Columns:
    return {
        key: lambda books, record: books.code(record, record["Code"]),
        "Company Key": Books.company,
        "Code": lambda _, record: record["Code"].strip(),
        "Description": lambda _, record: text(record["Description"]),
        name: lambda _, record: text(label(record["Code"], record["Description"])),
    }


def _group(books: Books, record: Record, groups: Mapping[str, str]) -> str:
    return groups.get(books.code(record, record["Code"]), record["Code"].strip())


def _nothing(name: str, *rest: str | None) -> tuple[Row, ...]:
    return ((NONE, NONE, NONE, name, name, *rest),)


COST_CENTERS = mapped(
    "Cost Centers",
    "Costcenters",
    {
        **_known_by_code("Cost Center Key", "Cost Center"),
        "End Date": lambda _, record: day(record["EndDate"]),
        "Group Cost Center": lambda books, record: _group(books, record, books.settings.group_cost_centers),
    },
    static=_nothing("(no cost centre)", None, NONE),
)
COST_UNITS = mapped(
    "Cost Units",
    "Costunits",
    {
        **_known_by_code("Cost Unit Key", "Cost Unit"),
        "End Date": lambda _, record: day(record["EndDate"]),
        "Group Cost Unit": lambda books, record: _group(books, record, books.settings.group_cost_units),
    },
    static=_nothing("(no cost unit)", None, NONE),
)
JOURNAL_TABLE = mapped(
    "Journals",
    "Journals",
    {
        **_known_by_code("Journal Key", "Journal"),
        "Type": lambda _, record: named(JOURNALS, record["Type"]),
    },
    static=_nothing("(no journal)", None),
)
