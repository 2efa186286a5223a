"""Cursors, marks and runs of one stream: late commits, page orders, kills and notices, over the poller's real core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exactbi.work import rules
from exactbi.work.rules import Work
from explore.engine import Bounds, Result, Several, Step, explored
from poller import cursor, passes
from poller import page as core
from poller.cursor import Landmark
from poller.page import Page, Settled, Times
from poller.run import Run, restarted
from poller.stream import StreamState

NOW = Times(0.0, 0.0)
"""Every moment is told relative to the present one, so that time may pass without end."""

RUN = 1

NOTHING = Work("S", rules.INCREMENTAL)
"""Nothing was ever raised."""


@dataclass(frozen=True)
class Setting:
    """What a model varies. A tick is a unit of time; a commit stays invisible for `late` ticks at most."""

    rows: int = 2
    edits: int = 3
    kills: int = 1
    passes: int = 0
    late: int = 1
    look_every: int = 2
    looks: bool = True
    """Without second looks, time does not matter."""
    by_timestamp: bool = True
    """Pages are ordered by Timestamp, and their token is one; else both by id."""
    creates_only: bool = False
    """The Deleted log: an entry never changes."""
    notices: bool = False


@dataclass(frozen=True)
class World:
    """Exact's side (rows, commits on their way), then ours."""

    rows: tuple[int, ...]
    pending: tuple[tuple[int, int], ...]
    seen: tuple[int, ...]
    stream: StreamState
    timestamp: int = 1
    edits: int = 0
    kills: int = 0
    passes: int = 0
    look_age: int = 0
    run: Run | None = None
    whole: Run | None = None
    """An open pass, which goes on beside the other runs."""
    work: Work = NOTHING
    notices: tuple[tuple[int, int, int], ...] = ()
    """The `requested_seq`, row and Timestamp of each."""


