"""Which rows of each table are visible under a stack of filters.

A filter reaches every table whose expanded table has one of its columns: a row remains if what it has in those columns
is among the filter's combinations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from emulators.powerbi.dax.context import AnyFilter, Filter, Filters, RowFilter, columns_of
from emulators.powerbi.dax.links import NOWHERE, Axis, Links
from emulators.powerbi.dax.relation import Key
from emulators.powerbi.dax.scalars import normal
from emulators.powerbi.dax.syntax import DaxError
from emulators.powerbi.dax.views import NO_CODE, Model

_MOST_KEPT: Final = 4_000_000
"""Row numbers that are remembered before all is forgotten: about 150 MB."""
_ENTRY: Final = 20


class Visibility:
    """The visible rows of a model's tables; remembers what it has worked out for a stack of filters."""

    def __init__(self, model: Model) -> None:
        self.links = Links(model)
        self._model = model
        self._known: dict[tuple[str, Filters], Sequence[int]] = {}
        self._kept = 0
        self._axes: dict[Key, Axis] = {}
        self._related: dict[tuple[str, Key], Sequence[Any]] = {}
        self._reached: dict[tuple[AnyFilter, str], bool] = {}
        self._allowed: dict[tuple[Filter, str], frozenset[int]] = {}

    def rows(self, table: str, filters: Filters) -> Sequence[int]:
        """The visible rows of a table (folded name), in order; never its blank row."""
        return self._rows(table, tuple(one for one in filters if self._reaches(one, table)))

    def _rows(self, table: str, filters: Filters) -> Sequence[int]:
        if not filters:
            return range(self._model.tables[table].size)
        known = self._known.get((table, filters))
        if known is None:
            known = self._narrowed(table, self._rows(table, filters[:-1]), filters[-1])
            self._keep(table, filters, known)
        return known

    def remember(self, table: str, filters: Filters, rows: Sequence[int]) -> None:
        """Say what is visible under a stack, where it is known already."""
        self._keep(table, tuple(one for one in filters if self._reaches(one, table)), rows)

    def _keep(self, table: str, filters: Filters, rows: Sequence[int]) -> None:
        self._kept += len(rows) + _ENTRY
        if self._kept > _MOST_KEPT:
            for memory in (self._known, self._reached, self._allowed):
                memory.clear()
            self._kept = len(rows) + _ENTRY
        self._known[(table, filters)] = rows

    def _reaches(self, one: AnyFilter, table: str) -> bool:
        found = self._reached.get((one, table))
        if found is None:
            tables = {key[0] for key in columns_of(one, self.links)}
            found = self._reached[(one, table)] = not tables.isdisjoint(self.links.expanded(table))
        return found

    def _narrowed(self, table: str, rows: Sequence[int], one: AnyFilter) -> Sequence[int]:
        """The rows that one filter leaves of those that the others leave."""
        if isinstance(one, RowFilter) and not one.free:
            return self._by_rows(table, rows, one)
        keys = [key for key in sorted(columns_of(one, self.links)) if key[0] in self.links.expanded(table)]
        tables = {key[0] for key in keys}
        if isinstance(one, RowFilter) or len(tables) > 1:
            return self._by_combinations(table, rows, one, keys)
        other = tables.pop()
        if other != table:
            return self.links.axis(table, other).chosen(rows, self._allowed_rows(one, other))
        return self._by_columns(table, rows, one)

    def _by_columns(self, table: str, rows: Sequence[int], one: Filter) -> Sequence[int]:
        """The rows whose own columns are allowed."""
        places = [at for at, key in enumerate(one.columns) if key[0] == table]
        columns = [self._model.tables[table].column(one.columns[at][1]) for at in places]
        if len(columns) == 1:
            allowed = {columns[0].code(row[places[0]]) for row in one.allowed} - {NO_CODE}
            return self.axis(one.columns[places[0]]).chosen(rows, allowed)
        coded = {tuple(c.code(row[at]) for c, at in zip(columns, places, strict=True)) for row in one.allowed}
        codes = [column.codes for column in columns]
        return [row for row in rows if tuple(each[row] for each in codes) in coded]

    def axis(self, key: Key) -> Axis:
        """A column's codes as an axis."""
        if key not in self._axes:
            self._axes[key] = Axis(self._model.tables[key[0]].column(key[1]).codes)
        return self._axes[key]

    def _allowed_rows(self, one: Filter, table: str) -> frozenset[int]:
        """The rows of a table whose columns a filter allows, its blank row among them."""
        found = self._allowed.get((one, table))
        if found is None:
            rows = self._by_columns(table, range(self._model.tables[table].size), one)
            blank = [NOWHERE] if self._allows_blank(one, table) else []
            found = self._allowed[(one, table)] = frozenset([*rows, *blank])
            self._kept += len(found)
        return found

    def _by_rows(self, table: str, rows: Sequence[int], one: RowFilter) -> Sequence[int]:
        mine, its = self.links.expanded(table), self.links.expanded(one.table)
        if one.table in mine:
            return self.links.axis(table, one.table).chosen(rows, one.rows)
        common = [other for other in its if other in mine]
        outer = [other for other in common if not any(other in self.links.expanded(o) for o in common if o != other)]
        if len(outer) == 1:
            allowed = frozenset(map(self._pointer(one.table, outer[0]), one.rows))
            return self.links.axis(table, outer[0]).chosen(rows, allowed)
        theirs, ours = ([self._pointer(start, other) for other in outer] for start in (one.table, table))
        combined = {tuple(pointer(row) for pointer in theirs) for row in one.rows}
        return [row for row in rows if tuple(pointer(row) for pointer in ours) in combined]

    def _pointer(self, table: str, other: str) -> Any:
        """From a row to the row that it points at; the blank row points at blank rows."""
        codes = self.links.axis(table, other).codes
        return lambda row: codes[row] if row != NOWHERE else NOWHERE

    def _by_combinations(self, table: str, rows: Sequence[int], one: AnyFilter, keys: list[Key]) -> Sequence[int]:
        """A filter over columns of several tables: each row's own and related values are looked up."""
        if isinstance(one, RowFilter):
            theirs = [self.related(one.table, key) for key in keys]
            there = (tuple(normal(c[row]) if row != NOWHERE else None for c in theirs) for row in one.rows)
            allowed = frozenset(there)
        else:
            places = [one.columns.index(key) for key in keys]
            allowed = frozenset(tuple(row[at] for at in places) for row in one.allowed)
        columns = [self.related(table, key) for key in keys]
        return [row for row in rows if tuple(normal(column[row]) for column in columns) in allowed]

    def has_blank_row(self, table: str, filters: Filters) -> bool:
        """Whether some row points at no row of this table, and the blank row that it belongs to is visible."""
        return self.links.has_unmatched(table) and all(
            self._allows_blank(one, table) for one in filters if self._reaches(one, table)
        )

    def _allows_blank(self, one: AnyFilter, table: str) -> bool:
        """Whether a table's blank row passes a filter that reaches it."""
        if isinstance(one, Filter):
            places = [at for at, key in enumerate(one.columns) if key[0] in self.links.expanded(table)]
            return any(all(row[at] is None for at in places) for row in one.allowed)
        if table not in self.links.expanded(one.table):
            return NOWHERE in one.rows
        pointer = self._pointer(one.table, table)
        return any(pointer(row) == NOWHERE for row in one.rows)

    def related(self, table: str, key: Key) -> Sequence[Any]:
        """For each row of a table, the value of a column of its own or of a table that it points at."""
        found = self._related.get((table, key))
        if found is None:
            if key[0] not in self.links.expanded(table):
                raise DaxError(
                    f"The column '{key[0]}[{key[1]}]' either doesn't exist or doesn't have a relationship to any table "
                    "available in the current context."
                )
            column = self._model.tables[key[0]].column(key[1])
            values = column.values(column.codes)
            if table != key[0]:
                beyond = [*values, None]
                values = [beyond[place] for place in self.links.axis(table, key[0]).codes]
            found = self._related[(table, key)] = values
        return found
