"""The DAX that counts and sums what a table holds, and how its answers are read. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

UNIT: Final = 10_000
"""Additive values are kept in units of 0.0001, the scale of Power BI's Decimal."""


def name(table: str) -> str:
    """The table's name in DAX."""
    return "'" + table.replace("'", "''") + "'"


def column(table: str, of: str) -> str:
    """A column's name in DAX."""
    return f"{name(table)}[{of.replace(']', ']]')}]"


def leaving_out(table: str, batches: Iterable[int]) -> list[str]:
    """The condition that a row is of none of these batches."""
    listed = ", ".join(str(batch) for batch in sorted(batches))
    return [f"NOT {column(table, '_batch')} IN {{{listed}}}"] if listed else []


def of_batches(table: str, batches: Iterable[int]) -> list[str]:
    """The condition that a row is of one of these batches."""
    listed = ", ".join(str(batch) for batch in sorted(batches))
    return [f"{column(table, '_batch')} IN {{{listed}}}"] if listed else []


def batch_range(table: str, first: int, last: int) -> list[str]:
    """The condition that a row is of a batch from `first` to `last`."""
    batch = column(table, "_batch")
    return [f"{batch} >= {first}", f"{batch} <= {last}"]


def totals(table: str, additive: Sequence[str], conditions: Sequence[str]) -> str:
    """One row: `[rows]`, `[items]` and the sums of the technical and the additive columns."""
    parts = [f'"rows", COUNTROWS({name(table)})', f'"items", DISTINCTCOUNT({column(table, "_ord")})']
    parts += [f'"{of}", SUM({column(table, of)})' for of in ("_sign", "_batch", "_ord", "_row", *additive)]
    row = f"ROW({', '.join(parts)})"
    return f"EVALUATE CALCULATETABLE({row}, {' && '.join(conditions)})" if conditions else f"EVALUATE {row}"


def by_batch(table: str, conditions: Sequence[str]) -> str:
    """A row for each batch: `[rows]` and `[items]`, the distinct `_ord`."""
    batch = column(table, "_batch")
    narrowed = f"FILTER(ALL({batch}), {' && '.join(conditions)}), " if conditions else ""
    counts = f'"rows", COUNTROWS({name(table)}), "items", DISTINCTCOUNT({column(table, "_ord")})'
    return f"EVALUATE SUMMARIZECOLUMNS({batch}, {narrowed}{counts}) ORDER BY {batch}"


def by_item(table: str, batch: int) -> str:
    """A row for each `_ord` of a batch: `[rows]`."""
    ordinal, number = column(table, "_ord"), column(table, "_batch")
    narrowed = f"FILTER(ALL({number}), {number} = {batch})"
    return f'EVALUATE SUMMARIZECOLUMNS({ordinal}, {narrowed}, "rows", COUNTROWS({name(table)})) ORDER BY {ordinal}'


def whole_batch(table: str, batch: int) -> str:
    """The rows of a batch with all columns."""
    return f"EVALUATE FILTER({name(table)}, {column(table, '_batch')} = {batch})"


def count(table: str) -> str:
    """One row: `[rows]`, blank for an empty table."""
    return f'EVALUATE ROW("rows", COUNTROWS({name(table)}))'


def controls(table: str, additive: Sequence[str]) -> str:
    """One row: `[rows]`, the rows that count (by `_sign`), and the sums of the additive columns."""
    sums = "".join(f', "{of}", SUM({column(table, of)})' for of in additive)
    return f'EVALUATE ROW("rows", SUM({column(table, "_sign")}){sums})'


def controls_by(table: str, key: str, additive: Sequence[str]) -> str:
    """The same for each value of a column."""
    sums = "".join(f', "{of}", SUM({column(table, of)})' for of in additive)
    return f'EVALUATE SUMMARIZECOLUMNS({column(table, key)}, "rows", SUM({column(table, "_sign")}){sums})'


def whole_number(row: Mapping[str, Any], key: str) -> int:
    """A count or a sum of whole numbers; blank is zero."""
    value = row.get(key)
    return 0 if value is None else int(value)


def units(row: Mapping[str, Any], key: str) -> int:
    """A sum of an additive column in units of 0.0001; blank is zero."""
    value = row.get(key)
    return 0 if value is None else int((Decimal(value) * UNIT).to_integral_exact())
