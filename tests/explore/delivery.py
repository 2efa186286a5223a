"""Delivery: every interleaving of edits, two pushers and faults of the sink, over the real core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from explore.delivery_state import NOW, Sent, Setting, World, find
from explore.delivery_world import Delivery
from explore.engine import Bounds, Result, Several, explored
from pbi_pusher import batches as core
from pbi_pusher import census
from pbi_pusher.batches import Answer, Batch, Kind, Mode, Outcome, State


class ConfirmsAgain(Delivery):
    """A resent batch is confirmed again, and pushed set again."""

    def judged(self, world: World, outcome: Outcome) -> Outcome:
        batch, before = outcome.batch, find(world, outcome.batch.id)
        if batch.state is State.CONFIRMED and batch.missing:
            return replace(outcome, batch=replace(batch, state=State.DOUBTFUL))
        again = before.state is State.DOUBTFUL and batch.state is State.CONFIRMED and batch.kind is Kind.CONTENT
        return replace(outcome, moves=outcome.moves or again)


class ConfirmsCountersLikeContent(Delivery):
    """Confirming a counter removes the pushed row."""

    def answered(self, world: World, batch: Batch, sent: Sent) -> Outcome:
        outcome = super().answered(world, batch, sent)
        counter = batch.kind is Kind.COUNTER and batch.confirmed_at is None
        return replace(outcome, moves=outcome.moves or (counter and outcome.batch.state is State.CONFIRMED))


class ExpectsNothingOfDeadBatches(Delivery):
    """Refused, unknown and old batches should hold nothing, even after a counter."""

    def shown(self, world: World, batch: Batch) -> Batch:
        dead = batch.state in (State.REFUSED, State.VOID) or batch.epoch != world.epoch
        return replace(batch, extra=()) if dead else batch

    def judged(self, world: World, outcome: Outcome) -> Outcome:
        before = find(world, outcome.batch.id)
        if self.shown(world, before) is before or not before.extra:
            return outcome
        more = outcome.batch.extra or (0,) * len(before.extra)
        kept = tuple(a + b for a, b in zip(before.extra, more, strict=True))
        return replace(outcome, batch=replace(outcome.batch, extra=kept))


class DropsPlannedCounters(Delivery):
    """A take-over drops what is planned, counters too."""

    def taken_over(self, batch: Batch) -> Batch:
        return replace(batch, state=State.VOID) if batch.state is State.PLANNED else super().taken_over(batch)


class RefusesCountersLikeRows(Delivery):
    """A refused counter goes to failures like a row."""

    def answered(self, world: World, batch: Batch, sent: Sent) -> Outcome:
        if sent.answer is Answer.REFUSED and batch.kind is Kind.COUNTER:
            return Outcome(replace(batch, state=State.REFUSED))
        return super().answered(world, batch, sent)


class RetriesRefusedCounters(Delivery):
    """A refused counter is sent again and again."""

    def answered(self, world: World, batch: Batch, sent: Sent) -> Outcome:
        if sent.answer is Answer.REFUSED and batch.kind is Kind.COUNTER:
            return core.answered(batch, sent.positions, Answer.AGAIN, world.epoch, NOW)
        return super().answered(world, batch, sent)


class RaisesOverUnresolved(Delivery):
    """The epoch is raised over an unresolved batch, which stays."""

    def raised(self, batch: Batch) -> Batch:
        return replace(super().raised(batch), state=batch.state)


class KeepsExtraOverRaise(Delivery):
    """`extra` survives the raise."""

    def raised(self, batch: Batch) -> Batch:
        return replace(super().raised(batch), extra=batch.extra)


class ClearsAfterDoubts(Delivery):
    """The clear waits for doubts, which in a replace table wait for the clear."""

    def may_raise(self, world: World) -> bool:
        return not any(batch.unresolved for batch in world.batches)


class AppliesTakeOutOfDue(Delivery):
    """Apply takes a row out of due because wanted equals pushed while a batch is open."""

    def edited(self, world: World, row: int) -> frozenset[int]:
        return world.due - {row} if world.wanted[row] == world.pushed[row] else super().edited(world, row)


class TotalsAreCountsAndAmounts(Delivery):
    """Totals are COUNTROWS and amounts."""

    def totals(self, totals: census.Totals) -> census.Totals:
        return totals._replace(items=0, batches=0, ords=0, row_ids=0)


_ONE = Setting(edits=2, faults=1)
_TWO = Setting(edits=2, faults=2)
MISTAKES: Mapping[str, tuple[type[Delivery], Setting]] = {
    "a resent batch is confirmed again": (ConfirmsAgain, _ONE._replace(kinds=frozenset({"late_visible"}))),
    "confirming a counter removes the pushed row": (
        ConfirmsCountersLikeContent,
        _ONE._replace(kinds=frozenset({"twice"})),
    ),
    "dead batches should hold nothing even after a counter": (
        ExpectsNothingOfDeadBatches,
        _ONE._replace(edits=1, values=1, kinds=frozenset({"refused_landed"})),
    ),
    "take-over drops planned counters": (DropsPlannedCounters, _TWO._replace(kinds=frozenset({"twice", "kill"}))),
    "a refused counter goes to failures": (
        RefusesCountersLikeRows,
        _TWO._replace(kinds=frozenset({"twice", "refused"})),
    ),
    "a refused counter is tried again for ever": (
        RetriesRefusedCounters,
        _TWO._replace(edits=1, kinds=frozenset({"kill", "refused_landed", "twice"}), poison=True, loaded=True),
    ),
    "the epoch is raised over an unresolved batch, which stays": (
        RaisesOverUnresolved,
        _TWO._replace(values=1, kinds=frozenset({"dropped", "kill"}), wiped_batches=0),
    ),
    "extra survives the raise": (
        KeepsExtraOverRaise,
        _TWO._replace(values=1, kinds=frozenset({"twice", "delete"}), wiped_batches=0),
    ),
    "clear waits for doubts": (ClearsAfterDoubts, _ONE._replace(mode=Mode.REPLACE, kinds=frozenset({"kill"}))),
    "apply clears due while a batch is open": (AppliesTakeOutOfDue, _ONE._replace(faults=0)),
    "totals are COUNTROWS and amounts": (
        TotalsAreCountsAndAmounts,
        _TWO._replace(rows=2, values=1, loaded=True, kinds=frozenset({"refused_landed", "dropped"})),
    ),
}
"""What was once wrong, as the smallest model that shows it; folding, which has one more, is not built."""


def explore(bounds: Bounds) -> Result:
    """Walk both modes, with and without a value that the sink refuses, then each mistake put back."""
    wide = Setting(edits=bounds.edits, faults=bounds.faults)
    settings = [
        wide,
        wide._replace(mode=Mode.REPLACE),
        wide._replace(poison=True),
        wide._replace(rows=2, edits=min(bounds.edits, 2), faults=min(bounds.faults, 1), loaded=True, values=1),
    ]
    mistakes = {
        name: lambda wrong=wrong, setting=setting: wrong(setting) for name, (wrong, setting) in MISTAKES.items()
    }
    return explored("delivery", bounds, Several([Delivery(setting) for setting in settings]), mistakes)
