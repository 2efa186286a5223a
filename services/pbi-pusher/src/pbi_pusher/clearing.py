"""Giving a table up: when its epoch may be raised, and how it is emptied before it is filled anew. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from pbi_pusher.batches import Mode

IN_PLACE_ROWS: Final = 100_000
"""A fact table with more rows is cleared only after a person approved it."""


class Raise(StrEnum):
    """Whether a table that should be given up may be."""

    ASK = "ask"
    """A person must approve; rows go on being composed."""
    LATER = "later"
    """It waits for the replace window; rows go on being composed."""
    SOON = "soon"
    """Composing stops, but something of it may still be landing."""
    NOW = "now"


def may_raise(mode: Mode, *, landing: bool, rows: int, approved: bool, window_open: bool) -> Raise:
    """Decide on a table whose content should be given up; `rows` is what it holds.

    `landing`: the last POST of an unresolved batch is younger than settle. The raise ends unresolved batches, it does
    not wait for what becomes of them; only as a courtesy does it let young ones land, which else are surplus.
    """
    if mode is Mode.REVERSAL and rows > IN_PLACE_ROWS and not approved:
        return Raise.ASK
    if not window_open:
        return Raise.LATER
    return Raise.SOON if landing else Raise.NOW


class Phase(StrEnum):
    """Where a table is in being given up."""

    WHOLE = "whole"
    CLEARING = "clearing"
    EMPTY_ONCE = "empty once"
    FILLING = "filling"


@dataclass(frozen=True, slots=True)
class Clearing:
    """A table that is being emptied: when its last DELETE was sent, when it was first seen empty.

    Of both any distance counts: a stamp that lies ahead comes from a clock that was set back.
    """

    phase: Phase
    phase_at: float
    deleted_at: float | None = None

    @property
    def wants_delete(self) -> bool:
        """Whether the next step is a DELETE."""
        return self.phase is Phase.CLEARING and self.deleted_at is None


def deleted(clearing: Clearing, now: float) -> Clearing:
    """After a DELETE, whatever its answer: only the table's count says whether it landed."""
    return replace(clearing, deleted_at=now)


def counted(clearing: Clearing, rows: int, now: float, settle: float) -> Clearing:
    """After a count: zero must be seen twice, a settle apart; rows that are still there call for a new DELETE."""
    if rows:
        if clearing.phase is Phase.EMPTY_ONCE:
            return Clearing(Phase.CLEARING, now, deleted_at=now)
        waited = clearing.deleted_at is not None and abs(now - clearing.deleted_at) >= settle
        return replace(clearing, deleted_at=None) if waited else clearing
    if clearing.phase is Phase.CLEARING:
        return Clearing(Phase.EMPTY_ONCE, now)
    return Clearing(Phase.FILLING, now) if abs(now - clearing.phase_at) >= settle else clearing


def is_count_due(clearing: Clearing, now: float, settle: float) -> bool:
    """Whether a count of the rows could change anything."""
    return clearing.phase is Phase.CLEARING or abs(now - clearing.phase_at) >= settle
