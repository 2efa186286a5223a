"""Filter context: a stack of filters, and how CALCULATE replaces, keeps and removes parts of it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from emulators.powerbi.dax.links import Links
from emulators.powerbi.dax.relation import Key


@dataclass(frozen=True, eq=False)
class Filter:
    """The combinations that some columns may have: normal values, in a tuple each."""

    columns: tuple[Key, ...]
    allowed: frozenset[tuple[Any, ...]]


@dataclass(frozen=True, eq=False)
class RowFilter:
    """The rows of a table that remain: a filter by a whole table, hence on every column of its expanded table.

    `free` are columns of which it says nothing any more.
    """

    table: str
    rows: frozenset[int]
    free: frozenset[Key] = frozenset()


AnyFilter = Filter | RowFilter
Filters = tuple[AnyFilter, ...]


def columns_of(one: AnyFilter, links: Links) -> frozenset[Key]:
    """The columns that a filter is about."""
    if isinstance(one, RowFilter):
        return links.columns(one.table) - one.free
    return frozenset(one.columns)


def override(filters: Filters, new: AnyFilter, links: Links) -> Filters:
    """The stack with a new filter on top, which replaces what was said about its columns."""
    return (*without(filters, columns_of(new, links), links), new)


def without(filters: Filters, columns: Set[Key], links: Links) -> Filters:
    """The stack in which nothing is said about some columns."""
    kept: list[AnyFilter] = []
    for one in filters:
        if isinstance(one, RowFilter):
            about = links.columns(one.table) - one.free
            if about.isdisjoint(columns):
                kept.append(one)
            elif not about <= columns:
                kept.append(RowFilter(one.table, one.rows, one.free | (about & columns)))
            continue
        left = [at for at, key in enumerate(one.columns) if key not in columns]
        if len(left) == len(one.columns):
            kept.append(one)
        elif left:
            rest = frozenset(tuple(row[at] for at in left) for row in one.allowed)
            kept.append(Filter(tuple(one.columns[at] for at in left), rest))
    return tuple(kept)


def cleared(filters: Filters, written: Set[Key], clearing: Set[Key], links: Links) -> Filters:
    """The stack when some columns are written anew.

    A date column that carries a relationship takes what was said about its table with it (measured on Power BI Desktop:
    https://github.com/d0nk3yhm/pbix-mcp; for the one side: https://www.sqlbi.com/articles/mark-as-date-table/).
    """
    gone = set(written)
    for table, name in clearing:
        if (table, name) in written:
            gone |= {key for one in filters for key in columns_of(one, links) if key[0] == table}
    return without(filters, gone, links)
