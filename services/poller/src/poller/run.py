"""A run: one reading of a stream, or of keys, from its first request to its last [no I/O]."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from exactbi.work import rules
from poller import cursor
from poller.cursor import Reading

BY_KEY: Final = frozenset({rules.KEYS, rules.CANDIDATES})
"""The kinds that ask for records by key; the others read pages."""


@dataclass(frozen=True)
class Run:
    """As it is stored after each page; whoever takes over goes on with it."""

    id: int
    stream: str
    kind: str
    reason: str
    requested_seq: int
    """As read before the first request: what was raised later is for the next run."""
    reading: Reading
    position: str | None = None
    """The next page's link, or the last key that was asked for; None before the first answer."""
    restarts: int = 0
    since: float | None = None
    """Observation streams: records modified since (Unix seconds, Exact's clock) are read; None reads all."""
    pass_id: int | None = None
    next_mark: int | None = None
    """Second looks: the mark that it leaves, known from the first answer on."""
    started_exact: float | None = None
    """Exact's clock (Unix seconds) before the first request."""

    @property
    def by_key(self) -> bool:
        """Whether it asks for records by key."""
        return self.kind in BY_KEY


def restarted(run: Run) -> Run:
    """The run from its start once more, since its next link was refused. It keeps its start and its `requested_seq`."""
    return replace(run, reading=cursor.begin(run.reading.start), position=None, restarts=run.restarts + 1)
