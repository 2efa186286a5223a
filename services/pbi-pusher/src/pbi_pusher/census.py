"""The census: what a table of a sink should hold by its batches, and what follows from what it holds. No I/O."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from pbi_pusher.batches import Batch, Items, Kind, Mode, Outcome, Seen, State, confirmed, is_young

WIPED_BATCHES: Final = 3
"""More confirmed batches than this without a single item in the sink: the table was emptied behind our back."""


class Totals(NamedTuple):
    """Sums over the rows of a table, or of a batch, that are looked at. Amounts are in units of 0.0001."""

    rows: int
    items: int
    """Distinct `_ord`."""
    signs: int
    batches: int
    ords: int
    row_ids: int
    additive: tuple[int, ...]

    def plus(self, other: Totals) -> Totals:
        """Totals over both; they share no item."""
        additive = tuple(a + b for a, b in zip(self.additive, other.additive, strict=True))
        return Totals(
            self.rows + other.rows,
            self.items + other.items,
            self.signs + other.signs,
            self.batches + other.batches,
            self.ords + other.ords,
            self.row_ids + other.row_ids,
            additive,
        )


class Held(NamedTuple):
    """What the sink holds of one batch."""

    rows: int
    items: int
    """Distinct `_ord`."""


def _base(of: int, state: State, epoch: int) -> int:
    return int(of == epoch and state in (State.CONFIRMED, State.DOUBTFUL))


def expected(batch: Batch, epoch: int) -> tuple[int, ...]:
    """How often each item should be there."""
    once = _base(batch.epoch, batch.state, epoch)
    return tuple(once + extra for extra in batch.extra) if batch.extra else (once,) * len(batch.rows)


def is_left_out(batch: Batch, now: float, settle: float) -> bool:
    """Whether a census must not look at the batch: it may be landing right now, or is about to be sent (again).

    A census names the batches that it leaves out, not those that it knows: what nobody knows is looked at.
    """
    sent = batch.sent_at is not None
    waits = batch.state in (State.PLANNED, State.SENDING) or batch.resend
    return is_young(batch, now, settle) or (sent and waits)


def totals(batches: Iterable[tuple[Batch, Sequence[tuple[int, ...]]]], epoch: int, columns: int) -> Totals:
    """What should be there of batches; each comes with its items' signed additive values."""
    rows = items = signs = numbers = ords = row_ids = 0
    additive = [0] * columns
    for batch, values in batches:
        for position, copies in enumerate(expected(batch, epoch)):
            if not copies:
                continue
            rows += copies
            items += 1
            signs += copies * batch.signs[position]
            numbers += copies * batch.id
            ords += copies * (batch.first_ord + position)
            row_ids += copies * batch.rows[position]
            for column, value in enumerate(values[position]):
                additive[column] += copies * value
    return Totals(rows, items, signs, numbers, ords, row_ids, tuple(additive))


def difference(batch: Batch, copies: Mapping[int, int], epoch: int) -> tuple[int, ...]:
    """By item, how many copies are there too many (above zero) or too few; `copies` counts rows by `_ord`."""
    first = batch.first_ord
    return tuple(copies.get(first + n, 0) - wanted for n, wanted in enumerate(expected(batch, epoch)))


def fingerprint(differs: Sequence[int]) -> str:
    """Equal for equal differences; short, however long the batch."""
    return hashlib.sha256(array("q", differs).tobytes()).hexdigest()[:32]


def is_proven(seen: Seen | None, differs: Sequence[int], now: float, settle: float) -> bool:
    """Whether the same difference was seen before, a settle ago: a stale replica shows none twice."""
    return seen is not None and abs(now - seen.at) >= settle and seen.fingerprint == fingerprint(differs)


def noted(batch: Batch, differs: Sequence[int], now: float) -> Batch:
    """The batch with a difference that is not proven yet; the time of the first sight stays."""
    mark = fingerprint(differs)
    return batch if batch.seen is not None and batch.seen.fingerprint == mark else replace(batch, seen=Seen(mark, now))


def judged(batch: Batch, differs: Sequence[int], mode: Mode, epoch: int, now: float, settle: float) -> Outcome:
    """What a census that found `differs` decides on one batch that it did not leave out.

    Found whole: confirmed where that was in doubt. A proven difference: missing items are sent again, one copy of
    each surplus item is countered; a replace table is replaced instead.
    """
    if not any(differs):
        if batch.state is State.DOUBTFUL:
            return confirmed(batch, epoch, now)
        return Outcome(replace(batch, missing=(), resend=False, seen=None))
    if not is_proven(batch.seen, differs, now, settle):
        return Outcome(noted(batch, differs, now))
    if mode is Mode.REPLACE:
        return Outcome(batch, give_up=f"batch {batch.id} is not in the sink as it should be")
    return _repaired(batch, differs)


