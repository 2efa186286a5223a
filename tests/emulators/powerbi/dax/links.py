"""Which tables a table's rows point at, directly or through others: its expanded table.

https://www.sqlbi.com/articles/expanded-tables-in-dax/: a table contains, for filters, the columns of every table on the
one side of its relationships.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property
from itertools import chain, compress, repeat
from typing import Any, Final

from emulators.powerbi.dax.relation import Key
from emulators.powerbi.dax.syntax import DaxError
from emulators.powerbi.dax.views import Link, Model

NOWHERE: Final = -1
"""The row that a row points at where there is none: the blank row."""
_LOOKUPS_BEFORE_INDEX: Final = 3
_FEW: Final = 64


class Axis:
    """Something that each row of a table has (a code, or the row that it points at), and the rows that have it."""

    def __init__(self, codes: Sequence[Any]) -> None:
        self.codes = codes
        self._asked = 0
        self._rows_of: dict[Any, list[int]] | None = None

    def chosen(self, rows: Sequence[int], allowed: set[Any] | frozenset[Any]) -> Sequence[int]:
        """Those of some rows (a `range` is all of them) that have something allowed."""
        codes = self.codes
        if not isinstance(rows, range):
            return [row for row in rows if codes[row] in allowed]
        self._asked += 1
        if len(allowed) <= _FEW and self._asked > _LOOKUPS_BEFORE_INDEX:
            found = [self._index[code] for code in allowed if code in self._index]
            return found[0] if len(found) == 1 else sorted(chain.from_iterable(found))
        return list(compress(rows, map(allowed.__contains__, codes)))

    @cached_property
    def _index(self) -> dict[Any, list[int]]:
        found: dict[Any, list[int]] = {}
        for row, code in enumerate(self.codes):
            found.setdefault(code, []).append(row)
        return found


class Links:
    """A model's relationships, followed from the many side to the one side."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._of: dict[str, list[Link]] = {}
        for link in model.links:
            self._of.setdefault(link.many, []).append(link)
        self._expanded: dict[str, tuple[str, ...]] = {}
        self._columns: dict[str, frozenset[Key]] = {}
        self._axes: dict[tuple[str, str], Axis] = {}
        self._unmatched: dict[str, bool] = {}
        self.ones = {link.one for link in model.links}

    def expanded(self, table: str) -> tuple[str, ...]:
        """The table and every table that its rows point at."""
        if table not in self._expanded:
            beyond = chain.from_iterable(self.expanded(link.one) for link in self._of.get(table, ()))
            self._expanded[table] = tuple(dict.fromkeys((table, *beyond)))
        return self._expanded[table]

    def columns(self, table: str) -> frozenset[Key]:
        """The columns of the expanded table."""
        if table not in self._columns:
            names = ((one, name) for one in self.expanded(table) for name in self._model.tables[one].names)
            self._columns[table] = frozenset(names)
        return self._columns[table]

    def axis(self, table: str, other: str) -> Axis:
        """For each row of a table the row of another one that it points at."""
        found = self._axes.get((table, other))
        if found is None:
            found = self._axes[(table, other)] = Axis(self._pointers(table, other))
        return found

    def _pointers(self, table: str, other: str) -> Sequence[int]:
        if table == other:
            return range(self._model.tables[table].size)
        for link in self._of.get(table, ()):
            if link.one == other:
                return self._followed(link)
        for link in self._of.get(table, ()):
            if other in self.expanded(link.one):
                beyond = [*self.axis(link.one, other).codes, NOWHERE]
                return array("i", map(beyond.__getitem__, self.axis(table, link.one).codes))
        raise DaxError(f"The tables '{table}' and '{other}' are not related.")

    def _followed(self, link: Link) -> Sequence[int]:
        foreign = self._model.tables[link.many].column(link.foreign_key)
        places = {code: row for row, code in enumerate(self._keys(link))}
        return array("i", map(places.get, foreign.codes, repeat(NOWHERE)))

    def _keys(self, link: Link) -> list[Any]:
        """The one side's keys as codes of the many side's column."""
        key = self._model.tables[link.one].column(link.key)
        foreign = self._model.tables[link.many].column(link.foreign_key)
        return [foreign.code(value) for value in key.values(key.codes)]

    def has_unmatched(self, table: str) -> bool:
        """Whether a row of another table points at no row of this one, which so has a blank row."""
        if table not in self._unmatched:
            self._unmatched[table] = any(self._has_unmatched(link) for link in self._model.links if link.one == table)
        return self._unmatched[table]

    def _has_unmatched(self, link: Link) -> bool:
        return not set(self._model.tables[link.many].column(link.foreign_key).codes) <= set(self._keys(link))
