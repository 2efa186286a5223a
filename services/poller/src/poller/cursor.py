"""Where the next reading of a stream versioned by Exact's Timestamp starts [no I/O].

A commit of Exact can become visible up to `late` after its Timestamp was taken, so a poll may pass it by. Polls start
at the cursor; from time to time a *second look* starts further back, at the mark that the look before it left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import lt
from typing import Final

LANDMARKS_IN_LATE: Final = 16
"""About so many landmarks are kept for the time `late`; leaving one out only makes the next mark older."""

DAY_S: Final = 86_400.0
DAYS_KEPT: Final = 7
DAYS_OF_SLACK: Final = 2
"""A day is some zone's, and Exact's zone outside the Netherlands is not known: whole days stay out."""

Days = tuple[tuple[int, int], ...]
"""Days since 1970, ascending, each with the least Timestamp of the records that were modified on it."""


@dataclass(frozen=True)
class Reading:
    """What the pages of a run so far say of their order."""

    start: int
    """The Timestamp that the run polls from."""
    pages: int = 0
    first_max: int = 0
    """The highest Timestamp of the first response; `start` where it was empty."""
    last: int = 0
    """The last record's Timestamp; `start` before any."""
    page_start: int = 0
    """Where the page to come starts, as long as pages are ordered by Timestamp."""
    ordered: bool = True
    """Timestamps ascended strictly over all pages, and every `__next` carried the last one as its skip token."""
    days: Days = ()
    """Of a load: the last days before it on which records were modified, and the time since as one day more."""


@dataclass(frozen=True)
class Landmark:
    """A run, or a page of an ordered one: when it was answered by Exact's clock (Unix seconds), where it started."""

    completed: float
    start: int


def begin(start: int) -> Reading:
    """A reading before its first page; also what a run whose `__next` was refused starts again with."""
    return Reading(start=start, first_max=start, last=start, page_start=start)


def read(reading: Reading, timestamps: Sequence[int], skip_token: str | None) -> Reading:
    """The reading after one more page, in the order of its records. `skip_token` is that of its `__next`, or None."""
    last = timestamps[-1] if timestamps else reading.last
    ascends = not timestamps or (reading.last < timestamps[0] and all(map(lt, timestamps, timestamps[1:])))
    ordered = reading.ordered and ascends and (skip_token is None or skip_token == str(last))
    return replace(
        reading,
        pages=reading.pages + 1,
        first_max=max(timestamps, default=reading.start) if reading.pages == 0 else reading.first_max,
        last=last,
        page_start=last if ordered else reading.page_start,
        ordered=ordered,
    )


def cursor_after(reading: Reading, cursor: int) -> int:
    """The stream's cursor when the run is done; it never falls.

    The last Timestamp, where the pages were ordered by it; else a record that changed while they were read may stand
    on a page that was read before, and only what the first response saw is safe.
    """
    return max(cursor, reading.last if reading.ordered else reading.first_max)


def landed(
    landmarks: Sequence[Landmark], before: Reading, after: Reading, more: bool, completed: float, late: float
) -> list[Landmark]:
    """The landmarks after a page of a poll, answered at `completed`; `before` and `after` are its reading around it.

    A page of an ordered run counts as a run that started at its token; of an unordered one only the last page counts,
    as a run that started where it did. `more`: another page follows.
    """
    if more and not after.ordered:
        return list(landmarks)
    kept = list(landmarks)
    if len(kept) > 1 and kept[-1].completed - kept[-2].completed < late / LANDMARKS_IN_LATE:
        kept.pop()
    start = before.page_start if after.ordered else after.start
    return pruned([*kept, Landmark(completed, start)], late)


def pruned(landmarks: Sequence[Landmark], late: float) -> list[Landmark]:
    """Without those that no later second look can ask for: the newest that is `late` old stays, and the younger."""
    newest = landmarks[-1].completed
    old = sum(1 for landmark in landmarks if landmark.completed <= newest - late)
    return list(landmarks[max(0, old - 1) :])


def next_mark(landmarks: Sequence[Landmark], mark: int, begun: float, late: float) -> int:
    """The mark that a second look which began at `begun` (Exact's clock) leaves; time alone never moves it."""
    return max([mark, *(landmark.start for landmark in landmarks if landmark.completed <= begun - late)])


def witnessed(days: Days, modified: Iterable[tuple[int, int]], begun: float, late: float) -> Days:
    """The days after one more page of a load that began at `begun` (Exact's clock); `modified`: (day, Timestamp).

    The last that were surely over `late` before the load began, and all that is younger as the day after them.
    """
    younger = _last_sure_day(begun, late) + 1
    least = dict(days)
    for told, timestamp in modified:
        day = min(told, younger)
        least[day] = min(timestamp, least.get(day, timestamp))
    return tuple(sorted(least.items())[-DAYS_KEPT - 1 :])


def mark_of_load(reading: Reading, begun: float, late: float) -> int:
    """Where the second look after a load, which began at `begun`, starts.

    What was not visible when the load read its place took its Timestamp less than `late` before the load began, or
    later. So did nothing that was modified on a day that is sure, unless its Timestamp was made anew since without a
    change: hence the least of several days, and of what was modified after them too: a lower Timestamp there tells
    that all of theirs were made anew. 0 reads all once more: where no day is sure, and where that is one page, since
    it costs no call more.
    """
    is_sure = any(day <= _last_sure_day(begun, late) for day, _ in reading.days)
    return min(timestamp for _, timestamp in reading.days) if is_sure and reading.pages > 1 else 0


def _last_sure_day(begun: float, late: float) -> int:
    return int((begun - late) // DAY_S) - DAYS_OF_SLACK
