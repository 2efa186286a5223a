"""What a page of Exact's does to its run and its stream [no I/O]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from exactbi.work import rules
from poller import cursor
from poller.passes import ANEW
from poller.run import Run
from poller.stream import StreamState

CLOCK_STEP_S: Final = 1.0
"""A Date header has whole seconds."""


@dataclass(frozen=True)
class Page:
    """The order of a page: its records' Timestamps as they came (none for observation streams), and its link."""

    timestamps: Sequence[int]
    next_link: str | None
    skip_token: str | None
    modified: Sequence[tuple[int, int]] = ()
    """(day since 1970, Timestamp) of records that tell when they were modified."""


@dataclass(frozen=True)
class Times:
    """A call by Exact's clock (Unix seconds): surely sent after `begun`, surely answered before `completed`."""

    begun: float
    completed: float


@dataclass(frozen=True)
class Settled:
    """The run and its stream after a page, and whether that was the last one."""

    run: Run
    stream: StreamState
    ended: bool


def times(took: float, received: float, exact: float | None) -> Times:
    """A call's times by the Date header of its answer; by our clock, at `received`, where the answer has none."""
    answered = received if exact is None else exact
    return Times(answered - took - CLOCK_STEP_S, answered + CLOCK_STEP_S)


def settle(run: Run, stream: StreamState, page: Page, at: Times, late: float, now: float) -> Settled:
    """Go on with the run after `page`; where it was the last, move the stream's cursor or mark.

    `late` is in wall seconds, `now` is our clock. A second look never moves the cursor, a poll never the mark.
    """
    reading = cursor.read(run.reading, page.timestamps, page.skip_token if page.next_link else None)
    stream = _landed(run, stream, reading, page, at, late)
    started = at.begun if run.started_exact is None else run.started_exact
    if _is_load(run):
        reading = replace(reading, days=cursor.witnessed(reading.days, page.modified, started, late))
    after = replace(
        run,
        reading=reading,
        position=page.next_link,
        started_exact=started,
        next_mark=_next_mark(run, stream, at, late),
    )
    if page.next_link is not None:
        return Settled(after, stream, ended=False)
    return Settled(after, _ended(after, stream, at, late, now), ended=True)


def _is_load(run: Run) -> bool:
    """Whether its records' Modified tell of their Timestamps: those of a division that moved were all made anew."""
    return run.kind == rules.PASS and run.reason in ANEW - {rules.MOVED}


def _landed(run: Run, stream: StreamState, reading: cursor.Reading, page: Page, at: Times, late: float) -> StreamState:
    polls = run.kind == rules.INCREMENTAL or (run.kind == rules.PASS and run.reason in ANEW)
    if not polls:
        return stream
    more = page.next_link is not None
    landmarks = cursor.landed(stream.landmarks, run.reading, reading, more, at.completed, late)
    return replace(stream, landmarks=tuple(landmarks))


def _next_mark(run: Run, stream: StreamState, at: Times, late: float) -> int | None:
    """Of a second look, found once: what had completed `late` before its first request."""
    if run.kind != rules.SECOND_LOOK or run.next_mark is not None:
        return run.next_mark
    return cursor.next_mark(stream.landmarks, stream.mark, at.begun, late)


def _ended(run: Run, stream: StreamState, at: Times, late: float, now: float) -> StreamState:
    if run.kind == rules.SECOND_LOOK:
        return replace(stream, mark=max(stream.mark, run.next_mark or 0))
    started = run.started_exact if run.started_exact is not None else at.begun
    moved = replace(
        stream,
        cursor=cursor.cursor_after(run.reading, stream.cursor),
        modified_cursor=max(started, stream.modified_cursor or started),
        ran_at=now,
    )
    if run.kind == rules.INCREMENTAL:
        return replace(moved, completed_exact=at.completed)
    moved = replace(moved, passed_at=now)
    if _is_load(run):
        moved = replace(moved, mark=max(stream.mark, cursor.mark_of_load(run.reading, started, late)))
    return replace(moved, looked_at=now, completed_exact=at.completed) if run.reason in ANEW else moved
