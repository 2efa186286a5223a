"""What each measure of the finance model must be, in a view of a ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fakes.finance_naive import (
    Number,
    View,
    among,
    amount,
    as_of,
    balance,
    budget,
    count,
    entered_late,
    minus,
    negative,
    not_yet_closed,
    open_items,
    plus,
    previous_year,
    ratio,
    result,
    section,
    unbalanced,
    year_to_date,
)


def _ledger(view: View) -> Number:
    return amount(view, view.own("GL Lines"))


def _side(view: View, side: str) -> Number:
    return amount(view, view.where("GL Lines", lambda row: row["Side Code"] == side))


def _gross_margin(view: View) -> Number:
    return minus(section(view, 10), negative(section(view, 20)))


def _operating_result(view: View) -> Number:
    return minus(_gross_margin(view), negative(section(view, 30, 40, 50)))


def _budget_variance(view: View) -> Number:
    return None if budget(view) is None else minus(result(view), budget(view))


def _by_age(view: View) -> Number:
    """The receivables that some chosen bucket holds."""
    on = as_of(view)
    days = [(row["From Days"], row["To Days"]) for row in view.own("Ageing Buckets")]
    aged = [(row, (on - row["Due Date"]).days) for row in open_items(view, 20)]
    return amount(view, [row for row, age in aged if any(low <= age <= high for low, high in days)])


def _receivables(view: View) -> Number:
    return amount(view, open_items(view, 20))


def _payables(view: View) -> Number:
    return amount(view, open_items(view, 22))


def _overdue(view: View) -> Number:
    on = as_of(view)
    return amount(view, [row for row in open_items(view, 20) if row["Due Date"] < on])


def _invoice_lines(view: View, status: int) -> Number:
    rows = view.where("Sales Invoice Lines", lambda row: (row["Status No"], row["Line Kind No"]) == (status, 1))
    return amount(view, rows, "_Net Amount")


def _invoices(view: View, *types: int) -> list[Any]:
    return view.where("Sales Invoices", lambda row: row["Type No"] in types and row["Status No"] == 50)


def _invoice_count(view: View, *types: int) -> int | None:
    return count(_invoices(view, *types)) if view.ready else None


def _average_invoice(view: View) -> Number:
    return ratio(amount(view, _invoices(view, 8020, 8023), "_Net Amount"), _invoice_count(view, 8020, 8023))


def _distinct(view: View, table: str, column: str) -> int | None:
    return count({_key(row[column]) for row in view.own(table)})


def _key(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _in_types(view: View, *types: int) -> View:
    return among(view, "Transaction Types", "Transaction Type No", *types)


def _hours(view: View, *statuses: int, billable: bool = False) -> Number:
    rows = view.where("Time and Cost Entries", lambda row: row["Type No"] == 1 and row["Hour Status No"] in statuses)
    hours = [row["_Hours"] for row in rows if row["Billable No"] == 1 or not billable]
    return sum(hours) if hours and view.ready else None


def _billable_value(view: View, *types: int) -> Number:
    rows = view.where("Time and Cost Entries", lambda row: (row["Hour Status No"], row["Billable No"]) == (20, 1))
    return amount(view, [row for row in rows if row["Type No"] in types], "_Sales Value")


def _project(view: View) -> View:
    return among(view, "Projects", "Is Project No", 1)


def _without_project(view: View) -> View:
    """Blank equals 0: what points at no project of the table is without one, as what says so."""
    return among(view, "Projects", "Is Project No", 0, None)


def _external(view: View) -> Number:
    """The result of everything but revenue; accounts without a section among it."""
    kept = _project(view).only("GL Accounts", lambda row: row.get("Section No") != 10)
    return negative(result(kept))


def _time_cost(view: View) -> Number:
    return amount(view, view.own("Project Time Cost"), "_Cost")


def _margin(view: View) -> Number:
    return minus(minus(section(_project(view), 10), _external(view)), _time_cost(view))


def _hours_used(view: View) -> Number:
    last = view.last("Fiscal Periods", "End Date")
    kept = view.all_of("Fiscal Periods").only(
        "Fiscal Periods", lambda row: not row or (last is not None and row["End Date"] <= last)
    )
    budgeted = [row["Budgeted Hours"] for row in view.own("Projects") if row["Budgeted Hours"] is not None]
    return ratio(_hours(kept, 20), sum(budgeted) if budgeted else None)


def _complete_through(view: View) -> Any:
    latest: dict[str, Any] = {}
    for row in view.own("Data Status"):
        company, through = row["Company Key"], row["Complete Through"]
        latest[company] = max(through, latest.get(company, through))
    return min(latest.values(), default=None)


def _last_date(view: View, table: str, column: str) -> Any:
    return max((row[column] for row in view.own(table)), default=None)


NAIVE: Final[dict[str, Callable[[View], Any]]] = {
    "_Ready": lambda view: view.ready,
    "_Show": lambda view: view.shown,
    "Data Complete Through": _complete_through,
    "_GL Rows": lambda view: len(view.own("GL Lines")),
    "Ledger Amount": _ledger,
    "Debit": lambda view: _side(view, "D"),
    "Credit": lambda view: negative(_side(view, "C")),
    "Result": result,
    "Revenue": lambda view: section(view, 10),
    "Cost of Sales": lambda view: negative(section(view, 20)),
    "Gross Margin": _gross_margin,
    "Gross Margin %": lambda view: ratio(_gross_margin(view), section(view, 10)),
    "Operating Costs": lambda view: negative(section(view, 30, 40, 50)),
    "Operating Result": _operating_result,
    "Result YTD": year_to_date,
    "Result Previous Year": previous_year,
    "Budget": budget,
    "Budget Variance": _budget_variance,
    "Balance": balance,
    "Result Not Yet Closed": not_yet_closed,
    "Balance Sheet Check": lambda view: plus(balance(view.all_of("GL Accounts")), not_yet_closed(view)),
    "Journal Entries": lambda view: _distinct(view, "GL Lines", "Entry Key"),
    "Unbalanced Entries": unbalanced,
    "Entered After Period End": entered_late,
    "Result Not Processed": lambda view: result(view.only("GL Lines", lambda row: row["Status No"] == 20)),
    "Unclassified Amount": lambda view: _ledger(among(view, "GL Accounts", "Balance Type", None)),
    "Last Entry Date": lambda view: _last_date(view, "GL Lines", "Date"),
    "As-of Date": as_of,
    "_Open Items Amount": lambda view: amount(view, view.own("Open Items")),
    "Receivables": _receivables,
    "Receivables Overdue": _overdue,
    "Receivables by Age": _by_age,
    "Payables": _payables,
    "Payables minus Ledger": lambda view: plus(_payables(view), balance(view, 22)),
    "Receivables minus Ledger": lambda view: minus(_receivables(view), balance(view, 20)),
    "Invoiced Revenue": lambda view: _invoice_lines(view, 50),
    "Invoices Awaiting Processing": lambda view: _invoice_lines(view, 20),
    "Invoices": lambda view: _invoice_count(view, 8020, 8023),
    "Credit Notes": lambda view: _invoice_count(view, 8021, 8024),
    "Invoices with Lines": lambda view: _distinct(view, "Sales Invoice Lines", "Invoice Key"),
    "Average Invoice Value": _average_invoice,
    "Invoiced Clients": lambda view: _distinct(view, "Sales Invoices", "Relation Key"),
    "Last Invoice Date": lambda view: _last_date(view, "Sales Invoices", "Invoice Date"),
    "Invoiced minus Ledger Revenue": lambda view: minus(_invoice_lines(view, 50), section(_in_types(view, 20, 21), 10)),
    "Purchases": lambda view: negative(result(_in_types(view, 30, 31))),
    "Ordered Amount": lambda view: amount(
        view, view.where("Purchase Order Lines", lambda row: row["Order Status No"] != 40), "_Net Amount"
    ),
    "Open Commitments": lambda view: amount(view, view.own("Purchase Order Lines"), "_Open Amount"),
    "Hours": lambda view: _hours(view, 1, 10, 20),
    "Approved Hours": lambda view: _hours(view, 20),
    "Billable Hours": lambda view: _hours(view, 20, billable=True),
    "Billability %": lambda view: ratio(_hours(view, 20, billable=True), _hours(view, 20)),
    "Hours Awaiting Approval": lambda view: _hours(view, 1, 10),
    "Billable Value": lambda view: _billable_value(view, 1, 2),
    "Average Hourly Rate": lambda view: ratio(_billable_value(view, 1), _hours(view, 20, billable=True)),
    "Project Revenue": lambda view: section(_project(view), 10),
    "Revenue without Project": lambda view: section(_without_project(view), 10),
    "Project External Cost": _external,
    "Project Time Cost Amount": _time_cost,
    "Project Margin": _margin,
    "Project Margin %": lambda view: ratio(_margin(view), section(_project(view), 10)),
    "Budget Hours Used %": _hours_used,
}