class Cursors:
    """A stream of Exact, read page by page, one record a page; subclasses put mistakes back."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.late = float(setting.late + 1)

    def starts(self) -> list[World]:
        s = self.setting
        stream = StreamState("S", passed_at=0.0)
        return [World((0,) * s.rows, ((0, 0),) * s.rows, (0,) * s.rows, stream, 1, s.edits, s.kills, s.passes)]

    def successors(self, world: World) -> Iterator[Step[World]]:
        yield from self.exact(world)
        if world.run is None:
            yield "poll", self.step(self.begun(world, rules.INCREMENTAL), is_whole=False), False
            if world.look_age >= self.setting.look_every and self.setting.looks:
                yield "second look", self.step(self.begun(world, rules.SECOND_LOOK), is_whole=False), False
            if world.passes and world.whole is None:
                yield "pass", self.step(self.pass_begun(world), is_whole=True), True
        else:
            yield "next page", self.step(world, is_whole=False), False
            if world.kills:
                killed = replace(world, kills=world.kills - 1)
                yield "kill, go on at the link", self.taken_over(killed), True
                yield "kill, the link is refused", self.refused(self.taken_over(killed)), True
        if world.whole is not None:
            yield "next page of the pass", self.step(world, is_whole=True), False
        if self.setting.looks and all(not taken or age < self.setting.late for taken, age in world.pending):
            yield "tick", self.tick(world), False

    def exact(self, world: World) -> Iterator[Step[World]]:
        """Writes take a Timestamp; they commit at once, or later."""
        for row in range(self.setting.rows):
            timestamp, _ = world.pending[row]
            if timestamp:
                yield f"commit {row} at {timestamp}", self.committed(world, row, timestamp), False
            elif world.edits and not (self.setting.creates_only and world.rows[row]):
                after = replace(world, edits=world.edits - 1, timestamp=world.timestamp + 1)
                if self.setting.late:
                    after = replace(after, pending=put(world.pending, row, (world.timestamp, 0)))
                else:
                    after = self.committed(after, row, world.timestamp)
                yield f"write {row} at {world.timestamp}", after, True

    def committed(self, world: World, row: int, timestamp: int) -> World:
        world = replace(world, rows=put(world.rows, row, timestamp), pending=put(world.pending, row, (0, 0)))
        if not self.setting.notices:
            return world
        work = rules.raised(world.work, rules.NOTICE)
        return replace(world, work=work, notices=(*world.notices, (work.requested_seq, row, timestamp)))

    def tick(self, world: World) -> World:
        pending = tuple((timestamp, age + 1 if timestamp else 0) for timestamp, age in world.pending)
        older = replace(world.stream, landmarks=self.aged(world.stream.landmarks))
        look_age = min(world.look_age + 1, self.setting.look_every)
        return replace(world, pending=pending, stream=older, look_age=look_age)

    def aged(self, landmarks: tuple[Landmark, ...]) -> tuple[Landmark, ...]:
        """Those that are old enough are all alike: the furthest is asked for."""
        older = [replace(landmark, completed=landmark.completed - 1) for landmark in landmarks]
        old = [landmark.start for landmark in older if landmark.completed <= -self.oldest]
        young = tuple(landmark for landmark in older if landmark.completed > -self.oldest)
        return (Landmark(-self.oldest, max(old)), *young) if old else young

    @property
    def oldest(self) -> float:
        return self.late

    def begun(self, world: World, kind: str) -> World:
        start = self.look_start(world) if kind == rules.SECOND_LOOK else world.stream.cursor
        run = Run(RUN, "S", kind, "", world.work.requested_seq, cursor.begin(start))
        return replace(world, run=run, look_age=0 if kind == rules.SECOND_LOOK else world.look_age)

    def look_start(self, world: World) -> int:
        return world.stream.mark

    def pass_begun(self, world: World) -> World:
        stream = replace(passes.begin(world.stream, rules.RESYNC, is_sync=True).stream, generation=1)
        run = Run(RUN, "S", rules.PASS, rules.RESYNC, 0, cursor.begin(0))
        return replace(world, whole=run, stream=stream, passes=world.passes - 1)

    def taken_over(self, world: World) -> World:
        """All that a run needs is stored with it."""
        return world

    def refused(self, world: World) -> World:
        return replace(world, run=restarted(world.run) if world.run else None)

    def step(self, world: World, is_whole: bool) -> World:
        """One request of the run or of the pass, answered by Exact as it is now, and its commit."""
        run = world.whole if is_whole else world.run
        assert run is not None
        page, rows = self.page(world, run)
        settled = self.settle(run, world.stream, page)
        seen = tuple(max(old, world.rows[row]) if row in rows else old for row, old in enumerate(world.seen))
        stream = replace(settled.stream, ran_at=None, modified_cursor=None, completed_exact=None, passed_at=0.0)
        if not self.setting.looks:
            stream = replace(stream, landmarks=())
        world = replace(world, seen=seen, stream=stream)
        after = None if settled.ended else settled.run
        if is_whole:
            return replace(world, whole=after)
        if settled.ended and run.kind == rules.INCREMENTAL:
            world = replace(world, work=rules.ended(world.work, run.requested_seq))
        return replace(world, run=after)

    def settle(self, run: Run, stream: StreamState, page: Page) -> Settled:
        return core.settle(run, stream, page, NOW, self.late, 0.0)

    def page(self, world: World, run: Run) -> tuple[Page, set[int]]:
        """One record of those past the run's start and its token, and which rows it shows."""
        by_timestamp = self.setting.by_timestamp
        place = int(run.position) if run.position is not None else -1
        found = sorted(
            (timestamp if by_timestamp else row, timestamp, row)
            for row, timestamp in enumerate(world.rows)
            if timestamp > run.reading.start and (timestamp if by_timestamp else row) > place
        )
        if not found:
            return Page([], None, None), set()
        key, timestamp, row = found[0]
        more = len(found) > 1
        token = str(key) if by_timestamp else f"guid'{key}'"
        return Page([timestamp], str(key) if more else None, token if more else None), {row}

    def violation(self, world: World) -> str | None:
        """A notice that counts as done is read."""
        for seq, row, timestamp in world.notices:
            if world.work.done_seq >= seq and world.seen[row] < timestamp:
                return f"the notice {seq} of row {row} at {timestamp} counts as done, and was not read"
        return None

    def goal(self, world: World) -> bool:
        quiet = world.run is None and world.whole is None and not any(timestamp for timestamp, _ in world.pending)
        return quiet and not world.work.wanted and world.seen == world.rows


def put(values: tuple[Any, ...], index: int, value: Any) -> tuple[Any, ...]:
    """The tuple with one value replaced."""
    return (*values[:index], value, *values[index + 1 :])


