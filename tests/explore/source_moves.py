"""A division that moves to another database while its stream is read: lower Timestamps, over the poller's real core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from exactbi.work import rules
from exactbi.work.rules import Work
from explore.engine import Bounds, Result, Several, Step, explored
from explore.source_cursor import put
from poller import cursor, passes, plan
from poller import page as core
from poller.page import Page, Times
from poller.plan import Division, Lane
from poller.run import Run
from poller.stream import StreamState

STREAM: Final = "S"
NOW: Final = Times(0.0, 0.0)
OLD_DATABASE: Final = 100
"""Its Timestamps start here; those of the databases that follow start lower each."""
STEP: Final = 20

Held = tuple[int, int, int]
"""Generation, Timestamp, content."""


@dataclass(frozen=True)
class World:
    """Exact's rows as (Timestamp, content), then ours."""

    rows: tuple[tuple[int, int], ...]
    held: tuple[Held, ...]
    stream: StreamState
    edits: int
    moves: int
    timestamp: int = OLD_DATABASE
    found: bool = True
    """Whether the last move is known to us."""
    wanted: str = ""
    """The reason of the pass that is due."""
    run: Run | None = None
    whole: Run | None = None


class Moving:
    """One record a page; subclasses put mistakes back."""

    reason = rules.MOVED

    def __init__(self, edits: int, moves: int, by_timestamp: bool, rows: int = 2) -> None:
        self.edits, self.moves, self.by_timestamp, self.count = edits, moves, by_timestamp, rows

    def starts(self) -> list[World]:
        rows = tuple((OLD_DATABASE + row, 0) for row in range(self.count))
        held = tuple((1, timestamp, content) for timestamp, content in rows)
        cursor_now = OLD_DATABASE + self.count - 1
        stream = StreamState(STREAM, cursor=cursor_now, passed_at=0.0)
        return [World(rows, held, stream, self.edits, self.moves, cursor_now + 1)]

    def successors(self, world: World) -> Iterator[Step[World]]:
        if world.edits:
            for row in range(self.count):
                yield f"write {row}", self.written(world, row), True
        if world.moves:
            yield "move", self.moved(world), True
        if not world.found:
            yield "the move is found", replace(world, found=True, wanted=self.reason), False
        poll, anew = Work(STREAM, rules.INCREMENTAL, 1), Work(STREAM, rules.PASS, 1, reason=world.wanted)
        if self.may_begin(world, poll, [Lane.BACKFILL] * plan.FLOOR):
            yield "poll", replace(world, run=self.run(poll, world.stream.cursor)), False
        if world.wanted and self.may_begin(world, anew, []):
            yield "pass", self.begun(world, anew), False
        if world.run is not None:
            yield "next page", self.read(world, world.run, is_whole=False), False
        if world.whole is not None:
            yield "next page of the pass", self.read(world, world.whole, is_whole=True), False

    def written(self, world: World, row: int) -> World:
        """A row changes; its content tells how many edits are left."""
        after = put(world.rows, row, (world.timestamp, world.edits))
        return replace(world, rows=after, timestamp=world.timestamp + 1, edits=world.edits - 1)

    def moved(self, world: World) -> World:
        """All rows are numbered anew, in the opposite order of their places."""
        first = OLD_DATABASE - STEP * (self.moves - world.moves + 1)
        rows = tuple((first + self.count - 1 - row, content) for row, (_, content) in enumerate(world.rows))
        return replace(world, rows=rows, timestamp=first + self.count, moves=world.moves - 1, found=False)

    def may_begin(self, world: World, work: Work, recent: list[Lane]) -> bool:
        runs = [run for run in (world.run, world.whole) if run is not None]
        division = Division({STREAM: world.stream}, frozenset({STREAM}), [work], runs)
        return plan.choose(division, [run.id for run in runs], recent, 0.0) == work

    def run(self, work: Work, start: int) -> Run:
        return Run(1, STREAM, work.kind, work.reason, 1, cursor.begin(start))

    def begun(self, world: World, work: Work) -> World:
        stream = self.raised(passes.begin(world.stream, work.reason, is_sync=True).stream)
        return replace(world, stream=stream, whole=self.run(work, 0), wanted="")

    def raised(self, stream: StreamState) -> StreamState:
        return stream

    def read(self, world: World, run: Run, is_whole: bool) -> World:
        """One request, stamped with the generation of now, and its commit; the gate keeps the highest."""
        page, row = self.page(world, run)
        settled = core.settle(run, world.stream, page, NOW, 1.0, 0.0)
        held = world.held
        if row is not None:
            timestamp, content = world.rows[row]
            held = put(held, row, max(held[row], (world.stream.generation, timestamp, content)))
        stream = replace(settled.stream, landmarks=(), ran_at=None, modified_cursor=None, completed_exact=None)
        after = None if settled.ended else settled.run
        world = replace(world, held=held, stream=replace(stream, looked_at=None))
        return replace(world, whole=after) if is_whole else replace(world, run=after)

    def page(self, world: World, run: Run) -> tuple[Page, int | None]:
        """The next record past the run's start and its link, and its row."""
        place = int(run.position) if run.position is not None else -1
        found = sorted(
            (timestamp if self.by_timestamp else row, timestamp, row)
            for row, (timestamp, _) in enumerate(world.rows)
            if timestamp > run.reading.start and (timestamp if self.by_timestamp else row) > place
        )
        if not found:
            return Page([], None, None), None
        key, timestamp, row = found[0]
        if len(found) == 1:
            return Page([timestamp], None, None), row
        return Page([timestamp], str(key), str(key) if self.by_timestamp else f"guid'{key}'"), row

    def violation(self, world: World) -> str | None:
        """Nothing breaks at once; what is wrong for ever is a state without a way to the goal."""
        return None

    def goal(self, world: World) -> bool:
        quiet = world.run is None and world.whole is None and world.found and not world.wanted
        return quiet and [content for _, _, content in world.held] == [content for _, content in world.rows]


