"""Every measure by its name, and the query that asks Power BI for the same values under the same slicers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from oracle import ledger_measures as ledger
from oracle import open_item_measures as items
from oracle import project_measures as projects
from oracle import trade_measures as trade
from oracle.model import ALL_OF_IT, Choice, Model

Measure = Callable[[Model, Choice], Any]
Slicers = Mapping[str, Collection[Any]]
"""The values that are chosen of each `Table[Column]`; None is the blank one."""

_FINANCE: dict[str, Measure] = {
    "Ledger Amount": ledger.ledger_amount,
    "Debit": ledger.debit,
    "Credit": ledger.credit,
    "Result": ledger.result,
    "Revenue": ledger.revenue,
    "Cost of Sales": ledger.cost_of_sales,
    "Gross Margin": ledger.gross_margin,
    "Gross Margin %": ledger.gross_margin_share,
    "Operating Costs": ledger.operating_costs,
    "Operating Result": ledger.operating_result,
    "Result YTD": ledger.result_ytd,
    "Result Previous Year": ledger.result_previous_year,
    "Budget": ledger.budget,
    "Budget Variance": ledger.budget_variance,
    "Balance": ledger.balance,
    "Result Not Yet Closed": ledger.result_not_yet_closed,
    "Balance Sheet Check": ledger.balance_sheet_check,
    "Journal Entries": ledger.journal_entries,
    "Unbalanced Entries": ledger.unbalanced_entries,
    "Entered After Period End": ledger.entered_after_period_end,
    "Result Not Processed": ledger.result_not_processed,
    "Unclassified Amount": ledger.unclassified_amount,
    "Last Entry Date": ledger.last_entry_date,
}
_TRADE: dict[str, Measure] = {
    "Invoiced Revenue": trade.invoiced_revenue,
    "Invoices Awaiting Processing": trade.invoices_awaiting_processing,
    "Invoices": trade.invoices,
    "Credit Notes": trade.credit_notes,
    "Invoices with Lines": trade.invoices_with_lines,
    "Average Invoice Value": trade.average_invoice_value,
    "Invoiced Clients": trade.invoiced_clients,
    "Last Invoice Date": trade.last_invoice_date,
    "Invoiced minus Ledger Revenue": trade.invoiced_minus_ledger_revenue,
    "Purchases": trade.purchases,
    "Ordered Amount": trade.ordered_amount,
    "Open Commitments": trade.open_commitments,
}
_PROJECTS: dict[str, Measure] = {
    "Hours": projects.hours,
    "Approved Hours": projects.approved_hours,
    "Billable Hours": projects.billable_hours,
    "Billability %": projects.billability,
    "Hours Awaiting Approval": projects.hours_awaiting_approval,
    "Billable Value": projects.billable_value,
    "Average Hourly Rate": projects.average_hourly_rate,
    "Project Revenue": projects.project_revenue,
    "Revenue without Project": projects.revenue_without_project,
    "Project External Cost": projects.project_external_cost,
    "Project Time Cost Amount": projects.project_time_cost,
    "Project Margin": projects.project_margin,
    "Project Margin %": projects.project_margin_share,
    "Budget Hours Used %": projects.budget_hours_used,
}
COUNTS = frozenset({"Journal Entries", "Unbalanced Entries", "Invoices with Lines", "Invoiced Clients"})
"""Blank and zero are the same here: a sum over keys of which none is left is either."""


def measures(as_of: date) -> dict[str, Measure]:
    """All measures that amount to something, those of open items on a day.

    Left out: As-of Date and Data Complete Through, which tell of our process.
    """
    on_a_day = {
        "Receivables": items.receivables,
        "Receivables Overdue": items.receivables_overdue,
        "Receivables by Age": _by_age,
        "Payables": items.payables,
        "Payables minus Ledger": items.payables_minus_ledger,
        "Receivables minus Ledger": items.receivables_minus_ledger,
    }
    return _FINANCE | {name: _on(measure, as_of) for name, measure in on_a_day.items()} | _TRADE | _PROJECTS


def _on(measure: Callable[[Model, Choice, date], Any], day: date) -> Measure:
    return lambda model, choice: measure(model, choice, day)


def _by_age(model: Model, choice: Choice, day: date) -> Decimal | None:
    """All ages together, which must be all receivables."""
    amounts = [one for one in items.receivables_by_age(model, choice, day).values() if one is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def chosen(slicers: Slicers) -> Choice:
    """What slicers choose, on our side."""
    choice = ALL_OF_IT
    for column, values in slicers.items():
        choice = choice.where(column, values)
    return choice


def query(names: Sequence[str], slicers: Slicers) -> str:
    """The DAX that gives one row of these measures under these slicers."""
    row = ", ".join(f'"{name}", [{name}]' for name in names)
    filters = [f"{_quoted(column)} IN {{{', '.join(map(_literal, values))}}}" for column, values in slicers.items()]
    return f"EVALUATE CALCULATETABLE({', '.join([f'ROW({row})', *filters])})"


def _quoted(column: str) -> str:
    table, _, name = column.partition("[")
    return f"'{table}'[{name}"


def _literal(value: Any) -> str:
    if value is None:
        return "BLANK()"
    if isinstance(value, bool):
        return "TRUE()" if value else "FALSE()"
    return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else str(value)


def same(name: str, ours: Any, theirs: Any) -> bool:
    """Whether Power BI shows what we expect: to the unit of its Decimal; ratios as closely as binary numbers can."""
    if name in COUNTS and not ours and not theirs:
        return True
    if ours is None or theirs is None or isinstance(ours, str):
        return bool(ours == theirs)
    return bool(abs(Decimal(str(theirs)) - ours) <= _UNIT + abs(ours) * _PART)


_UNIT = Decimal("0.0001")
_PART = Decimal("1e-12")