class LooksByTheClock(Cursors):
    """A second look starts from a run that completed some time ago, by the clock."""

    @property
    def oldest(self) -> float:
        return float(max(self.setting.look_every, self.setting.late + 1))

    def look_start(self, world: World) -> int:
        return cursor.next_mark(world.stream.landmarks, 0, 0.0, self.oldest)

    def settle(self, run: Run, stream: StreamState, page: Page) -> Settled:
        return core.settle(run, stream, page, NOW, self.oldest, 0.0)


class MovesTheMarkByTime(Cursors):
    """A second look leaves the cursor as it is when it ends as the next one's start."""

    def settle(self, run: Run, stream: StreamState, page: Page) -> Settled:
        settled = super().settle(run, stream, page)
        if run.kind == rules.SECOND_LOOK and settled.ended:
            return replace(settled, stream=replace(settled.stream, mark=settled.stream.cursor))
        return settled


class TrustsTheOrderOfTimestamps(Cursors):
    """Timestamps ascended strictly: nobody looks at the skip tokens."""

    def settle(self, run: Run, stream: StreamState, page: Page) -> Settled:
        told = page.skip_token and str(page.timestamps[-1])
        return super().settle(run, stream, replace(page, skip_token=told))


class TakesTheHighest(Cursors):
    """The cursor is the highest Timestamp that a run has seen, whatever the order of its pages."""

    def settle(self, run: Run, stream: StreamState, page: Page) -> Settled:
        settled = super().settle(run, stream, page)
        highest = max([run.reading.first_max, *page.timestamps])
        reading = replace(settled.run.reading, first_max=highest, ordered=False)
        moved = replace(settled.stream, cursor=max(stream.cursor, highest)) if settled.ended else settled.stream
        return replace(settled, run=replace(settled.run, reading=reading), stream=moved)


class ReadsTheSeqAgain(Cursors):
    """A resumed run reads requested_seq again."""

    def taken_over(self, world: World) -> World:
        return replace(world, run=replace(world.run, requested_seq=world.work.requested_seq) if world.run else None)


def settings(bounds: Bounds) -> dict[str, Setting]:
    """The worlds that are walked; `edits` and `faults` are those of the bounds, one edit more."""
    edits, kills = bounds.edits + 1, min(bounds.faults, 2)
    return {
        "by timestamp": Setting(edits=edits, kills=kills),
        "by id": Setting(edits=edits, kills=kills, by_timestamp=False),
        "by id, three rows": Setting(rows=3, edits=edits + 1, kills=kills, by_timestamp=False, late=0, looks=False),
        "a pass beside polls": Setting(edits=bounds.edits, kills=0, passes=1, by_timestamp=False),
        "a pass beside ordered polls": Setting(edits=bounds.edits, kills=0, passes=1),
        "the log": Setting(rows=edits, edits=edits, kills=0, creates_only=True),
        "notices": Setting(rows=3, edits=edits + 1, kills=kills, by_timestamp=False, late=0, looks=False, notices=True),
    }


def model(bounds: Bounds) -> Several[World]:
    """All the worlds, over the real core."""
    return Several([Cursors(setting) for setting in settings(bounds).values()])


def mistakes(bounds: Bounds) -> Mapping[str, Callable[[], Cursors]]:
    """Each mistake put back, in the smallest world where it shows."""
    worlds = settings(replace(bounds, edits=max(bounds.edits, 2), faults=1))
    late = replace(worlds["by timestamp"], edits=2, kills=0)
    return {
        "a second look by the clock": lambda: LooksByTheClock(late),
        "a mark moved by time": lambda: MovesTheMarkByTime(late),
        "no second look of the log": lambda: Cursors(replace(worlds["the log"], looks=False)),
        "ascended, without looking at tokens": lambda: TrustsTheOrderOfTimestamps(worlds["by id, three rows"]),
        "the highest timestamp is the cursor": lambda: TakesTheHighest(worlds["by id, three rows"]),
        "a resumed run reads requested_seq again": lambda: ReadsTheSeqAgain(worlds["notices"]),
    }


def explore(bounds: Bounds) -> Result:
    """Walk the worlds and the mistakes."""
    return explored("source", bounds, model(bounds), mistakes(bounds))
