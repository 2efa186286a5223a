"""Which work becomes due now, and which of it is done next [no I/O]."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from exactbi.work import rules
from exactbi.work.rules import Work
from poller.run import Run
from poller.stream import StreamState

DELETED: Final = "Deleted"
FLOOR: Final = 4
"""A lane that has something to do gets at least every fourth call."""

KIND_ORDER: Final = (rules.KEYS, rules.CANDIDATES, rules.SECOND_LOOK, rules.INCREMENTAL, rules.PASS)
"""Within a lane the rarer kinds go first, so that none starves."""


class Periods(Protocol):
    """Wall seconds between two of a kind."""

    def interval(self, stream: str) -> float: ...
    def snapshot(self, stream: str) -> float: ...
    def rare(self, stream: str) -> float: ...
    @property
    def second_look(self) -> float: ...


class Lane(StrEnum):
    """Who waits for the calls: each has a floor, and notices go first."""

    NOTIFIED = "notified"
    INCREMENTAL = "incremental"
    BACKFILL = "backfill"


@dataclass(frozen=True)
class Raise:
    """Work that became due."""

    stream: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Division:
    """All that the planner looks at: a division's streams, what is wanted, what is open."""

    streams: Mapping[str, StreamState]
    sync: frozenset[str]
    """Those versioned by Timestamp, without Deleted."""
    work: Sequence[Work]
    runs: Sequence[Run]


def due(division: Division, periods: Periods, now: float) -> list[Raise]:
    """What the schedules make due at `now` and is not wanted already."""
    wanted = {(work.stream, work.kind) for work in division.work}
    found = (raise_ for state in division.streams.values() for raise_ in _due(division, state, periods, now))
    return [raise_ for raise_ in found if (raise_.stream, raise_.kind) not in wanted]


def _due(division: Division, state: StreamState, periods: Periods, now: float) -> Iterator[Raise]:
    is_log = state.name == DELETED
    if not is_log and not state.loaded:
        yield Raise(state.name, rules.PASS, rules.FIRST_LOAD)
        return
    if state.ran_at is None or _is_over(periods.interval(state.name), state.ran_at, now):
        yield Raise(state.name, rules.INCREMENTAL, rules.SCHEDULE)
    is_sync = is_log or state.name in division.sync
    if is_sync and _is_over(periods.second_look, state.looked_at or state.created_at, now):
        yield Raise(state.name, rules.SECOND_LOOK, rules.SCHEDULE)
    if is_log or state.passed_at is None:
        return
    if not is_sync and _is_over(periods.snapshot(state.name), state.passed_at, now):
        yield Raise(state.name, rules.PASS, rules.SNAPSHOT)
    if is_sync and _is_over(periods.rare(state.name), state.passed_at, now):
        yield Raise(state.name, rules.PASS, rules.RARE)


def _is_over(period: float, since: float, now: float) -> bool:
    """Whether so much time has passed. A stamp further ahead than that comes from a clock that was set back."""
    return abs(now - since) >= period


def choose(
    division: Division, held: Collection[int], recent: Sequence[Lane], now: float, may_begin: bool = True
) -> Run | Work | None:
    """The run to go on with, or the work to begin a run of, for the next request; None when nothing may go now.

    `held` are the runs whose attempt this worker has written already; `recent` the lanes of the last calls.
    One run at a time reads a stream, but that a pass goes on beside it.
    """
    candidates: dict[Lane, list[Run | Work]] = {}
    for run in _open(division, held, now):
        candidates.setdefault(lane(run), []).append(run)
    for work in division.work if may_begin else ():
        if rules.may_go(work.not_before, now) and _may_begin(division, work):
            candidates.setdefault(lane(work), []).append(work)
    if not candidates:
        return None
    first = next_lane(recent, candidates.keys())
    return min(candidates[first], key=lambda item: _order(division, item))


def lane(item: Run | Work) -> Lane:
    """The lane of a run or of work."""
    if item.kind == rules.PASS:
        return Lane.BACKFILL
    return Lane.NOTIFIED if item.reason == rules.NOTICE else Lane.INCREMENTAL


def next_lane(recent: Sequence[Lane], waiting: Collection[Lane]) -> Lane:
    """The lane of the next call: one that is below its floor, else the first in order that waits."""
    for candidate in (Lane.BACKFILL, Lane.INCREMENTAL):
        if candidate in waiting and candidate not in recent[-(FLOOR - 1) :]:
            return candidate
    return next(candidate for candidate in Lane if candidate in waiting)


def next_time(division: Division, now: float) -> float:
    """When the earliest back-off of wanted work ends; infinity where none waits."""
    return min((work.not_before for work in division.work if work.not_before > now), default=float("inf"))


def _open(division: Division, held: Collection[int], now: float) -> Iterable[Run]:
    not_before = {(work.stream, work.kind): work.not_before for work in division.work}
    return (
        run for run in division.runs if run.id in held or rules.may_go(not_before.get((run.stream, run.kind), 0.0), now)
    )


def _may_begin(division: Division, work: Work) -> bool:
    state = division.streams.get(work.stream)
    open_kinds = {run.kind for run in division.runs if run.stream == work.stream}
    if state is None or work.kind in open_kinds:
        return False
    if work.kind == rules.PASS:
        return not open_kinds
    loading = rules.PASS in open_kinds if work.stream == DELETED else not state.loaded
    return not loading and not open_kinds - {rules.PASS}


def _order(division: Division, item: Run | Work) -> tuple[bool, int, float, str]:
    state = division.streams.get(item.stream)
    return (isinstance(item, Work), KIND_ORDER.index(item.kind), (state and state.ran_at) or 0.0, item.stream)
