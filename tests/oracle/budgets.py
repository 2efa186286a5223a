"""Budget Lines: one row an amount of a scenario, in the sign of the ledger."""

from __future__ import annotations

from decimal import Decimal

from oracle.books import Books
from oracle.tables import Columns, mapped
from oracle.values import Record, amount, exact, reference, text


def _booked(books: Books, line: Record) -> Decimal:
    """Income is negative in the ledger; in books that budget by its natural sign it is positive."""
    sign = -1 if books.settings.budget_sign == "natural" else 1
    return amount(sign * exact(line["AmountDC"]))


COLUMNS: Columns = {
    "Company Key": Books.company,
    "Period Key": lambda books, line: books.period(line, int(line["ReportingYear"]), int(line["ReportingPeriod"])),
    "GL Account Key": lambda _, line: reference(line["GLAccount"]),
    "Cost Center Key": lambda books, line: books.code(line, line["Costcenter"]),
    "Cost Unit Key": lambda books, line: books.code(line, line["Costunit"]),
    "Scenario": lambda _, line: text(line["BudgetScenarioDescription"]),
}
TABLE = mapped("Budget Lines", "Budgets", COLUMNS, amounts={"_Amount": _booked})
