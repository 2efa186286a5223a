"""The gate and the sweep over the real code: any order of chunks, repeats, passes, parents, a second dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from explore import source_lines, source_remap
from explore.engine import Bounds, Result, Several, Step, explored
from explore.source_gate_state import Chunk, Request, Setting, World
from explore.source_gate_world import LOG, PAGE, POLL, Source
from pbi_pusher.gate import Entry, Gate, GateRow
from pbi_pusher.sweep import Pass, Sweep
from pbi_pusher.sweep import Step as Next

ROUNDS = 3


class Converges(Source):
    """From every state, when Exact rests and all that is under way ends, wanted becomes what Exact holds."""

    fills_later = True
    """A dataset is also filled later, from the stored chunks."""

    def starts(self) -> Iterable[World]:
        return [self.start()]

    def successors(self, world: World) -> Iterable[Step[World]]:
        return self.happenings(world)

    def goal(self, world: World) -> bool:
        """Nothing is under way."""
        return not any(world.requests) and all(chunk.applied for chunk in world.chunks)

    def violation(self, world: World) -> str | None:
        if world.broken:
            return world.broken
        for backwards in (False, True):
            ended = self.ended(world, backwards)
            if finding := self.finding(ended, backwards):
                return finding
            begun = self.begun_now(world, backwards)
            if self.fills_later and (wrong := begun.broken or self.differs(begun)):
                return f"in a dataset that begins now, {wrong}"
        return None

    def begun_now(self, world: World, backwards: bool) -> World:
        """The world of a dataset that begins now: the stored chunks, and a sweep as soon as nothing holds it back."""
        empty = self.start()
        chunks = tuple(chunk._replace(applied=False) for chunk in world.chunks)
        world = world._replace(gate=empty.gate, wanted=empty.wanted, floor=self.first_floor(world), chunks=chunks)
        indices = range(len(chunks))
        for index in reversed(indices) if backwards else indices:
            world = self.applied(world, index)
            if self.next_step(world) is Next.SWEEP:
                world = self.swept(world)
        return self.ended(world, backwards)

    def first_floor(self, world: World) -> int:
        """Where the last complete pass began."""
        return world.reading.began if world.reading.phase in ("read", "swept") else world.floor

    def finding(self, ended: World, backwards: bool) -> str | None:
        """What is wrong once all has ended: now, in a dataset filled later, after repeats, after a mended mapping."""
        if ended.broken:
            return ended.broken
        if wrong := self.differs(ended):
            return wrong
        empty = self.start()
        fresh = ended._replace(gate=empty.gate, wanted=empty.wanted)
        if (wrong := self.differs(self.all_applied(fresh, backwards))) and self.fills_later:
            return f"in a dataset filled later, {wrong}"
        again = self.all_applied(ended, not backwards)
        if wrong := again.broken or self.differs(again):
            return f"after every chunk came again, {wrong}"
        if self.setting.bad:
            mended = self.all_applied(again._replace(mended=True), backwards)
            if wrong := mended.broken or self.differs(mended):
                return f"after the mapping was mended, {wrong}"
            open_ = [
                record for record in range(self.setting.records) if mended.gate[record].failed > mended.gate[record].at
            ]
            if open_:
                return f"the failure of record {open_[0]} never closes"
        return None

    def differs(self, world: World) -> str | None:
        """Unmappable records may keep what they had."""
        for record in range(self.setting.records):
            held, wanted = world.rows[record], world.wanted[record]
            if held and self.setting.bad and held % 2 == 1 and not world.mended:
                continue
            if held != wanted:
                return f"record {record} is wanted as {wanted}, Exact holds {held}"
        return None

    def ended(self, world: World, backwards: bool) -> World:
        """What is under way ends, then polls, the log, and a pass where deletes are not logged; sweeps at once."""
        needs_pass = not (self.setting.logged and self.setting.sync)
        for turn in range(ROUNDS):
            world = self.requests_ended(world)
            if turn == 1 and needs_pass:
                world = self.pass_begun(world)
            while world.reading.phase == "reading":
                world = self.asked(world, PAGE)
            for kind in (LOG, POLL):
                if kind in self.askable(world):
                    world = self.asked(world, kind)
            world = self.all_applied(world, backwards, only_new=True)
            if self.next_step(world) is Next.SWEEP:
                world = self.swept(world)
        return world

    def requests_ended(self, world: World) -> World:
        for slot, request in enumerate(world.requests):
            if request and not request.answered:
                world = self.answered(world, slot)
        for slot, request in enumerate(world.requests):
            if request:
                world = self.committed(world, slot)
        return world

    def asked(self, world: World, kind: str) -> World:
        return self.committed(self.answered(self.sent(world, 0, kind), 0), 0)

    def all_applied(self, world: World, backwards: bool, only_new: bool = False) -> World:
        indices = range(len(world.chunks))
        for index in reversed(indices) if backwards else indices:
            if not (only_new and world.chunks[index].applied):
                world = self.applied(world, index)
        return world


class OwnChunksOnly(Converges):
    """The sweep waits for the chunks of its own pass only."""

    def join(self, chunk: Chunk) -> Chunk:
        return chunk._replace(joined=chunk.of_pass and not chunk.applied)


class KeepsTheVersion(Converges):
    """A sweep's tombstone keeps the old version; no floor stands before it."""

    fills_later = False

    class sweep(Sweep):  # noqa: N801
        def swept(self, row: GateRow, reading: Pass) -> GateRow:
            return row._replace(state="deleted")

    class gate(Gate):  # noqa: N801
        def is_below_floor(self, row: GateRow, entry: Entry) -> bool:
            return False


