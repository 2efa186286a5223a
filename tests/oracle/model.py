"""The tables as a report sees them: facts joined to dimensions, chosen by slicers, blank over mixed currencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from oracle.books import Books
from oracle.findings import related_columns
from oracle.packs import ALL

Test = Callable[[Any], bool]
Named = Mapping[str, Any]
Money = Decimal | None
"""None is blank: nothing there, or amounts that must not be added."""


def among(values: Collection[Any]) -> Test:
    """True of these values."""
    chosen = frozenset(values)
    return lambda value: value in chosen


@dataclass(frozen=True)
class Choice:
    """What slicers and a measure choose: tests of columns as `Table[Column]`, all of which must hold.

    A dimension that a fact has no relationship to chooses nothing in it.
    """

    tests: tuple[tuple[str, str, Test], ...] = ()

    def where(self, column: str, test: Test | Collection[Any]) -> Choice:
        """This choice, and besides it a test of `Table[Column]`, or the values that are chosen."""
        table, _, name = column.removesuffix("]").partition("[")
        kept = test if callable(test) else among(test)
        return replace(self, tests=(*self.tests, (table, name, kept)))

    def without(self, *tables: str) -> Choice:
        """This choice with no tests of these tables."""
        return replace(self, tests=tuple(one for one in self.tests if one[0] not in tables))

    def of(self, table: str) -> list[tuple[str, Test]]:
        """The tests of one table."""
        return [(name, test) for on, name, test in self.tests if on == table]


ALL_OF_IT = Choice()


def of_companies(*companies: str) -> Choice:
    """What a slicer of companies chooses."""
    return ALL_OF_IT.where("Companies[Company Key]", companies)


@dataclass
class Model:
    """All tables of the packs over the records of these books; each is mapped once."""

    books: Books
    _rows: dict[str, list[Named]] = field(default_factory=dict)
    _keyed: dict[str, dict[Any, Named]] = field(default_factory=dict)

    def table(self, name: str) -> list[Named]:
        """A table's rows by column names."""
        if name not in self._rows:
            self._rows[name] = list(ALL[name].named(self.books))
        return self._rows[name]

    def keyed(self, name: str) -> dict[Any, Named]:
        """A dimension's rows by their key, its first column."""
        if name not in self._keyed:
            key = ALL[name].attributes[0]
            self._keyed[name] = {row[key]: row for row in self.table(name)}
        return self._keyed[name]

    def other(self, fact: str, row: Named, dimension: str, column: str) -> Any:
        """What a fact's row shows of a dimension; None where its key has no row there."""
        key = next(name for name, related in related_columns(fact).items() if related == dimension)
        found = self.keyed(dimension).get(row[key])
        return None if found is None else found[column]

    def rows(self, fact: str, choice: Choice) -> Iterator[Named]:
        """The rows of a fact that a choice leaves."""
        leaves = [self._allowed(column, name, choice) for column, name in related_columns(fact).items()]
        tests = [one for one in leaves if one is not None]
        own = choice.of(fact)
        for row in self.table(fact):
            if all(test(row[name]) for name, test in own) and all(test(row[column]) for column, test in tests):
                yield row

    def chosen(self, dimension: str, choice: Choice) -> list[Named]:
        """The rows of a dimension that a choice of that dimension leaves."""
        tests = choice.of(dimension)
        return [row for row in self.table(dimension) if all(test(row[name]) for name, test in tests)]

    def shows(self, choice: Choice) -> bool:
        """Whether amounts may be shown: all companies that are chosen have one currency."""
        return len({company["Currency"] for company in self.chosen("Companies", choice)}) == 1

    def total(self, fact: str, column: str, choice: Choice) -> Money:
        """The sum of a fact's amounts; blank where there is no row."""
        amounts = [row[column] for row in self.rows(fact, choice)]
        return sum(amounts, Decimal(0)) if amounts else None

    def grouped(self, fact: str, column: str, choice: Choice, by: Callable[[Named], Any]) -> dict[Any, Decimal]:
        """The same for each group of rows, in one pass."""
        found: dict[Any, Decimal] = defaultdict(Decimal)
        for row in self.rows(fact, choice):
            found[by(row)] += row[column]
        return dict(found)

    def money(self, fact: str, column: str, choice: Choice) -> Money:
        """The same, blank also over several currencies."""
        return self.total(fact, column, choice) if self.shows(choice) else None

    def _allowed(self, column: str, dimension: str, choice: Choice) -> tuple[str, Test] | None:
        tests = choice.of(dimension)
        if not tests:
            return None
        keys = frozenset(row[ALL[dimension].attributes[0]] for row in self.chosen(dimension, choice))
        known = self.keyed(dimension)
        is_blank_chosen = all(test(None) for _, test in tests)
        return column, lambda key: key in keys or (is_blank_chosen and key not in known)


def minus(one: Money, other: Money) -> Money:
    """A difference of which one side may be blank; blank if both are."""
    return None if one is None and other is None else (one or Decimal(0)) - (other or Decimal(0))


def negative(one: Money) -> Money:
    """The same amount on the other side."""
    return None if one is None else -one


def ratio(one: Money, other: Money) -> Money:
    """A quotient; blank where there is nothing to divide, or to divide by."""
    return one / other if one is not None and other else None
