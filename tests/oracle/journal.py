"""Walks a table's journal: after every landing each row must be as some version of its record was, never in part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from oracle.compare import split
from oracle.tables import Row, Table
from oracle.values import Record


@dataclass
class Walk:
    """What a walk found. `partial` names the first landings after which a row was in no state that Exact had."""

    landings: int = 0
    checked: int = 0
    partial: list[int] = field(default_factory=list)
    unsettled: int = 0

    @property
    def ok(self) -> bool:
        return not self.partial and not self.unsettled


class Versions:
    """Every row that a record's versions ever made, with the records that made it.

    `gone` holds the records that had a version without a row: deleted, or no posting.
    """

    def __init__(self, table: Table, site: str, history: Iterable[Mapping[str, Any]]) -> None:
        self.of: dict[Row, set[str]] = defaultdict(set)
        self.gone: set[str] = set()
        for row in table.static:
            self.of[row].add("static")
        for version in history:
            record: Record | None = version["record"]
            made = None if record is None else table.row(site, record)
            if made is None:
                self.gone.add(version["id"])
            else:
                self.of[made].add(version["id"])


class _Rows:
    """The net of each `_row`: signs and amounts by attributes."""

    def __init__(self, width: int) -> None:
        self.net: dict[int, dict[Row, list[Any]]] = defaultdict(dict)
        self._width = width

    def add(self, row: int, attributes: Row, amounts: Row, sign: int) -> None:
        group = self.net[row].setdefault(attributes, [0, *[Decimal(0)] * self._width])
        group[0] += sign
        for n, value in enumerate(amounts, 1):
            group[n] += value
        if not any(group):
            del self.net[row][attributes]

    def stands(self, row: int) -> Row | None:
        """The one row that stands; an empty tuple for none; None where it is in part or more than once."""
        groups = self.net[row]
        if not groups:
            return ()
        if len(groups) > 1:
            return None
        ((attributes, (count, *amounts)),) = groups.items()
        return (*attributes, *amounts) if count == 1 else None


def walk(table: Table, versions: Versions, landings: Iterable[Mapping[str, Any]]) -> Walk:
    """Check a reversal table after each accepted POST.

    Rows that an injected fault touched are left alone until they are whole again; a DELETE begins anew.
    """
    rows = _Rows(len(table.amounts))
    owners: dict[int, set[str]] = {}
    disturbed: set[int] = set()
    found = Walk()
    for landing in landings:
        found.landings += 1
        if landing["verb"] == "DELETE":
            rows, disturbed = _Rows(len(table.amounts)), set()
            continue
        touched = {row["_row"] for row in landing["rows"]}
        for row in landing["rows"]:
            rows.add(row["_row"], *split(table, row))
        if landing["fault"]:
            disturbed |= touched
        whole = {row for row in touched if _is_whole(rows.stands(row), versions, owners, row)}
        found.checked += len(touched)
        if (touched - whole) - disturbed:
            found.partial.append(landing["n"])
        disturbed -= whole
    found.unsettled = len(disturbed)
    return found


def _is_whole(stands: Row | None, versions: Versions, owners: dict[int, set[str]], row: int) -> bool:
    if stands is None:
        return False
    if stands == ():
        return row not in owners or bool(owners[row] & versions.gone)
    records = versions.of.get(stands, set())
    known = records & owners.get(row, records)
    if known:
        owners[row] = known
    return bool(known)