class NoFloor(Converges):
    """A dataset filled later replays what sweeps removed."""

    class gate(Gate):  # noqa: N801
        def is_below_floor(self, row: GateRow, entry: Entry) -> bool:
            return False


class BeginsAtTheSweptFloor(Converges):
    """A dataset that begins between the end of a pass and its sweep takes what lies before that pass too."""

    def first_floor(self, world: World) -> int:
        return world.floor


class SeenFalls(Converges):
    """`seen` is that of the last chunk."""

    class gate(Gate):  # noqa: N801
        def mark_seen(self, row: GateRow, entry: Entry) -> GateRow:
            return row._replace(seen=entry.seen)


class UnmappableIsUnseen(Converges):
    """A record that can't be mapped does not count as seen."""

    class gate(Gate):  # noqa: N801
        def mark_seen(self, row: GateRow, entry: Entry) -> GateRow:
            return row if entry.state else super().mark_seen(row, entry)


class StampsAtCommit(Converges):
    """A page has the generation of its commit, and is never dropped."""

    def stamp(self, world: World, request: Request) -> tuple[int, int]:
        return world.generation, request.number

    def is_stale(self, world: World, request: Request) -> bool:
        return False


class NoParents(Converges):
    """Nobody looks at the parent's tombstone when a line comes."""

    class gate(Gate):  # noqa: N801
        def is_orphan(self, entry: Entry, parent: GateRow | None) -> bool:
            return False


class NoCascade(Converges):
    """A parent's delete leaves its lines."""

    class gate(Gate):  # noqa: N801
        def orphaned(self, line: GateRow, tombstone: GateRow) -> GateRow | None:
            return None


class LastComesFirst(Converges):
    """Whatever is applied last counts."""

    class gate(Gate):  # noqa: N801
        def passes(self, row: GateRow, entry: Entry) -> bool:
            return True


def settings(bounds: Bounds) -> dict[str, Setting]:
    """The worlds that are walked: two records, and one record for longer."""
    two = Setting(edits=bounds.edits)
    one = Setting(records=1, edits=bounds.edits + 1, passes=max(1, bounds.faults))
    return {
        "logged": two,
        "unlogged": replace(two, logged=False),
        "by timestamp": replace(two, logged=False, by_timestamp=True),
        "unmappable": replace(two, logged=False, bad=True),
        "numbers": replace(two, sync=False, logged=False, bad=True),
        "parents": Setting(edits=bounds.edits + 1, passes=0, parents=True),
        "parents, a pass": replace(two, parents=True, logged=False, bad=True),
        "killed": replace(two, kills=True, repeats=False),
        "one, logged": replace(one, kills=True),
        "one, unlogged": replace(one, logged=False),
        "one, unmappable": replace(one, logged=False, bad=True, passes=1),
        "one, numbers": replace(one, sync=False, logged=False, bad=True, passes=1),
    }


def mistakes() -> Mapping[str, Callable[[], Any]]:
    """Each mistake put back, in the smallest world where it shows."""
    one = Setting(records=1, edits=3, passes=1, logged=False)
    bad = replace(one, edits=2, bad=True)
    beside = replace(one, edits=2, slots=2, begins_beside=True, repeats=False)
    parents = Setting(edits=3, passes=0, parents=True)
    return {
        "the sweep waits for its own chunks only": lambda: OwnChunksOnly(one),
        "its tombstone keeps the old version": lambda: KeepsTheVersion(bad),
        "a dataset filled later without a floor": lambda: NoFloor(one),
        "a dataset begins below a pass that is read": lambda: BeginsAtTheSweptFloor(replace(one, edits=1, sync=False)),
        "seen falls with an older chunk": lambda: SeenFalls(bad),
        "unmappable records are unseen": lambda: UnmappableIsUnseen(bad),
        "two requests in flight": lambda: StampsAtCommit(replace(beside, logged=True)),
        "a pass begun beside a request": lambda: Converges(replace(beside, records=2, sync=False)),
        "nobody looks at the parent": lambda: NoParents(parents),
        "a delete leaves its lines": lambda: NoCascade(parents),
        "whatever comes last counts": lambda: LastComesFirst(one),
    }


def explore(bounds: Bounds) -> Result:
    """Walk the worlds, those of revisions and of lines too, and the mistakes."""
    models: list[Any] = [Converges(setting) for setting in settings(bounds).values()]
    return explored(
        "source",
        bounds,
        Several([*models, *source_remap.models(bounds), *source_lines.models()]),
        {**mistakes(), **source_remap.mistakes(), **source_lines.mistakes()},
    )
