"""Employees: numbers and names from the internal rates, never from payroll; no rate is in any dimension.

Left out: Cost Center, which only the scope of payroll shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from oracle.books import Books
from oracle.tables import Row, fixed
from oracle.values import NONE, Record, date_of, reference, text

ATTRIBUTES = ("Employee Key", "Company Key", "Employee No", "Employee")
NOTHING: Row = (NONE, NONE, None, "(no employee)")


def rows(books: Books) -> Iterator[Row]:
    """One row an employee, called as in the rate that began last."""
    yield NOTHING
    newest: dict[str, Record] = {}
    for rate in sorted(books["EmploymentInternalRates"], key=_start):
        newest[reference(rate["Employee"])] = rate
    for key, rate in newest.items():
        number = rate["EmployeeHID"]
        name = f"E-{number:03d}" if books.settings.pseudonyms else text(rate["EmployeeFullName"])
        yield key, books.company(rate), number, name


def _start(rate: Record) -> tuple[date, str]:
    return date_of(rate["StartDate"]) or date.min, rate["ID"]


TABLE = fixed("Employees", ATTRIBUTES, rows)
