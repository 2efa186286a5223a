"""Sweeps: what a pass did not see goes. Pure: what is known of a pass in, the next step out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from pbi_pusher.gate import LAST, GateRow, Outcome, Version

APPROVAL_ROWS: Final = 10
APPROVAL_PART: Final = 0.2
"""A sweep of more than both waits for a person."""

ANSWER_WITHIN_S: Final = 86_400.0
"""How long a sweep waits for its candidates: a budget that is gone for a day ends the wait."""


@dataclass(frozen=True)
class Pass:
    """A pass that was read to its end: `began` is its generation (sync streams) or its first observation number."""

    number: int
    is_sync: bool
    began: int
    last: int

    @property
    def tombstone(self) -> Version:
        """The version at which it leaves what it sweeps."""
        return (self.began, 0) if self.is_sync else (0, max(self.last, self.began))


@dataclass(frozen=True)
class Sight:
    """What a pass left to decide in one dataset.

    `waiting`: chunks that joined it and are neither applied nor unreadable. `unreadable`: chunks that failed as a
    whole. `unseen`, `records`: how many it did not see, of how many that are not deleted. `asked_for_s`: seconds since
    its candidates were asked for, None before. `answered`: all of them came, and are applied.
    """

    is_done: bool = False
    is_replaced: bool = False
    waiting: int = 0
    unreadable: int = 0
    unseen: int = 0
    records: int = 0
    can_ask: bool = False
    asked_for_s: float | None = None
    answered: bool = False
    person_asked: bool = False
    is_approved: bool = False


class Step(Enum):
    """What comes next."""

    REST = auto()
    DROP = auto()
    WAIT = auto()
    ASK = auto()
    APPROVAL = auto()
    SWEEP = auto()


class Sweep:
    """The rules. `patience` is `ANSWER_WITHIN_S` in wall seconds."""

    def __init__(self, patience: float) -> None:
        self._patience = patience

    def next_step(self, sight: Sight) -> Step:
        """Wait for every joined chunk; ask for what would go, by key; then a person where it is much; then sweep."""
        if sight.is_done:
            return Step.REST
        if sight.is_replaced:
            return Step.DROP
        if sight.waiting:
            return Step.WAIT
        if sight.unseen and sight.can_ask and not sight.answered:
            if sight.asked_for_s is None:
                return Step.ASK
            if sight.asked_for_s < self._patience:
                return Step.WAIT
        if self.needs_person(sight) and not sight.is_approved:
            return Step.WAIT if sight.person_asked else Step.APPROVAL
        return Step.SWEEP

    def needs_person(self, sight: Sight) -> bool:
        """It is much, or all, or there are chunks of which nobody knows what they held."""
        much = sight.unseen > APPROVAL_ROWS and sight.unseen > APPROVAL_PART * sight.records
        nothing_seen = 0 < sight.records == sight.unseen
        return much or nothing_seen or (sight.unreadable > 0 and sight.unseen > 0)

    def is_unseen(self, row: GateRow, reading: Pass) -> bool:
        """It is not deleted, and neither it nor anything that held it is of the pass or later."""
        number = row.at[0] if reading.is_sync else row.at[1]
        return row.state != "deleted" and number < reading.began and row.seen < reading.began

    def swept(self, row: GateRow, reading: Pass) -> GateRow:
        """Its tombstone: nothing asked for before the end of the pass comes after it."""
        return row._replace(state="deleted", at=reading.tombstone, revisions=LAST)

    def sweep(self, rows: Mapping[str, GateRow], reading: Pass) -> Outcome:
        """The tombstones of what the pass did not see, also of records that only ever failed."""
        outcome = Outcome()
        for record, row in rows.items():
            if self.is_unseen(row, reading):
                outcome.gate[record] = self.swept(row, reading)
                outcome.wanted[record] = ()
        return outcome


def why(sight: Sight) -> str:
    """Why a person is asked."""
    reasons = [f"{sight.unseen} of {sight.records} records were not seen"]
    if sight.unreadable:
        reasons.append(f"{sight.unreadable} chunks could not be read")
    return "; ".join(reasons)
