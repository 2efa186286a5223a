"""The second look after a first load: what the load's own dates tell of where it starts, over the poller's real core.

Half a day is a tick. A commit stays invisible for a tick at most, records can be re-stamped (a Timestamp anew, all else
unchanged), and `Modified` is a wall clock's that is half a day behind Exact's Date header.

The assumption, which `assumed` leaves out: of the records that the load shows and that were modified before all that it
can have missed, not every one was re-stamped within `late` before the load began, or while it read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from exactbi.work import rules
from explore.engine import Bounds, Result, Several, Step, explored
from explore.source_cursor import put
from poller import cursor, passes
from poller import page as core
from poller.page import Page, Settled, Times
from poller.run import Run
from poller.stream import StreamState

STREAM: Final = "S"
TICK_S: Final = cursor.DAY_S / 2
BEGINS: Final = 20
"""The tick in which the load begins; it may take another."""
DOUBTFUL: Final = BEGINS - 1
"""From this tick on, what takes a Timestamp may be invisible to the load; changes begin here, and end with the load."""
LATE_S: Final = 2 * TICK_S
"""A tick, and one since moments within a tick are not told apart."""
SURE: Final = 7
"""The last day whose changes were surely `late` before the load."""

NEW: Final = StreamState(STREAM)

OLD: Final = 2
NEWER: Final = 8
YESTERDAY: Final = 17
"""Before all that the load can have missed, though not surely by its day."""


class Row(NamedTuple):
    """A version of a record: when it was modified and when its Timestamp was taken, in ticks. `content` 0: none."""

    timestamp: int = 0
    content: int = 0
    modified: int = 0
    taken: int = 0

    @property
    def day(self) -> int:
        """The day that `Modified` shows."""
        return (self.modified - 1) // 2


ABSENT: Final = Row()


@dataclass(frozen=True)
class Setting:
    """`modified`: the records before the changes, with the tick of each; one more is not written yet."""

    modified: tuple[int, ...] = (OLD, NEWER)
    edits: int = 3
    by_timestamp: bool = True
    moved: bool = False
    """The load is that of a division that moved: its records are copies of now, the last of them not visible yet."""
    assumed: bool = True


@dataclass(frozen=True)
class World:
    """Exact's rows, and those under way, then ours: the contents that we hold."""

    rows: tuple[Row, ...]
    pending: tuple[Row, ...]
    held: tuple[int, ...]
    edits: int
    timestamp: int
    clock: int = DOUBTFUL
    stream: StreamState = NEW
    run: Run | None = None
    shown_old: bool = False
    """The load showed a record that was modified before all that it can have missed,"""
    shown_own: bool = False
    """... and one of those with a Timestamp of then."""
    excused: bool = False


class Loading:
    """One record a page; subclasses put mistakes back."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    def starts(self) -> list[World]:
        s = self.setting
        count = len(s.modified) + 1
        if s.moved:
            copies = [Row(count - n, n + 1, tick, BEGINS) for n, tick in enumerate((*s.modified, NEWER))]
            pending = (ABSENT,) * (count - 1) + (copies[-1],)
            return [World((*copies[:-1], ABSENT), pending, (0,) * count, 0, count + 1, clock=BEGINS)]
        rows = (*(Row(n, n, tick, tick) for n, tick in enumerate(s.modified, 1)), ABSENT)
        return [World(rows, (ABSENT,) * count, (0,) * count, s.edits, count)]

    def successors(self, world: World) -> Iterator[Step[World]]:
        if world.excused:
            return
        yield from self.exact(world)
        if world.run is not None:
            yield "next page", self.step(world, world.run), False
        elif world.stream.loaded:
            yield "look", self.begun(world, rules.SECOND_LOOK, world.stream.mark), False
        elif world.clock == BEGINS:
            stream = passes.begin(world.stream, self.reason, is_sync=True).stream
            yield "load", self.begun(replace(world, stream=stream), rules.PASS, 0), False
        if self.may_tick(world):
            yield "tick", replace(world, clock=world.clock + 1), False

    def may_tick(self, world: World) -> bool:
        """A commit is late by a tick at most; the load begins in its tick, and may end in the next."""
        in_time = all(not row.content or row.taken == world.clock for row in world.pending)
        reads = world.run is not None and world.run.kind == rules.PASS and world.clock == BEGINS
        return in_time and (reads or world.clock == DOUBTFUL)

    @property
    def reason(self) -> str:
        return rules.MOVED if self.setting.moved else rules.FIRST_LOAD

    def exact(self, world: World) -> Iterator[Step[World]]:
        """Commits, and until the load has ended changes and Timestamps made anew."""
        for n, (row, late) in enumerate(zip(world.rows, world.pending, strict=True)):
            if late.content:
                yield f"commit {n}", self.committed(world, n, late), False
            elif world.edits:
                later = replace(world, edits=world.edits - 1, timestamp=world.timestamp + 1)
                written = Row(world.timestamp, world.timestamp, world.clock, world.clock)
                yield f"write {n}", replace(later, pending=put(world.pending, n, written)), True
                if row.content:
                    stamped = row._replace(timestamp=world.timestamp, taken=world.clock)
                    yield f"re-stamp {n}", self.committed(later, n, stamped), True

    def committed(self, world: World, n: int, row: Row) -> World:
        return replace(world, rows=put(world.rows, n, row), pending=put(world.pending, n, ABSENT))

    def begun(self, world: World, kind: str, start: int) -> World:
        reason = self.reason if kind == rules.PASS else ""
        return replace(world, run=Run(1, STREAM, kind, reason, 1, cursor.begin(start)))

    def step(self, world: World, run: Run) -> World:
        """One request, answered by Exact as it is now, and its commit."""
        page, shown = self.page(world, run)
        settled = self.settle(run, world.stream, page, Times(world.clock * TICK_S, world.clock * TICK_S))
        if shown is not None:
            row = world.rows[shown]
            world = replace(world, held=put(world.held, shown, max(world.held[shown], row.content)))
            if run.kind == rules.PASS and row.modified < DOUBTFUL:
                world = replace(world, shown_old=True, shown_own=world.shown_own or row.taken < DOUBTFUL)
        stream = replace(settled.stream, landmarks=(), looked_at=None, modified_cursor=None, completed_exact=None)
        world = replace(world, stream=replace(stream, ran_at=None), run=None if settled.ended else settled.run)
        return self.loaded(world) if settled.ended and run.kind == rules.PASS else world

    def loaded(self, world: World) -> World:
        """Changes end with the load: what they and the looks do to each other is the other scenarios' matter."""
        excused = self.setting.assumed and not self.setting.moved and world.shown_old and not world.shown_own
        return replace(world, edits=0, clock=BEGINS, shown_old=False, shown_own=False, excused=excused)

    def settle(self, run: Run, stream: StreamState, page: Page, at: Times) -> Settled:
        return core.settle(run, stream, page, at, LATE_S, 0.0)

    def page(self, world: World, run: Run) -> tuple[Page, int | None]:
        """The next record past the run's start and its link, and its row."""
        by_timestamp = self.setting.by_timestamp
        place = int(run.position) if run.position is not None else -1
        found = sorted(
            (row.timestamp if by_timestamp else n, n)
            for n, row in enumerate(world.rows)
            if row.timestamp > run.reading.start and (row.timestamp if by_timestamp else n) > place
        )
        if not found:
            return Page([], None, None), None
        key, n = found[0]
        row = world.rows[n]
        link, token = (str(key), str(key) if by_timestamp else f"guid'{key}'") if len(found) > 1 else (None, None)
        return Page([row.timestamp], link, token, [(row.day, row.timestamp)]), n

    def violation(self, world: World) -> str | None:
        """Nothing breaks at once; a change that is lost is a state without a way to the goal."""
        return None

    def goal(self, world: World) -> bool:
        quiet = world.run is None and world.stream.loaded and not any(row.content for row in world.pending)
        return world.excused or (quiet and world.held == tuple(row.content for row in world.rows))


