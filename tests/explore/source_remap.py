"""Revisions over the real gate: mappings change, some can't map, transformers lag, and re-map comes to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from exactbi.messages.rows import LIVE, UNMAPPABLE, MappedRecord, MappedRow, RowsMapped
from explore.engine import Bounds, Step
from pbi_pusher.gate import Entry, Gate, GateRow, Revisions, admit, is_due

RECORD = "r"


class Mapped(NamedTuple):
    """A version's entry, as some transformer mapped it."""

    version: int
    rev: int
    applied: bool = False


class World(NamedTuple):
    """One record's versions and their entries. `active` is the active mapping revision."""

    edits: int
    migrations: int
    versions: int = 0
    active: int = 1
    entries: tuple[Mapped, ...] = ()
    row: GateRow = GateRow()
    wanted: tuple[int, int] = (0, 0)


class Revised:
    """`bad` is the revision that can map nothing, 0 for none."""

    gate: type[Gate] = Gate

    def __init__(self, edits: int, migrations: int, bad: int) -> None:
        self.bad = bad
        self._start = World(edits, migrations)

    def starts(self) -> Iterable[World]:
        return [self._start]

    def is_due(self, row: GateRow, active: Revisions) -> bool:
        return row != GateRow() and is_due(row, active)

    def successors(self, world: World) -> Iterator[Step[World]]:
        if world.edits:
            yield "a new version", world._replace(edits=world.edits - 1, versions=world.versions + 1), True
        if world.migrations:
            yield "migrate", world._replace(migrations=world.migrations - 1, active=world.active + 1), True
        mapped = {entry.version for entry in world.entries}
        for version in range(1, world.versions + 1):
            for rev in range(1, world.active + 1):
                is_first = version not in mapped and rev == world.active
                yield f"map {version} at {rev}", self.with_entry(world, version, rev), not is_first
        if self.is_due(world.row, (world.active, 0)):
            yield "re-map", self.with_entry(world, world.row.chunk, world.active), False
        for index, entry in enumerate(world.entries):
            yield f"apply {entry}", self.applied(world, index), entry.applied

    def with_entry(self, world: World, version: int, rev: int) -> World:
        if any((entry.version, entry.rev) == (version, rev) for entry in world.entries):
            entries = [
                entry._replace(applied=False) if (entry.version, entry.rev) == (version, rev) else entry
                for entry in world.entries
            ]
        else:
            entries = [*world.entries, Mapped(version, rev)]
        return world._replace(entries=tuple(sorted(entries)))

    def applied(self, world: World, index: int) -> World:
        entry = world.entries[index]
        entries = (*world.entries[:index], entry._replace(applied=True), *world.entries[index + 1 :])
        known = {} if world.row == GateRow() else {RECORD: world.row}
        outcome = admit(self.gate(0, is_sync=True), known, self.chunk(entry))
        wanted = world.wanted
        if rows := outcome.wanted.get(RECORD):
            wanted = (entry.version, int(rows[0].attributes))
        return world._replace(entries=entries, row=outcome.gate.get(RECORD, world.row), wanted=wanted)

    def chunk(self, entry: Mapped) -> RowsMapped:
        is_bad = entry.rev == self.bad
        rows = [] if is_bad else [MappedRow("T", 0, str(entry.rev), [], "", None)]
        return RowsMapped(
            customer="c",
            dataset=1,
            site="s",
            division=1,
            stream="S",
            generation=1,
            seen=1,
            chunk=entry.version,
            mapping_rev=entry.rev,
            reference_rev=0,
            records=[MappedRecord(RECORD, entry.version, UNMAPPABLE if is_bad else LIVE, None, rows)],
        )

    def violation(self, world: World) -> str | None:
        return None

    def goal(self, world: World) -> bool:
        """Nothing is due, and the newest version is there as the active mapping gives it, if that can."""
        if any(not entry.applied for entry in world.entries) or self.is_due(world.row, (world.active, 0)):
            return False
        if {entry.version for entry in world.entries} != set(range(1, world.versions + 1)):
            return False
        return not world.versions or world.active == self.bad or world.wanted == (world.versions, world.active)


class CountsSuccesses(Revised):
    """Only what was applied counts as tried."""

    def is_due(self, row: GateRow, active: Revisions) -> bool:
        return row.state == "live" and row.revisions < active


class LooksAtTheApplied(Revised):
    """Re-map takes the version that was applied; a newer one that failed is nobody's."""

    class gate(Gate):  # noqa: N801
        def mark_newest(self, row: GateRow, entry: Entry) -> GateRow:
            return row if entry.state == UNMAPPABLE and row.state == "live" else super().mark_newest(row, entry)


class TriedByAnyVersion(Revised):
    """What an older version was tried with counts for the newest."""

    class gate(Gate):  # noqa: N801
        def mark_newest(self, row: GateRow, entry: Entry) -> GateRow:
            return super().mark_newest(row, entry)._replace(tried=max(row.tried, entry.revisions))


def models(bounds: Bounds) -> Sequence[Any]:
    """All mappings work, the first does not, the second does not."""
    return [Revised(bounds.edits, min(bounds.faults, 2), bad) for bad in (0, 1, 2)]


def mistakes() -> Mapping[str, Callable[[], Any]]:
    """Each mistake put back."""
    return {
        "a re-map counts only successes": lambda: CountsSuccesses(1, 1, 2),
        "a re-map takes the applied version only": lambda: LooksAtTheApplied(2, 2, 2),
        "what any version was tried with counts": lambda: TriedByAnyVersion(2, 1, 0),
    }
