"""Lines and their parents over the real gate: a line that moves, and two appliers beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from exactbi.messages.rows import DELETED, LIVE, MappedRecord, MappedRow, RowsMapped
from explore.engine import Step
from pbi_pusher.gate import Gate, GateRow, admit

LINE = "line"
ROW = MappedRow("T", 0, "", [], "", None)
ARRIVED = MappedRecord(LINE, 3, LIVE, "first", [ROW])
MOVED = MappedRecord(LINE, 7, LIVE, "second", [ROW])
FIRST_GONE = MappedRecord("first", 8, DELETED, None, [])
SECOND_GONE = MappedRecord("second", 9, DELETED, None, [])

Rows = tuple[tuple[str, GateRow], ...]


def chunk(record: MappedRecord) -> RowsMapped:
    """A chunk of one."""
    return RowsMapped(
        customer="c",
        dataset=1,
        site="s",
        division=1,
        stream="S",
        generation=1,
        seen=1,
        chunk=1,
        mapping_rev=1,
        reference_rev=0,
        records=[record],
    )


class Moves(NamedTuple):
    """The gate, which chunks were applied, and how many may come again."""

    gate: Rows = ()
    applied: frozenset[int] = frozenset()
    again: int = 2


class MovedLine:
    """A line moves to another parent; its first parent is deleted, perhaps the second too. In any order."""

    gate: type[Gate] = Gate

    def __init__(self, records: Sequence[MappedRecord], is_live: bool) -> None:
        self.records = records
        self.is_live = is_live

    def starts(self) -> Iterable[Moves]:
        return [Moves()]

    def successors(self, state: Moves) -> Iterator[Step[Moves]]:
        for index, record in enumerate(self.records):
            is_again = index in state.applied
            if is_again and not state.again:
                continue
            outcome = admit(self.gate(0, is_sync=True), dict(state.gate), chunk(record))
            gate = tuple(sorted((dict(state.gate) | outcome.gate).items(), key=lambda item: item[0]))
            yield record.id, Moves(gate, state.applied | {index}, state.again - is_again), is_again

    def violation(self, state: Moves) -> str | None:
        line = dict(state.gate).get(LINE)
        if len(state.applied) < len(self.records) or line is None:
            return None
        if (line.state == "live") != self.is_live or line.at != (1, 7):
            return f"the line is {line.state} at {line.at}"
        return None

    def goal(self, state: Moves) -> bool:
        return len(state.applied) == len(self.records)


class StampsItsLines(MovedLine):
    """A cascade gives its lines the version of the parent's delete."""

    class gate(Gate):  # noqa: N801
        def orphaned(self, line: GateRow, tombstone: GateRow) -> GateRow | None:
            after = super().orphaned(line, tombstone)
            return after and after._replace(at=tombstone.at)


class Appliers(NamedTuple):
    """The gate, and what each applier has read: None before, () after its commit."""

    gate: Rows = ()
    read: tuple[Rows | None, Rows | None] = (None, None)
    done: tuple[bool, bool] = (False, False)


class TwoAppliers:
    """One applies a parent's delete, one a line of it; each reads, decides, writes."""

    def __init__(self, *, locks: bool) -> None:
        self.locks = locks

    def starts(self) -> Iterable[Appliers]:
        return [Appliers()]

    def successors(self, state: Appliers) -> Iterator[Step[Appliers]]:
        for index, record in enumerate((FIRST_GONE, ARRIVED)):
            read = state.read[index]
            is_held = self.locks and any(
                other is not None and not done for other, done in zip(state.read, state.done, strict=True)
            )
            if read is None and not is_held:
                yield f"read for {record.id}", state._replace(read=self.put(state.read, index, state.gate)), False
            elif read is not None and not state.done[index]:
                outcome = admit(Gate(0, is_sync=True), dict(read), chunk(record))
                gate = tuple(sorted((dict(state.gate) | outcome.gate).items(), key=lambda item: item[0]))
                yield f"write {record.id}", state._replace(gate=gate, done=self.put(state.done, index, True)), False

    def violation(self, state: Appliers) -> str | None:
        line = dict(state.gate).get(LINE)
        return "a line survives its parent" if all(state.done) and line and line.state == "live" else None

    def goal(self, state: Appliers) -> bool:
        return all(state.done)

    @staticmethod
    def put(values: tuple[Any, Any], index: int, value: Any) -> tuple[Any, Any]:
        return (value, values[1]) if index == 0 else (values[0], value)


def models() -> Sequence[Any]:
    """A moved line whose new parent lives, or is deleted; two appliers that lock."""
    return [
        MovedLine((ARRIVED, MOVED, FIRST_GONE), is_live=True),
        MovedLine((ARRIVED, MOVED, FIRST_GONE, SECOND_GONE), is_live=False),
        TwoAppliers(locks=True),
    ]


def mistakes() -> Mapping[str, Callable[[], Any]]:
    """Each mistake put back."""
    return {
        "a cascade stamps its lines": lambda: StampsItsLines((ARRIVED, MOVED, FIRST_GONE), is_live=True),
        "two appliers without a lock": lambda: TwoAppliers(locks=False),
    }
