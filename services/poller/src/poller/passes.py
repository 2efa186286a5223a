"""Passes: one complete reading of a stream, after which what it did not see can be swept [no I/O]."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from exactbi.work import rules
from poller.stream import StreamState

ANEW: Final = frozenset({rules.FIRST_LOAD, rules.EXPIRED, rules.MOVED})
"""The reasons for which a pass fixes cursor and mark anew; polls of the stream wait until it is read."""

LOG_KEPT_S: Final = 45 * 86_400.0
"""Exact keeps the Deleted log for two months (sync/Deleted, docs); what is older than this is not relied upon."""


@dataclass(frozen=True)
class Begun:
    """A pass that begins: the stream as it becomes. Observation streams keep generation 0."""

    stream: StreamState
    generation: int


def begin(stream: StreamState, reason: str, is_sync: bool) -> Begun:
    """Raise the generation of a sync stream; with a reason of ANEW also read from the start of time.

    To be done by the division's worker, under its epoch, between two requests, whoever asked for the pass.
    """
    generation = stream.generation + 1 if is_sync else 0
    raised = replace(stream, generation=generation if is_sync else stream.generation)
    if reason in ANEW:
        raised = replace(raised, cursor=0, mark=0, landmarks=(), passed_at=None)
    return Begun(raised, generation)


def log_expired(completed: float | None, begun: float, kept: float) -> bool:
    """Whether entries of the Deleted log may have gone unread: its last run completed too long before this one."""
    return completed is not None and begun - completed > kept


def missing(asked: Sequence[str], found: Collection[str]) -> list[str]:
    """The keys that an answer by key lacks: these records did not exist when it was given."""
    return [key for key in asked if key not in found]