def _repaired(batch: Batch, differs: Sequence[int]) -> Outcome:
    missing = tuple(n for n, d in enumerate(differs) if d < 0)
    surplus = tuple(n for n, d in enumerate(differs) if d > 0)
    extra = batch.extra
    counter = None
    if surplus:
        raised = list(extra or (0,) * len(batch.rows))
        for n in surplus:
            raised[n] += 1
        extra = tuple(raised)
        counter = Items(
            tuple(batch.rows[n] for n in surplus),
            tuple(batch.images[n] for n in surplus),
            tuple(-batch.signs[n] for n in surplus),
        )
    return Outcome(replace(batch, extra=extra, missing=missing, resend=bool(missing), seen=None), counter=counter)


class Head(NamedTuple):
    """A batch without its items: enough to tell whether it needs a closer look."""

    id: int
    size: int
    epoch: int
    kind: Kind
    state: State
    confirmed: bool
    has_extra: bool
    missing: bool
    seen: Seen | None


def head(batch: Batch) -> Head:
    """The batch without its items."""
    return Head(
        batch.id,
        len(batch.rows),
        batch.epoch,
        batch.kind,
        batch.state,
        batch.confirmed_at is not None,
        any(batch.extra),
        bool(batch.missing),
        batch.seen,
    )


@dataclass(frozen=True, slots=True)
class AskTotals:
    """Totals of all rows but those of the batches left out. Answered with what is there and what should be."""


@dataclass(frozen=True, slots=True)
class AskHeads:
    """The heads of all batches that are not left out."""


@dataclass(frozen=True, slots=True)
class AskBatches:
    """Rows and distinct items by batch: of these, or of all that are not left out."""

    only: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class AskBatch:
    """A batch with its items, and what the sink holds of it by `_ord`."""

    id: int
    in_sink: bool
    """False where it is known that the sink holds none of it."""


@dataclass(frozen=True, slots=True)
class Decide:
    """One decision, committed by itself."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Adopt:
    """A batch that nobody knows is in the sink: write it down as void, with its items as the sink returns them."""

    id: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The table is to be given up as a whole."""

    why: str


Step = AskTotals | AskHeads | AskBatches | AskBatch | Decide | Adopt | GiveUp
Conduct = Generator[Step, Any, bool]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a census is held under. `every` asks for a look at each batch whatever the totals say."""

    mode: Mode
    epoch: int
    now: float
    settle: float
    every: bool = False
    wiped_batches: int = WIPED_BATCHES


def conduct(suspects: Sequence[Head], situation: Situation) -> Conduct:
    """Hold a census: yields questions and decisions, is sent the answers, returns whether nothing differed.

    `suspects` are the heads of batches in doubt, with missing items or with a difference seen before; they are looked
    at whatever the totals say.
    """
    there, wanted = yield AskTotals()
    if there != wanted or situation.every:
        heads: Sequence[Head] = yield AskHeads()
        held: Mapping[int, Held] = yield AskBatches(None)
    else:
        heads = suspects
        held = (yield AskBatches(tuple(head.id for head in suspects))) if suspects else {}
    if is_wiped(heads, held, situation):
        yield GiveUp("the sink was emptied")
        return False
    clean = bool(there == wanted)
    for known in heads:
        clean &= yield from _look_at(known, held.get(known.id, Held(0, 0)), situation)
    known_ids = {known.id for known in heads}
    for unknown in sorted(held.keys() - known_ids):
        clean = False
        yield Adopt(unknown)
    return clean


def _look_at(known: Head, held: Held, situation: Situation) -> Generator[Step, Any, bool]:
    untroubled = not (is_suspect(known) or known.has_extra)
    if untroubled and held.rows == held.items == known.size * _base(known.epoch, known.state, situation.epoch):
        return True
    batch, copies = yield AskBatch(known.id, held.rows > 0)
    differs = difference(batch, copies, situation.epoch)
    yield Decide(judged(batch, differs, situation.mode, situation.epoch, situation.now, situation.settle))
    return not any(differs)


def is_suspect(known: Head) -> bool:
    """Whether every census looks at the batch itself."""
    return known.state is State.DOUBTFUL or known.missing or known.seen is not None


def is_wiped(heads: Iterable[Head], held: Mapping[int, Held], situation: Situation) -> bool:
    """Whether the table was emptied behind our back: too much confirmed content is gone as a whole, and proven so."""
    gone = 0
    for known in heads:
        ours = known.kind is Kind.CONTENT and known.confirmed and known.epoch == situation.epoch
        if ours and not known.has_extra and known.id not in held and known.seen is not None:
            gone += is_proven(known.seen, (-1,) * known.size, situation.now, situation.settle)
    return situation.mode is Mode.REVERSAL and gone > situation.wiped_batches
