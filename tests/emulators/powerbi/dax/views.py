"""What a query runs on: tables of columns of codes, measures and relationships, all as of one state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from emulators.powerbi.dax.parser import parse_expression
from emulators.powerbi.dax.scalars import EPOCH, Value, number
from emulators.powerbi.dax.syntax import DaxError, Expression

_TICKS_PER_DAY: Final = 86_400 * 300
_UNITS: Final = 10_000
_FEW_ROWS: Final = 20_000


class Texts(NamedTuple):
    """A text column: codes, one for each row, the texts they stand for, and the code of a text in any case."""

    codes: Sequence[int]
    texts: Sequence[str]
    find: Callable[[str], int | None]


@dataclass
class ColumnView:
    """A column's codes, one for each row, and what they stand for. `blank` is the code of blank, None if no row is.

    A text column is read whole by `load` when its codes are needed; `pick` reads it at a few rows.
    """

    table: str
    name: str
    kind: str
    numbers: Sequence[Any]
    blank: Any = None
    load: Callable[[], Texts] | None = None
    pick: Callable[[Sequence[int]], Sequence[Value]] | None = None
    _texts: Texts | None = None

    @property
    def texts(self) -> Texts:
        """What a text column holds."""
        if self._texts is None and self.load is not None:
            self._texts = self.load()
        return self._texts or Texts([], [], lambda _: None)

    @property
    def codes(self) -> Sequence[Any]:
        """One for each row."""
        return self.numbers if self.load is None else self.texts.codes

    @property
    def plain(self) -> bool:
        """Whether codes are whole numbers that stand for themselves, none of them blank."""
        return self.kind == "Int64" and self.blank is None

    def at(self, rows: Sequence[int]) -> Sequence[Value]:
        """The values of some rows (a `range` is all of them)."""
        if isinstance(rows, range):
            return self.codes if self.plain else self.values(self.codes)
        if self.pick is not None and self._texts is None and len(rows) <= _FEW_ROWS:
            return self.pick(rows)
        codes = self.codes
        return self.values([codes[row] for row in rows])

    def value(self, code: Any) -> Value:
        """What a code stands for."""
        if code == self.blank or code != code:  # NaN is the blank Double
            return None
        return self._decode(code)

    def values(self, codes: Iterable[Any]) -> list[Value]:
        """What many codes stand for; each distinct one is decoded once."""
        listed = codes if isinstance(codes, list) else list(codes)
        if self.plain:
            return listed
        if self.kind == "Double":
            return [self.value(code) for code in listed]
        known = {code: self.value(code) for code in set(listed)}
        return list(map(known.__getitem__, listed))

    def code(self, value: Value) -> Any:
        """The code that stands for a value (in any case, if text); `NO_CODE` if none can."""
        if value is None:
            return self.blank
        if self.kind == "String":
            found = self.texts.find(value) if isinstance(value, str) else None
            return NO_CODE if found is None else found
        if self.kind == "DateTime":
            return round(float(number(value)) * _TICKS_PER_DAY)
        if self.kind == "Decimal":
            return int(number(value) * _UNITS)
        return int(value) if self.kind == "Boolean" else value

    def total(self, codes: Iterable[Any]) -> Value:
        """The exact sum of what codes stand for, blank if none does."""
        listed = codes if isinstance(codes, Sequence) else list(codes)
        if self.blank is not None:
            listed = [code for code in listed if code != self.blank and code == code]
        if not listed:
            return None
        if self.kind not in ("Int64", "Decimal", "Double"):
            raise DaxError(f"The function SUM cannot work with values of type {self.kind}.")
        total = sum(listed)
        return Decimal(total) / _UNITS if self.kind == "Decimal" else total

    def _decode(self, code: Any) -> Value:
        if self.kind == "String":
            return self.texts.texts[code]
        if self.kind == "Decimal":
            return Decimal(code) / _UNITS
        if self.kind == "DateTime":
            return EPOCH + timedelta(seconds=code / 300)
        return bool(code) if self.kind == "Boolean" else code


class _NoCode:
    """A code that no row has."""


NO_CODE: Final = _NoCode()


@dataclass
class TableView:
    """A table's columns by folded name; each is made when it is first asked for."""

    name: str
    size: int
    makers: Mapping[str, Callable[[], ColumnView]]
    _made: dict[str, ColumnView] = field(default_factory=dict)

    def column(self, name: str) -> ColumnView:
        folded = name.casefold()
        if folded not in self._made:
            if folded not in self.makers:
                raise DaxError(
                    f"Column '{name}' in table '{self.name}' cannot be found or may not be used in this expression."
                )
            self._made[folded] = self.makers[folded]()
        return self._made[folded]

    @property
    def names(self) -> list[str]:
        return list(self.makers)


@dataclass(frozen=True)
class Link:
    """A relationship, by folded names: many rows of `many` point at one of `one`."""

    many: str
    foreign_key: str
    one: str
    key: str


@dataclass
class Model:
    """Tables and measures by folded name.

    `clearing` are the date columns of relationships: a filter that is put on one takes the table's others away.
    `moments` is what comes of a DateTime column's equality with a part of a second: refuse, nothing or match.
    """

    tables: Mapping[str, TableView]
    measures: Mapping[str, str] = field(default_factory=dict)
    links: Sequence[Link] = ()
    clearing: frozenset[tuple[str, str]] = frozenset()
    now: datetime = EPOCH
    moments: str = "refuse"
    _parsed: dict[str, Expression] = field(default_factory=dict)

    def table(self, name: str) -> TableView:
        found = self.tables.get(name.casefold())
        if found is None:
            raise DaxError(f"Cannot find table '{name}'.")
        return found

    def measure(self, name: str) -> Expression | None:
        """A measure's expression, parsed once."""
        folded = name.casefold()
        if folded not in self._parsed and folded in self.measures:
            self._parsed[folded] = parse_expression(self.measures[folded])
        return self._parsed.get(folded)
