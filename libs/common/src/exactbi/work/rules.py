"""The rules of wanted work: sequence numbers, keys, attempts written ahead, back-off [no I/O].

A message only says that something is due; raising raises `requested_seq`, and many raises are one run. A run keeps
the `requested_seq` that it read before its first request, and whoever ends it sets `done_seq` to that one, so what
is raised meanwhile stays wanted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

INCREMENTAL: Final = "incremental"
SECOND_LOOK: Final = "second_look"
KEYS: Final = "keys"
PASS: Final = "pass"  # noqa: S105 - a reading, no secret
CANDIDATES: Final = "candidates"

SCHEDULE: Final = "schedule"
NOTICE: Final = "notice"
SWEEP: Final = "sweep"
SNAPSHOT: Final = "snapshot"
RARE: Final = "rare"
RESYNC: Final = "resync"
FIRST_LOAD: Final = "first_load"
EXPIRED: Final = "expired"
"""The Deleted log was not read for so long that entries may be gone."""
MOVED: Final = "moved"
"""The division moved to another database of Exact: its timestamps started anew."""

REASONS: Final = ("", SCHEDULE, NOTICE, SWEEP, SNAPSHOT, RARE, RESYNC, FIRST_LOAD, EXPIRED, MOVED)
"""By strength: open work keeps the strongest."""

UPSERT: Final = "upsert"
DELETE: Final = "delete"

FIRST_BACK_OFF_S: Final = 1.0
MAX_BACK_OFF_S: Final = 3600.0
REFUSED_BACK_OFF_S: Final = 300.0
"""After a refusal that time does not mend: Exact blocks an app after ten errors an hour per endpoint."""


@dataclass(frozen=True)
class Key:
    """A record that is asked for by key. `seq` is the `requested_seq` that last asked for it."""

    key: str
    seq: int
    action: str = UPSERT


@dataclass(frozen=True)
class Work:
    """Work of one kind for one stream of a division. `not_before` is in Unix seconds."""

    stream: str
    kind: str
    requested_seq: int = 0
    done_seq: int = 0
    attempts: int = 0
    not_before: float = 0.0
    reason: str = ""

    @property
    def wanted(self) -> bool:
        """Whether something was raised that no run has done."""
        return self.requested_seq > self.done_seq


def raised(work: Work, reason: str) -> Work:
    """The work after one more raise. Back-off stays: a raise never makes a failing page spin."""
    strongest = max(work.reason, reason, key=REASONS.index) if work.wanted else reason
    return replace(work, requested_seq=work.requested_seq + 1, reason=strongest)


def begun(work: Work, now: float) -> Work:
    """The work when a run begins, or goes on after a failure or a take-over: the attempt is written ahead."""
    attempts = work.attempts + 1
    return replace(work, attempts=attempts, not_before=max(work.not_before, now + back_off(attempts)))


def taken(work: Work) -> Work:
    """The work when a run has taken its reason along: what is raised from now on says why anew."""
    return replace(work, reason="")


def may_go(not_before: float, now: float) -> bool:
    """Whether a back-off is over. One that is longer than any comes from a clock that was set back."""
    return not now < not_before <= now + MAX_BACK_OFF_S


def refused(work: Work, now: float) -> Work:
    """The work after an answer that only a person mends; it is tried again, but seldom."""
    wait = max(back_off(work.attempts), REFUSED_BACK_OFF_S)
    return replace(work, not_before=max(work.not_before, now + wait))


def progressed(work: Work) -> Work:
    """The work after a page was committed: a later failure is not one more of the same page."""
    return replace(work, attempts=min(work.attempts, 1))


def ended(work: Work, run_seq: int) -> Work:
    """The work when a run that read `run_seq` before its first request is done."""
    return replace(work, done_seq=max(work.done_seq, run_seq), attempts=0, not_before=0.0)


def ended_unasked(work: Work, run_seq: int) -> Work:
    """The work when a run ends because all its keys were asked for again, and so are the next run's.

    What failed before still counts, else each notice of a key whose request fails would undo the back-off.
    """
    if work.attempts <= 1:
        return ended(work, run_seq)
    return replace(work, done_seq=max(work.done_seq, run_seq))


def keys_of_run(keys: Iterable[Key], run_seq: int) -> list[Key]:
    """The keys that a run which read `run_seq` asks for, in order; later ones are for the next run."""
    return sorted((key for key in keys if key.seq <= run_seq), key=lambda key: key.key)


def next_keys(keys: Iterable[Key], run_seq: int, position: str, limit: int) -> list[Key]:
    """The keys of the run's next request, after the last one that it asked for."""
    return [key for key in keys_of_run(keys, run_seq) if key.key > position][:limit]


def keys_left(keys: Iterable[Key], run_seq: int) -> list[Key]:
    """The keys that stay when that run is done: asked for, first or again, since it began."""
    return [key for key in keys if key.seq > run_seq]


def back_off(attempts: int) -> float:
    """Wall seconds before the next attempt: 1, 2, 4, ... an hour."""
    return float(min(MAX_BACK_OFF_S, FIRST_BACK_OFF_S * 2 ** min(attempts - 1, 12))) if attempts > 0 else 0.0