class RaisesNoGeneration(Moving):
    """The pass after a move keeps the generation: the old database's higher Timestamps win."""

    def raised(self, stream: StreamState) -> StreamState:
        return replace(stream, generation=1)


class KeepsTheCursor(Moving):
    """The pass after a move is one like any other: polls go on from the old database's cursor."""

    reason = rules.RESYNC


class BeginsBesideARun(Moving):
    """The pass resets the stream while a run is open, whose end writes the old database's cursor back."""

    def may_begin(self, world: World, work: Work, recent: list[Lane]) -> bool:
        if work.kind == rules.PASS:
            return world.whole is None
        return super().may_begin(world, work, recent)


class FindsNothing(Moving):
    """Nobody asks for the date of a move."""

    def successors(self, world: World) -> Iterator[Step[World]]:
        return (step for step in super().successors(world) if step[0] != "the move is found")


def model(bounds: Bounds) -> Several[World]:
    """Two rows, two moves, both orders of pages."""
    edits = min(bounds.edits + 1, 3)
    return Several([Moving(edits, 2, by_timestamp=order) for order in (True, False)])


def mistakes() -> Mapping[str, Callable[[], Moving]]:
    """Each mistake put back, in the smallest world where it shows."""
    return {
        "a move raises no generation": lambda: RaisesNoGeneration(1, 1, by_timestamp=True),
        "a move keeps the cursor": lambda: KeepsTheCursor(1, 1, by_timestamp=True),
        "a move resets a stream beside its run": lambda: BeginsBesideARun(2, 1, by_timestamp=True),
        "nobody asks for moves": lambda: FindsNothing(1, 1, by_timestamp=True),
    }


def explore(bounds: Bounds) -> Result:
    """Walk the worlds and the mistakes."""
    return explored("source", bounds, model(bounds), mistakes())
