"""What Power BI, and delivery, ask of a push model before it is made: names, counts, relationships. No I/O.

Names are for good: none can be changed once the model is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from exactbi.power_bi.limits import COLUMNS, RELATIONSHIPS, TABLES
from exactbi.power_bi.tables import TECHNICAL, Relationship
from exactbi.power_bi.tables import Column as ModelColumn

Path = tuple[int | str, ...]
Problem = tuple[Path, str]
"""Where in the dataset, and what is wrong there."""

# https://learn.microsoft.com/rest/api/power-bi/push-datasets/datasets-post-dataset-in-group
TABLE_NAME: Final = re.compile(r"[ #\-0-9@A-Z^_a-z~\u0080-\U0010ffff]{1,100}")
TABLE_NAME_ASKS: Final = "letters, digits, blanks and # - @ ^ _ ~ only, at most 100"
NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
NAME_ASKS: Final = "1 to 100 characters, none of them a line break or another control character"
RESERVED: Final = "date"
"""A push model refuses a table of this name: https://github.com/sql-bi/Pbi-PushDataset."""


class Table(Protocol):
    """A table of the configuration; `key` is the column whose values are unique in it."""

    @property
    def name(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def key(self) -> str | None: ...
    @property
    def columns(self) -> Sequence[ModelColumn]: ...


class Measure(Protocol):
    """A measure of the configuration, in the table of that name."""

    @property
    def name(self) -> str: ...
    @property
    def table(self) -> str: ...


class Dataset(Protocol):
    """A dataset of the configuration; every table and column that it names is there."""

    @property
    def name(self) -> str: ...
    @property
    def tables(self) -> Sequence[Table]: ...
    @property
    def measures(self) -> Sequence[Measure]: ...
    @property
    def relationships(self) -> Sequence[Relationship]: ...


def problems(dataset: Dataset) -> Iterator[Problem]:
    """Everything that is wrong with a dataset's model."""
    yield from _name(dataset.name, NAME, NAME_ASKS, ("name",))
    if len(dataset.tables) > TABLES:
        yield ("tables", TABLES), f"a push model has at most {TABLES} tables"
    yield from _twice([table.name for table in dataset.tables], "tables")
    for number, table in enumerate(dataset.tables):
        for path, why in _table(table):
            yield ("tables", number, *path), why
    yield from _measures(dataset)
    yield from _relationships(dataset)


def _table(table: Table) -> Iterator[Problem]:
    yield from _name(table.name, TABLE_NAME, TABLE_NAME_ASKS, ("name",))
    if table.name.casefold() == RESERVED:
        yield ("name",), f"Power BI refuses a table called {table.name!r}: call it Dates, say"
    technical = TECHNICAL if table.mode != "measures" else ()
    if len(table.columns) + len(technical) > COLUMNS:
        kept = f", {len(technical)} of them exactbi's own" if technical else ""
        yield ("columns", COLUMNS - len(technical)), f"a table has at most {COLUMNS} columns{kept}"
    names = [column.name for column in table.columns]
    yield from _twice(names, "columns")
    for number, column in enumerate(table.columns):
        at: Path = ("columns", number, "name")
        yield from _name(column.name, NAME, NAME_ASKS, at)
        if column.name.casefold() in technical:
            yield at, f"{column.name!r} is the name of a column of exactbi's own"
        if column.sort_by is not None and (column.sort_by not in names or column.sort_by == column.name):
            yield ("columns", number, "sort_by"), f"{column.sort_by!r} is no other column of {table.name!r}"


def _measures(dataset: Dataset) -> Iterator[Problem]:
    columns = {table.name: {column.name.casefold() for column in table.columns} for table in dataset.tables}
    yield from _twice([measure.name for measure in dataset.measures], "measures")
    for number, measure in enumerate(dataset.measures):
        yield from _name(measure.name, NAME, NAME_ASKS, ("measures", number, "name"))
        if measure.name.casefold() in columns.get(measure.table, ()):
            yield ("measures", number, "name"), f"{measure.table!r} has a column called {measure.name!r} already"


def _relationships(dataset: Dataset) -> Iterator[Problem]:
    """Many to one, active, one between two tables: a push model has no others."""
    if len(dataset.relationships) > RELATIONSHIPS:
        yield ("relationships", RELATIONSHIPS), f"a push model has at most {RELATIONSHIPS} relationships"
    keys = {table.name: table.key for table in dataset.tables}
    types = {(table.name, column.name): column.type for table in dataset.tables for column in table.columns}
    pairs: set[frozenset[str]] = set()
    reached: dict[str, set[str]] = {table.name: {table.name} for table in dataset.tables}
    for number, link in enumerate(dataset.relationships):
        at: Path = ("relationships", number)
        yield from _name(link.name, NAME, NAME_ASKS, (*at, "name"))
        ends = f"{link.from_table!r} and {link.to_table!r}"
        if keys[link.to_table] != link.to_column:
            yield (*at, "to_column"), f"{link.to_column!r} is not the key of {link.to_table!r}: its values may repeat"
        if types[link.from_table, link.from_column] != types[link.to_table, link.to_column]:
            yield at, f"the columns that join {ends} differ in their type"
        pair = frozenset([link.from_table, link.to_table])
        if len(pair) == 1 or pair in pairs:
            yield at, f"{ends} are joined twice, or a table to itself: Power BI allows one relationship"
        elif any(link.from_table in beyond and beyond & reached[link.to_table] for beyond in reached.values()):
            yield at, f"a filter would reach one table from another by two ways: leave out the one between {ends}"
        pairs.add(pair)
        _follow(reached, link)


def _follow(reached: dict[str, set[str]], link: Relationship) -> None:
    """Note what a row of a table leads to: along this relationship too, for the table and all that lead to it."""
    for beyond in reached.values():
        if link.from_table in beyond:
            beyond |= reached[link.to_table]


def _name(name: str, allowed: re.Pattern[str], asks: str, at: Path) -> Iterator[Problem]:
    if not allowed.fullmatch(name):
        yield at, f"Power BI refuses the name {name!r}: {asks}"
    elif name != name.strip():
        yield at, f"the name {name!r} begins or ends with a blank"


def _twice(names: Iterable[str], what: str) -> Iterator[Problem]:
    """Power BI takes names that differ in case only to be one."""
    seen: dict[str, str] = {}
    for number, name in enumerate(names):
        if (folded := name.casefold()) in seen:
            yield (what, number, "name"), f"two {what} are called {seen[folded]!r} (case does not tell names apart)"
        seen[folded] = name
