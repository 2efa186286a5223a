"""The gate: which entry of a record counts, by its order alone. Pure: rows of the gate in, rows of the gate out.

A record's order is (generation, version, mapping revision, reference revision); a chunk that was seen before proves
nothing, so the same chunk may come again, at any later time, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from exactbi.messages.rows import DELETED, LIVE, UNMAPPABLE, MappedRecord, MappedRow, RowsMapped

State = Literal["live", "deleted", "none"]
"""`none`: only ever failed."""

Version = tuple[int, int]
"""(generation, version); generation is 0 for streams versioned by observation."""

Revisions = tuple[int, int]
"""(mapping revision, reference revision)."""

NEVER: Final[Version] = (0, 0)
LAST: Final[Revisions] = (2**31 - 1, 2**31 - 1)
"""The revisions of a sweep's tombstone: nothing of its own version comes after it."""


class GateRow(NamedTuple):
    """What the gate knows of a record in a dataset.

    `tried` are the revisions last tried for its newest known version, applied or failed; `chunk` and `parent` are
    that version's.
    `seen` is the highest generation (or observation number) of an answer that held the record.
    """

    state: State = "none"
    at: Version = NEVER
    revisions: Revisions = (0, 0)
    parent: str | None = None
    seen: int = 0
    failed: Version = NEVER
    tried: Revisions = (0, 0)
    chunk: int = 0

    @property
    def newest(self) -> Version:
        """Its newest known version, applied or failed."""
        return max(self.at, self.failed)


class Entry(NamedTuple):
    """One record of a chunk of mapped rows."""

    state: int
    at: Version
    revisions: Revisions
    parent: str | None
    seen: int
    chunk: int


@dataclass
class Outcome:
    """What a chunk changes: gate rows, and the wanted rows of records (an empty list: nothing is wanted any more).

    `fresh` are the records that the gate did not know.
    """

    gate: dict[str, GateRow] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    wanted: dict[str, Sequence[MappedRow]] = field(default_factory=dict)


def is_due(row: GateRow, active: Revisions) -> bool:
    """Whether a record is to be mapped again: what was last tried for its newest version is below what is active."""
    settled = row.state == "deleted" and row.failed <= row.at
    return not settled and (row.tried[0] < active[0] or row.tried[1] < active[1])


class Gate:
    """The rules for one (dataset, stream, division). `floor` is what its last swept pass began with."""

    def __init__(self, floor: int, is_sync: bool) -> None:
        self._floor = floor
        self._is_sync = is_sync

    def decide(self, row: GateRow, entry: Entry, parent: GateRow | None) -> tuple[GateRow, int | None]:
        """The row as the entry leaves it, and what becomes of the record's rows: LIVE, DELETED, or None (unchanged).

        `parent` is the gate's row of the entry's parent.
        """
        if self.is_below_floor(row, entry):
            return row, None
        state = entry.state
        if state != DELETED and self.is_orphan(entry, parent):
            state = DELETED
        elif state != DELETED:
            row = self.mark_seen(row, entry)
        row = self.mark_newest(row, entry)
        if state == UNMAPPABLE:
            return row._replace(failed=max(row.failed, entry.at)), None
        if not self.passes(row, entry):
            return row, None
        moved = row._replace(
            state="live" if state == LIVE else "deleted",
            at=entry.at,
            revisions=entry.revisions,
        )
        return moved, state

    def is_below_floor(self, row: GateRow, entry: Entry) -> bool:
        """It is older than the last swept pass, and not the very version that counts."""
        number = entry.at[0] if self._is_sync else entry.at[1]
        return number < self._floor and not (row.state == "live" and row.at == entry.at)

    def is_orphan(self, entry: Entry, parent: GateRow | None) -> bool:
        """Its parent was deleted after it."""
        return parent is not None and parent.state == "deleted" and parent.at > entry.at

    def mark_seen(self, row: GateRow, entry: Entry) -> GateRow:
        """`seen` never falls."""
        return row if entry.seen <= row.seen else row._replace(seen=entry.seen)

    def mark_newest(self, row: GateRow, entry: Entry) -> GateRow:
        """For one version, what was tried never falls; a newer version starts anew, with its chunk and parent."""
        newest = row.newest
        if entry.at > newest:
            parent = row.parent if entry.parent is None else entry.parent
            return row._replace(tried=entry.revisions, chunk=entry.chunk, parent=parent)
        if entry.at == newest and entry.revisions > row.tried:
            return row._replace(tried=entry.revisions)
        return row

    def passes(self, row: GateRow, entry: Entry) -> bool:
        """Its order is above that of what counts; an unknown record's is below all."""
        return (entry.at, entry.revisions) > (row.at, row.revisions)

    def orphaned(self, line: GateRow, tombstone: GateRow) -> GateRow | None:
        """A line of a parent that was deleted after it: deleted too; None where nothing changes.

        Its version stays its own: it may have moved to another parent by a version that is not here yet.
        """
        newest = line.newest
        if newest > tombstone.at or (line.state == "deleted" and line.at == newest):
            return None
        return line._replace(state="deleted", at=newest, revisions=line.tried)


def entries(chunk: RowsMapped) -> Iterable[tuple[MappedRecord, Entry]]:
    """The entries of a chunk, older versions of a record first."""
    revisions = (chunk.mapping_rev, chunk.reference_rev)
    for record in sorted(chunk.records, key=lambda record: record.version):
        at = (chunk.generation, record.version)
        yield record, Entry(record.state, at, revisions, record.parent, chunk.seen, chunk.chunk)


def admit(gate: Gate, known: Mapping[str, GateRow], chunk: RowsMapped) -> Outcome:
    """All entries of a chunk through the gate.

    `known` holds the gate's rows of the chunk's records, of their parents, and of the lines of records that the chunk
    deletes.
    """
    rows = dict(known)
    lines = _Lines(rows)
    outcome = Outcome()
    for record, entry in entries(chunk):
        before = rows.get(record.id, GateRow())
        parent = rows.get(entry.parent) if entry.parent is not None else None
        after, state = gate.decide(before, entry, parent)
        if after == before:
            continue
        rows[record.id] = outcome.gate[record.id] = after
        if record.id not in known:
            outcome.fresh.add(record.id)
        lines.move(record.id, before.parent, after.parent)
        if state == LIVE:
            outcome.wanted[record.id] = record.rows
        elif state == DELETED:
            outcome.wanted[record.id] = ()
            cascade(gate, record.id, rows, lines.of(record.id), outcome)
    return outcome


def cascade(gate: Gate, parent: str, rows: dict[str, GateRow], lines: Iterable[str], outcome: Outcome) -> None:
    """Delete the lines of a parent that was deleted: its rows go with it."""
    for line in sorted(lines):
        after = gate.orphaned(rows[line], rows[parent])
        if after is not None:
            rows[line] = outcome.gate[line] = after
            outcome.wanted[line] = ()


class _Lines:
    """Which rows name which parent, as they move."""

    def __init__(self, rows: Mapping[str, GateRow]) -> None:
        self._of: dict[str, set[str]] = {}
        for identity, row in rows.items():
            self.move(identity, None, row.parent)

    def of(self, parent: str) -> set[str]:
        """The records whose parent it is."""
        return set(self._of.get(parent, ()))

    def move(self, identity: str, before: str | None, after: str | None) -> None:
        """A record's parent is another one now."""
        if before == after:
            return
        if before is not None:
            self._of.get(before, set()).discard(identity)
        if after is not None:
            self._of.setdefault(after, set()).add(identity)
