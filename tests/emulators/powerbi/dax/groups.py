"""The groups of SUMMARIZECOLUMNS: values that exist together within a table, every combination between tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from emulators.powerbi.dax.context import Filter, Filters
from emulators.powerbi.dax.evaluate import Engine
from emulators.powerbi.dax.relation import Key
from emulators.powerbi.dax.scalars import Value, normal
from emulators.powerbi.dax.sources import Sources
from emulators.powerbi.dax.syntax import Expression


class Group(NamedTuple):
    """What is shown of a group, and the filter context of its values."""

    shown: tuple[Value, ...]
    filters: Filters


@dataclass
class _Part:
    """The groups of one table's columns, which group each visible row is of, and which is the blank row's."""

    table: str
    groups: list[tuple[tuple[Value, ...], Filter]]
    of_row: dict[int, int]
    blank: int | None = None


def groups(engine: Engine, filters: Filters, keys: list[Key], measures: Sequence[Expression]) -> Iterable[Group]:
    """The groups that the measures can have a value in; all without measures."""
    tables = list(dict.fromkeys(key[0] for key in keys))
    parts = [_part(engine, filters, table, [key for key in keys if key[0] == table]) for table in tables]
    order = [key for table in tables for key in keys if key[0] == table]
    places = [order.index(key) for key in keys]
    for chosen in _combinations(engine, filters, parts, measures):
        found = [part.groups[at] for part, at in zip(parts, chosen, strict=True)]
        flat = [value for shown, _ in found for value in shown]
        yield Group(tuple(flat[place] for place in places), (*filters, *(one for _, one in found)))


def of_values(engine: Engine, keys: Sequence[Key], values: Sequence[Value]) -> Filter:
    """The filter of one group."""
    return engine.filter(tuple(keys), frozenset([tuple(map(normal, values))]))


def _part(engine: Engine, filters: Filters, table: str, keys: list[Key]) -> _Part:
    """The groups of one table; the rows that each leaves are told to the engine at once."""
    columns = [engine.model.table(table).column(name) for _, name in keys]
    codes = [column.codes for column in columns]
    by_codes: dict[tuple[Any, ...], list[int]] = {}
    for row in engine.visibility.rows(table, filters):
        by_codes.setdefault(tuple(each[row] for each in codes), []).append(row)
    part = _Part(table, [], {})
    for coded, rows in by_codes.items():
        shown = tuple(column.value(code) for column, code in zip(columns, coded, strict=True))
        _add(engine, filters, part, keys, shown, rows)
    if engine.visibility.has_blank_row(table, filters):
        empty = (None,) * len(keys)
        known = (at for at, (shown, _) in enumerate(part.groups) if shown == empty)
        part.blank = next(known, None)
        if part.blank is None:
            part.blank = _add(engine, filters, part, keys, empty, [])
    return part


def _add(
    engine: Engine, filters: Filters, part: _Part, keys: list[Key], shown: tuple[Value, ...], rows: list[int]
) -> int:
    one = of_values(engine, keys, shown)
    engine.visibility.remember(part.table, (*filters, one), rows)
    at = len(part.groups)
    part.of_row.update(dict.fromkeys(rows, at))
    part.groups.append((shown, one))
    return at


def _combinations(
    engine: Engine, filters: Filters, parts: list[_Part], measures: Sequence[Expression]
) -> Iterable[tuple[int, ...]]:
    """A group of each part: those that some row is of, if each measure needs a row of a known table; else every one."""
    every = product(*(range(len(part.groups)) for part in parts))
    if len(parts) < 2 or not measures:
        return every
    tables = {part.table for part in parts}
    sources = Sources(engine, frozenset(tables))
    needed = [
        next((one for one in sorted(sources.of(measure)) if tables <= set(engine.links.expanded(one))), None)
        for measure in measures
    ]
    if None in needed:
        return every
    found: set[tuple[int, ...]] = set()
    for table in set(needed):
        if table is not None:
            found |= _existing(engine, filters, parts, table)
    return sorted(found)


def _existing(engine: Engine, filters: Filters, parts: list[_Part], table: str) -> set[tuple[int, ...]]:
    """The combinations that visible rows of a table belong to."""
    pointers = [engine.links.axis(table, part.table).codes for part in parts]
    found: set[tuple[int, ...]] = set()
    seen = {tuple(each[row] for each in pointers) for row in engine.visibility.rows(table, filters)}
    for places in seen:
        chosen = [part.blank if at < 0 else part.of_row.get(at) for part, at in zip(parts, places, strict=True)]
        if None not in chosen:
            found.add(tuple(at for at in chosen if at is not None))
    return found