class LeavesNoSlack(Loading):
    """A day of Modified counts as one of Exact's clock."""

    def settle(self, run: Run, stream: StreamState, page: Page, at: Times) -> Settled:
        told = [(day - cursor.DAYS_OF_SLACK, timestamp) for day, timestamp in page.modified]
        return super().settle(run, stream, replace(page, modified=told), at)


class Marks(Loading):
    """The look after the load starts elsewhere."""

    def settle(self, run: Run, stream: StreamState, page: Page, at: Times) -> Settled:
        settled = super().settle(run, stream, page, at)
        if run.kind != rules.PASS or not settled.stream.mark:
            return settled
        return replace(settled, stream=replace(settled.stream, mark=self.mark(settled.run.reading.days)))

    def mark(self, days: cursor.Days) -> int:
        raise NotImplementedError


class TakesTheLastDay(Marks):
    """The least Timestamp of the last sure day."""

    def mark(self, days: cursor.Days) -> int:
        return [timestamp for day, timestamp in days if day <= SURE][-1]


class TakesTheGreatest(Marks):
    """The greatest of the days' Timestamps."""

    def mark(self, days: cursor.Days) -> int:
        return max(timestamp for day, timestamp in days if day <= SURE)


class LeavesTheYoungerOut(Marks):
    """What was modified after the sure days is not asked."""

    def mark(self, days: cursor.Days) -> int:
        return min(timestamp for day, timestamp in days if day <= SURE)


class BelievesAMovedDivision(Loading):
    """The load after a move is like a first one."""

    @property
    def reason(self) -> str:
        return rules.FIRST_LOAD


def model(bounds: Bounds) -> Several[World]:
    """Loads that begin after changes, or on them, and those of a division that moved, in both orders of pages."""
    edits = min(bounds.edits + 1, 3)
    settings = (Setting(edits=edits), Setting((OLD, YESTERDAY), edits), Setting(moved=True))
    return Several([Loading(replace(s, by_timestamp=order)) for s in settings for order in (True, False)])


def mistakes() -> Mapping[str, Callable[[], Loading]]:
    """Each mistake put back, in the smallest world where it shows; the last needs what the assumption excludes."""
    return {
        "days without slack": lambda: LeavesNoSlack(Setting(by_timestamp=False)),
        "the last day's least": lambda: TakesTheLastDay(Setting(edits=2)),
        "the greatest of the days": lambda: TakesTheGreatest(Setting(edits=2)),
        "the younger are left out": lambda: LeavesTheYoungerOut(Setting((OLD, YESTERDAY), edits=2)),
        "a moved division's dates are believed": lambda: BelievesAMovedDivision(Setting(moved=True)),
        "all is re-stamped around the load": lambda: Loading(Setting(by_timestamp=False, assumed=False)),
    }


def explore(bounds: Bounds) -> Result:
    """Walk the worlds and the mistakes."""
    return explored("source", bounds, model(bounds), mistakes())
