"""Filter context: which rows of each table are visible under a stack of filters, through relationships too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulators.powerbi.dax.relation import Key
from emulators.powerbi.dax.scalars import normal
from emulators.powerbi.dax.syntax import DaxError
from emulators.powerbi.dax.views import NO_CODE, Link, Model, TableView, matching


@dataclass(frozen=True, eq=False)
class Filter:
    """The combinations that some columns may have: normal values, in a tuple each."""

    columns: tuple[Key, ...]
    allowed: frozenset[tuple[Any, ...]]


@dataclass(frozen=True, eq=False)
class RowFilter:
    """The rows of a table that remain: a filter by a whole table."""

    table: str
    rows: frozenset[int]


AnyFilter = Filter | RowFilter
Filters = tuple[AnyFilter, ...]


class Visibility:
    """The visible rows of a model's tables; remembers what it has worked out for a stack of filters."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known: dict[tuple[str, Filters], Sequence[int]] = {}
        self._unmatched: dict[str, bool] = {}

    def rows(self, table: str, filters: Filters) -> Sequence[int]:
        """The visible rows of a table (folded name), in order."""
        relevant = tuple(one for one in filters if self._reaches(one, table))
        if not relevant:
            return range(self._model.tables[table].size)
        known = self._known.get((table, relevant))
        if known is None:
            known = self._narrowed(table, self.rows(table, relevant[:-1]), relevant)
            self._known[(table, relevant)] = known
        return known

    def remember(self, table: str, filters: Filters, rows: Sequence[int]) -> None:
        """Say what is visible under a stack, where it is known already."""
        relevant = tuple(one for one in filters if self._reaches(one, table))
        self._known[(table, relevant)] = rows

    def _reaches(self, one: AnyFilter, table: str) -> bool:
        tables = {one.table} if isinstance(one, RowFilter) else {key[0] for key in one.columns}
        return table in tables or any(self._reaches(one, link.one) for link in self._links(table))

    def _links(self, table: str) -> list[Link]:
        return [link for link in self._model.links if link.many == table]

    def _narrowed(self, table: str, rows: Sequence[int], filters: Filters) -> Sequence[int]:
        """Apply the last filter to what the others leave."""
        last = filters[-1]
        if isinstance(last, RowFilter) and last.table == table:
            return [row for row in rows if row in last.rows]
        if isinstance(last, Filter) and all(key[0] == table for key in last.columns):
            return _by_columns(self._model.tables[table], rows, last)
        if isinstance(last, Filter) and len({key[0] for key in last.columns}) > 1:
            return self._by_tables(table, rows, last)
        for link in self._links(table):
            if self._reaches(last, link.one):
                rows = self._by_link(link, rows, filters)
        return rows

    def _by_link(self, link: Link, rows: Sequence[int], filters: Filters) -> Sequence[int]:
        """The rows that point at a visible row of the one side, or at none where blank is visible there."""
        one = self._model.tables[link.one]
        key = one.column(link.key)
        visible = self.rows(link.one, filters)
        foreign = self._model.tables[link.many].column(link.foreign_key)
        allowed = {foreign.code(key.value(key.codes[row])) for row in visible} - {NO_CODE}
        if self._shows_blank(link.one, filters):
            known = {foreign.code(value) for value in key.values(key.codes)}
            allowed |= set(foreign.codes) - known
        return matching(foreign.codes, rows, allowed)

    def has_blank_row(self, table: str, filters: Filters) -> bool:
        """Whether some row points at no row of this table, and the blank row that it belongs to is visible."""
        if table not in self._unmatched:
            links = [link for link in self._model.links if link.one == table]
            self._unmatched[table] = any(self._has_unmatched(link) for link in links)
        return self._unmatched[table] and self._shows_blank(table, filters)

    def _has_unmatched(self, link: Link) -> bool:
        key = self._model.tables[link.one].column(link.key)
        foreign = self._model.tables[link.many].column(link.foreign_key)
        return not set(foreign.codes) <= {foreign.code(value) for value in key.values(key.codes)}

    def _shows_blank(self, table: str, filters: Filters) -> bool:
        """Whether the blank row passes every filter that reaches the table."""
        return all(
            isinstance(one, Filter) and (None,) * len(one.columns) in one.allowed
            for one in filters
            if self._reaches(one, table)
        )

    def _by_tables(self, table: str, rows: Sequence[int], last: Filter) -> Sequence[int]:
        """A filter over columns of several tables: each row's own and related values are looked up."""
        columns = [self.related(table, key) for key in last.columns]
        return [row for row in rows if tuple(normal(column[row]) for column in columns) in last.allowed]

    def related(self, table: str, key: Key) -> Sequence[Any]:
        """For each row of a table, the value of a column of its own or of a table that it points at."""
        view = self._model.tables[table]
        if key[0] == table:
            column = view.column(key[1])
            return column.values(column.codes)
        for link in self._links(table):
            if key[0] == link.one or self._linked(link.one, key[0]):
                beyond = self.related(link.one, key)
                column = self._model.tables[link.one].column(link.key)
                found = dict(zip(map(normal, column.values(column.codes)), beyond, strict=True))
                foreign = view.column(link.foreign_key)
                return [found.get(normal(value)) for value in foreign.values(foreign.codes)]
        raise DaxError(
            f"The column '{key[0]}[{key[1]}]' either doesn't exist or doesn't have a relationship to '{table}'."
        )

    def _linked(self, table: str, other: str) -> bool:
        return any(link.one == other or self._linked(link.one, other) for link in self._links(table))


