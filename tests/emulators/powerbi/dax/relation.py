"""A table as a value: columns with lineage, whose values are only made when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from emulators.powerbi.dax.scalars import Value, normal
from emulators.powerbi.dax.syntax import DaxError
from emulators.powerbi.dax.views import ColumnView

Key = tuple[str, str]
"""A column: the folded name of its table ("" for one that a query made) and its own."""
BLANK_ROW = -1


class RelationColumn:
    """One column: its key, its label in an answer, and its values on demand.

    `plain` says that all values are whole numbers, none blank.
    """

    def __init__(self, key: Key, label: str, load: Callable[[], Sequence[Value]], plain: bool = False) -> None:
        self.key = key
        self.label = label
        self.plain = plain
        self._load: Callable[[], Sequence[Value]] | None = load
        self._values: Sequence[Value] = ()

    @property
    def values(self) -> Sequence[Value]:
        if self._load is not None:
            self._values, self._load = self._load(), None
        return self._values

    def chosen(self, rows: Sequence[int]) -> RelationColumn:
        """The same column of some rows."""
        return RelationColumn(self.key, self.label, lambda: _picked(self.values, rows), self.plain)


def _picked(values: Sequence[Value], rows: Sequence[int]) -> list[Value]:
    return [values[row] for row in rows]


@dataclass
class Relation:
    """`base` and `rows` are kept where the rows are rows of one model table; -1 is the table's blank row."""

    columns: list[RelationColumn]
    size: int
    base: str | None = None
    rows: Sequence[int] | None = None
    _by_key: dict[Key, RelationColumn] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_key = {column.key: column for column in self.columns}

    def column(self, key: Key) -> RelationColumn | None:
        return self._by_key.get(key)

    def named(self, name: str) -> RelationColumn | None:
        """The column of that folded name that the query made, or else the only one of that name."""
        made = self._by_key.get(("", name))
        named = [one for one in self.columns if one.key[1] == name]
        return made or (named[0] if len(named) == 1 else None)

    def chosen(self, rows: Sequence[int]) -> Relation:
        """Some rows, in the order given."""
        based = None if self.rows is None else _picked(self.rows, rows)
        return Relation([column.chosen(rows) for column in self.columns], len(rows), self.base, based)

    def with_columns(self, added: list[RelationColumn]) -> Relation:
        """The same rows with more columns."""
        return Relation([*self.columns, *added], self.size, self.base, self.rows)

    def tuples(self) -> list[tuple[Value, ...]]:
        """The rows, for relations of few columns."""
        return list(zip(*(column.values for column in self.columns), strict=True)) if self.columns else [()] * self.size

    def identities(self) -> list[tuple[Value, ...]]:
        """What tells rows apart."""
        return [tuple(map(normal, row)) for row in self.tuples()]

    def distinct(self) -> Relation:
        """Each different row once, the first of its kind."""
        first: dict[tuple[Value, ...], int] = {}
        for row, identity in enumerate(self.identities()):
            first.setdefault(identity, row)
        return self if len(first) == self.size else self.chosen(list(first.values()))


class Row(NamedTuple):
    """One row of a relation: a row context."""

    relation: Relation
    at: int


def literal(labels: Sequence[tuple[Key, str]], rows: Iterable[tuple[Value, ...]]) -> Relation:
    """A relation of rows that are at hand."""
    listed = list(rows)
    columns = [RelationColumn(key, label, partial(_member, listed, at)) for at, (key, label) in enumerate(labels)]
    return Relation(columns, len(listed))


def _member(rows: list[tuple[Value, ...]], at: int) -> Sequence[Value]:
    return [row[at] for row in rows]


class BaseColumn(RelationColumn):
    """A model column of some rows (a `range` is all of them); of fewer rows, only their values are made."""

    def __init__(self, column: ColumnView, rows: Sequence[int]) -> None:
        key = (column.table.casefold(), column.name.casefold())
        super().__init__(key, f"{column.table}[{column.name}]", self._made, column.plain)
        self._column = column
        self._rows = rows
        if not isinstance(rows, range) and BLANK_ROW in rows:
            self.plain = False

    def _made(self) -> Sequence[Value]:
        if isinstance(self._rows, range) or BLANK_ROW not in self._rows:
            return self._column.at(self._rows)
        present = iter(self._column.at([row for row in self._rows if row != BLANK_ROW]))
        return [None if row == BLANK_ROW else next(present) for row in self._rows]

    def chosen(self, rows: Sequence[int]) -> RelationColumn:
        return BaseColumn(self._column, _picked(self._rows, rows))


def check_width(relation: Relation, width: int) -> None:
    if len(relation.columns) != width:
        raise DaxError("The number of columns does not match.")


def made(name: str, values: Sequence[Value], plain: bool = False) -> RelationColumn:
    """A column that a query makes."""
    return RelationColumn(("", name.casefold()), f"[{name}]", lambda: values, plain)
