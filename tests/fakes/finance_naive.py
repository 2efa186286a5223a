"""Every measure of the finance model computed the plain way, over live records alone. Knows nothing of DAX.

A view is a choice of rows in some tables. A record counts if every table that it refers to shows the row that it points
at; a record that points nowhere counts where that table's choice lets blanks pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fakes.finance_ledger import Ledger, Record
from fakes.finance_model import relationships

Choice = Callable[[Record], bool]
"""Of a row; the row that a record pointing nowhere belongs to is empty."""
Number = Decimal | int | float | None
_LINKS = {(fact, one): (column, key) for fact, column, one, key in relationships()}


def folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


@dataclass(frozen=True)
class View:
    """A ledger with a choice of rows in some tables."""

    ledger: Ledger
    choices: tuple[tuple[str, Choice], ...] = ()

    def only(self, table: str, choice: Choice) -> View:
        return replace(self, choices=(*self.choices, (table, choice)))

    def all_of(self, *tables: str) -> View:
        """The view without a choice in these tables."""
        return replace(self, choices=tuple(one for one in self.choices if one[0] not in tables))

    def own(self, table: str) -> list[Record]:
        """The chosen rows of a dimension, or the live records of a fact."""
        chosen = [choice for of, choice in self.choices if of == table]
        found = [row for row in self.ledger.live.get(table, []) if all(choice(row) for choice in chosen)]
        for one in {of for of, _ in self.choices if (table, of) in _LINKS}:
            mine = [choice for of, choice in self.choices if of == one]
            found = [row for row in found if all(choice(self.pointed(table, one, row)) for choice in mine)]
        return found

    def pointed(self, table: str, one: str, record: Record) -> Record:
        """The row that a record points at, or an empty one."""
        column, key = _LINKS[(table, one)]
        wanted = folded(record.get(column))
        return next((row for row in self.ledger.live[one] if folded(row[key]) == wanted), {})

    def where(self, table: str, choice: Choice) -> list[Record]:
        return [row for row in self.own(table) if choice(row)]

    @property
    def ready(self) -> bool:
        return all(row["State No"] == 0 for row in self.own("Model State"))

    @property
    def shown(self) -> bool:
        """Whether amounts are shown: nothing is rebuilt, and the chosen companies have one currency."""
        return self.ready and len({row["Currency"] for row in self.own("Companies")}) == 1

    def last(self, table: str, column: str) -> Any:
        return max((row[column] for row in self.own(table) if row.get(column) is not None), default=None)


def amount(view: View, rows: Iterable[Record], column: str = "_Amount") -> Number:
    """A sum that is blank without rows, and where amounts are not shown."""
    values = [row[column] for row in rows]
    return sum(values, Decimal(0)) if values and view.shown else None


def negative(value: Number) -> Number:
    return None if value is None else -value


def plus(*values: Number) -> Number:
    present = [value for value in values if value is not None]
    return sum(present) if present else None


def minus(one: Number, other: Number) -> Number:
    return plus(one, negative(other))


def ratio(one: Number, other: Number) -> Number:
    return None if one is None or not other else float(one) / float(other)


def count(rows: Iterable[Any]) -> int | None:
    return len(list(rows)) or None


def among(view: View, one: str, column: str, *values: Any) -> View:
    """The view with only those rows of a dimension that have one of these values."""
    return view.only(one, lambda row: row.get(column) in values)


def result(view: View) -> Number:
    kept = among(view, "GL Accounts", "Balance Type", "W")
    return negative(amount(view, among(kept, "Transaction Types", "Entry Class No", 1, 2).own("GL Lines")))


def section(view: View, *numbers: int) -> Number:
    return result(among(view, "GL Accounts", "Section No", *numbers))


def until(view: View) -> View:
    """All periods that end by the last chosen one's end, whatever was chosen. A line without a period is before all."""
    last = view.last("Fiscal Periods", "End Date")
    free = view.all_of("Fiscal Periods", "Calendar")
    kept = free.only("Fiscal Periods", lambda row: not row or (last is not None and row["End Date"] <= last))
    return among(kept, "Transaction Types", "Entry Class No", 1, 2, 3)


def balance(view: View, *types: int) -> Number:
    kept = among(until(view), "GL Accounts", "Balance Type", "B")
    if types:
        kept = among(kept, "GL Accounts", "Account Type No", *types)
    return amount(view, kept.own("GL Lines"))


def not_yet_closed(view: View) -> Number:
    kept = among(until(view).all_of("GL Accounts"), "GL Accounts", "Balance Type", "W")
    return amount(view, kept.own("GL Lines"))


def year_to_date(view: View) -> Number:
    """Each company's own fiscal year in which the last chosen day lies, up to that day."""
    last, parts = view.last("Fiscal Periods", "End Date"), []
    for company in view.own("Companies"):
        key = company["Company Key"]
        years = [
            row["Fiscal Year"] for row in view.ledger.live["Fiscal Periods"]
            if row["Company Key"] == key and last is not None and row["Start Date"] <= last <= row["End Date"]
        ]  # fmt: skip
        if years:
            kept = among(view.all_of("Fiscal Periods"), "Companies", "Company Key", key)
            parts.append(result(kept.only("Fiscal Periods", _year_until(key, max(years), last))))
    return plus(*parts) if view.shown else None


def _year_until(company: str, year: int, last: datetime) -> Choice:

    def admits(row: Record) -> bool:
        return (row.get("Company Key"), row.get("Fiscal Year")) == (company, year) and row["End Date"] <= last

    return admits


def previous_year(view: View) -> Number:
    months = {row["Month Index"] for row in view.own("Fiscal Periods")}
    kept = view.all_of("Fiscal Periods").only("Fiscal Periods", lambda row: row.get("Month Index", 0) + 12 in months)
    return result(kept)


def budget(view: View) -> Number:
    if len({row["Scenario"] for row in view.own("Budget Lines")}) != 1:
        return None
    return negative(amount(view, among(view, "GL Accounts", "Balance Type", "W").own("Budget Lines")))


def unbalanced(view: View) -> int:
    sums: dict[str, Decimal] = {}
    for row in view.all_of("GL Accounts", "Cost Centers", "Projects", "Relations").own("GL Lines"):
        sums[row["Entry Key"]] = sums.get(row["Entry Key"], Decimal(0)) + row["_Amount"]
    return sum(abs(one) >= Decimal("0.005") for one in sums.values())


def entered_late(view: View) -> Number:
    def late(row: Record) -> bool:
        end = view.pointed("GL Lines", "Fiscal Periods", row).get("End Date", datetime(1899, 12, 30))  # noqa: DTZ001
        return bool(row["Entered On"] > end + timedelta(days=10))

    return result(view.only("GL Lines", late))


def as_of(view: View) -> datetime | None:
    selected, known = view.last("Calendar", "Date"), view.last("Data Status", "Business Date")
    if known is None or selected is None or selected < known:
        return selected  # type: ignore[no-any-return]
    return known  # type: ignore[no-any-return]


def open_items(view: View, kind: int) -> list[Record]:
    on = as_of(view)
    items = view.all_of("Calendar").where("Open Items", lambda row: row["Line Type"] == kind)
    return [row for row in items if on is not None and row["Invoice Date"] <= on < row["Settled On"]]