def _by_columns(view: TableView, rows: Sequence[int], one: Filter) -> Sequence[int]:
    columns = [view.column(name) for _, name in one.columns]
    if len(columns) == 1:
        allowed = {columns[0].code(value) for (value,) in one.allowed}
        return matching(columns[0].codes, rows, allowed)
    coded = {tuple(column.code(value) for column, value in zip(columns, row, strict=True)) for row in one.allowed}
    codes = [column.codes for column in columns]
    return [row for row in rows if tuple(each[row] for each in codes) in coded]


def override(filters: Filters, new: AnyFilter) -> Filters:
    """The stack with a new filter on top, which replaces what was said about its columns."""
    if isinstance(new, RowFilter):
        return (*(one for one in filters if not _is_of(one, new.table)), new)
    return (*without(filters, set(new.columns)), new)


def without(filters: Filters, columns: set[Key]) -> Filters:
    """The stack in which nothing is said about some columns."""
    kept: list[AnyFilter] = []
    for one in filters:
        if isinstance(one, RowFilter):
            if any(key[0] == one.table for key in columns):
                raise DaxError("Replacing a part of a filter by a whole table is not supported here.")
            kept.append(one)
            continue
        left = [at for at, key in enumerate(one.columns) if key not in columns]
        if len(left) == len(one.columns):
            kept.append(one)
        elif left:
            rest = frozenset(tuple(row[at] for at in left) for row in one.allowed)
            kept.append(Filter(tuple(one.columns[at] for at in left), rest))
    return tuple(kept)


def without_table(filters: Filters, table: str) -> Filters:
    """The stack in which nothing is said about a table."""
    rows_gone = tuple(one for one in filters if not (isinstance(one, RowFilter) and one.table == table))
    columns = {key for one in rows_gone if isinstance(one, Filter) for key in one.columns if key[0] == table}
    return without(rows_gone, columns) if columns else rows_gone


def _is_of(one: AnyFilter, table: str) -> bool:
    if isinstance(one, RowFilter):
        return one.table == table
    return all(key[0] == table for key in one.columns)


def transition(filters: Filters, row: Mapping[Key, Any]) -> Filters:
    """The stack after context transition: every model column of the row context has the row's value."""
    columns = tuple(key for key in row if key[0])
    if not columns:
        return filters
    by_table: dict[str, list[Key]] = {}
    for key in columns:
        by_table.setdefault(key[0], []).append(key)
    for keys in by_table.values():
        filters = override(filters, Filter(tuple(keys), frozenset([tuple(normal(row[key]) for key in keys)])))
    return filters
