"""What a world around the delivery core holds: one table's ledger, the sink, and what is between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pbi_pusher import census
from pbi_pusher.batches import Answer, Batch, Mode
from pbi_pusher.clearing import Clearing, Phase

NOW = 1.0
SETTLE = 1.0
"""Time is only young (stamped NOW) or settled (stamped 0)."""
GROWTH = 9
"""More batches than this at once: something grows without end."""
DELETE = -1
EVERYTHING = frozenset(
    (
        *("not_landed", "lost", "partial", "late", "twice", "late_visible", "dropped"),
        *("refused", "refused_landed", "again", "again_landed", "delete", "kill", "stale"),
    )
)


class Sent(NamedTuple):
    """A request on its way or answered: which batch (DELETE for a clear), which items, what the answer says."""

    batch: int
    positions: tuple[int, ...]
    answer: Answer | None = None


class World(NamedTuple):
    """The ledger of one table, the sink, and what is between them."""

    wanted: tuple[int | None, ...]
    pushed: tuple[int | None, ...]
    due: frozenset[int] = frozenset()
    parts: tuple[frozenset[int], ...] = ()
    refused: tuple[int | None, ...] = ()
    """By row the refused image; -1 is none refused."""
    batches: tuple[Batch, ...] = ()
    sink: tuple[tuple[int, ...], ...] = ()
    """By batch, how often each item is in the sink."""
    stale: tuple[tuple[int, ...], ...] | None = None
    """What a replica that stalled still shows, for one census."""
    late: tuple[Sent, ...] = ()
    pusher: Sent | None = None
    epoch: int = 1
    clearing: Clearing = Clearing(Phase.WHOLE, 0.0)
    give_up: bool = False
    edits: int = 0
    faults: int = 0


class Setting(NamedTuple):
    """What is explored: the rows' start, the table's mode, how many edits and faults of which kinds."""

    mode: Mode = Mode.REVERSAL
    rows: int = 1
    values: int = 2
    edits: int = 2
    faults: int = 1
    kinds: frozenset[str] = EVERYTHING
    loaded: bool = False
    """Each row begins with its first value, pushed and in the sink."""
    poison: bool = False
    """The sink refuses the second value of the first row."""
    wiped_batches: int = 1


def image(row: int, value: int) -> int:
    """Images are ids; equal values of different rows have equal amounts."""
    return 10 * (row + 1) + value


def find(world: World, number: int) -> Batch:
    """The batch of that number."""
    return next(batch for batch in world.batches if batch.id == number)


def put(values: tuple[Any, ...], at: int, value: Any) -> tuple[Any, ...]:
    """The tuple with one value replaced."""
    return (*values[:at], value, *values[at + 1 :])


def with_batch(world: World, batch: Batch) -> World:
    """The world with that batch as it is now."""
    return world._replace(batches=tuple(batch if known.id == batch.id else known for known in world.batches))


def aged(batch: Batch) -> Batch:
    """The batch, long after it was sent and last seen."""
    sent = None if batch.sent_at is None else 0.0
    seen = None if batch.seen is None else batch.seen._replace(at=0.0)
    return replace(batch, sent_at=sent, seen=seen)


def landed(world: World, number: int, positions: Sequence[int]) -> World:
    """The world once these items of a batch are in the sink, once more."""
    sink = tuple(
        tuple(count + (n in positions) for n, count in enumerate(held)) if batch.id == number else held
        for batch, held in zip(world.batches, world.sink, strict=True)
    )
    return world._replace(sink=sink)


def emptied(world: World) -> World:
    """The world once a DELETE has landed."""
    return world._replace(sink=tuple((0,) * len(held) for held in world.sink))


def later_on(world: World, sent: Sent) -> World:
    """The world with a request that will land some time."""
    return world._replace(late=(*world.late, sent))


def with_answer(world: World, sent: Sent, answer: Answer) -> World:
    """The world in which the pusher has heard this answer."""
    return world._replace(pusher=sent._replace(answer=answer))


def canonical(world: World) -> World:
    """Without finished batches of which nothing is or can be in the sink, and with numbers that begin at one."""
    used = {sent.batch for sent in world.late} | ({world.pusher.batch} if world.pusher else set())
    kept = [
        (batch, held, stale)
        for batch, held, stale in zip(
            world.batches, world.sink, world.sink if world.stale is None else world.stale, strict=True
        )
        if batch.id in used
        or batch.unresolved
        or batch.missing
        or any(held)
        or any(stale)
        or any(batch.extra)
        or any(census.expected(batch, world.epoch))
    ]
    numbers = {batch.id: n for n, (batch, _, _) in enumerate(kept, 1)}
    first = 1
    batches = []
    for batch, _, _ in kept:
        counters = None if batch.counters is None else numbers.get(batch.counters, 0)
        stamp = None if batch.confirmed_at is None else 0.0
        batches.append(
            replace(batch, id=numbers[batch.id], first_ord=first, counters=counters, attempts=0, confirmed_at=stamp)
        )
        first += len(batch.rows)
    lowest = min([world.epoch, *(batch.epoch for batch in batches)])
    return world._replace(
        batches=tuple(replace(batch, epoch=batch.epoch - lowest) for batch in batches),
        epoch=world.epoch - lowest,
        sink=tuple(held for _, held, _ in kept),
        stale=None if world.stale is None else tuple(stale for _, _, stale in kept),
        late=tuple(sorted(_renumbered(sent, numbers) for sent in world.late)),
        pusher=world.pusher and _renumbered(world.pusher, numbers),
    )


def _renumbered(sent: Sent, numbers: Mapping[int, int]) -> Sent:
    return sent._replace(batch=numbers.get(sent.batch, DELETE))
