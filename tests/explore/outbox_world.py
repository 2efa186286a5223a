"""The world around the outbox: relay, broker, transformer, pusher, poller, kills, wipes; the real rules decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from exactbi.messages import topics
from exactbi.outbox import rules

UNPUBLISHED, WATCHED, SETTLED = "U", "P", "S"
REFERENCE_TABLE = -1
"""In the place of a dataset: the reader of a stream that only feeds a reference table."""
COPIES = 3
"""Unread copies beyond which a broker of the model takes no more."""
LATE_S = rules.COURTESY_S + 1


class Setting(NamedTuple):
    """What may happen. `topic` raw-records goes through the transformer to the readers, another straight to its one."""

    topic: str = topics.RAW_RECORDS
    chunks: int = 2
    faults: int = 2
    kinds: frozenset[str] = frozenset({"relay", "transformer", "pusher", "wipe"})
    readers: frozenset[int] = frozenset({0, 1})
    activates: int | None = None
    """A dataset that begins to use the stream at some moment."""
    poison: bool = False
    """The last chunk fails as a whole in the transformer."""
    pauses: bool = False
    """The customer may be paused, and goes on later."""
    busy: bool = False
    """Others' messages never let the lag become zero."""


class World(NamedTuple):
    """A state. `skips`: messages that a consumer with a position beyond the log passes over in silence."""

    outbox: tuple[str, ...]
    readers: frozenset[int]
    late: frozenset[int] = frozenset()
    """Chunks that lag has held back for the whole of the courtesy."""
    relay: tuple[int, bool] | None = None
    """The chunk that it has in hand, and whether it was sent."""
    raw: tuple[int, ...] = ()
    raw_skips: int = 0
    rows: tuple[tuple[int, int], ...] = ()
    rows_skips: int = 0
    applied: frozenset[tuple[int, str]] = frozenset()
    failed: frozenset[int] = frozenset()
    paused: bool = False
    activated: bool = False
    activating: bool = False
    """An activation has looked at the stored chunks, and has not committed."""
    faults: int = 0


Step = tuple[str, World, bool]


class Outbox:
    """The model; a mistake is a subclass that answers one question otherwise."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    def awaited(self, world: World) -> frozenset[str]:
        datasets = frozenset(reader for reader in self.reading(world) if reader != REFERENCE_TABLE)
        return rules.awaited(self.setting.topic, rules.Readers(datasets, REFERENCE_TABLE in world.readers))

    def reading(self, world: World) -> frozenset[int]:
        return world.readers

    def failures(self, world: World, chunk: int) -> frozenset[str]:
        return frozenset({rules.EVERYBODY}) if chunk in world.failed else frozenset()

    def decide(self, missing: frozenset[str], lagging: bool, overdue_s: float) -> rules.Action:
        return rules.decide(missing, lagging=lagging, overdue_s=overdue_s, factor=1.0)

    def lagging(self, world: World) -> bool:
        return bool(world.raw or world.rows or self.setting.busy)

    def may_settle(self, world: World) -> bool:
        """Whether chunks are looked at: not while their customer is being activated."""
        return not world.activating

    def looked_at_again(self, outbox: tuple[str, ...]) -> tuple[str, ...]:
        """What activation leaves of the stored chunks' states."""
        return tuple(WATCHED if state == SETTLED else state for state in outbox)

    def starts(self) -> Iterable[World]:
        yield World((UNPUBLISHED,) * self.setting.chunks, self.setting.readers)

    def applications(self, world: World) -> frozenset[str]:
        """What must have applied a chunk, said in the model's own words."""
        if self.setting.topic != topics.RAW_RECORDS:
            return frozenset({rules.POLLER if self.setting.topic == topics.ENTITY_KEYS else rules.REPLAY})
        return frozenset(_application(reader) for reader in world.readers)

    def lacks(self, world: World, chunk: int) -> frozenset[str]:
        have = {application for of, application in world.applied if of == chunk}
        return frozenset() if chunk in world.failed else self.applications(world) - have

    def violation(self, world: World) -> str | None:
        for chunk, state in enumerate(world.outbox):
            in_flight = chunk in world.raw or any(of == chunk for of, _ in world.rows)
            if state == SETTLED and self.lacks(world, chunk) and not in_flight and world.relay is None:
                return f"chunk {chunk} is not looked at any more, and was not applied everywhere"
            copies = world.raw.count(chunk) + sum(of == chunk and reader == 1 for of, reader in world.rows)
            if copies > 1 and not world.faults and chunk not in world.late and not world.activated:
                return f"{copies} copies of chunk {chunk} pile up, though nothing went wrong"
        return None

    def goal(self, world: World) -> bool:
        quiet = not (world.raw or world.rows or world.relay or world.activating) and set(world.outbox) == {SETTLED}
        return quiet and not any(self.lacks(world, chunk) for chunk in range(self.setting.chunks))

    def successors(self, world: World) -> Iterable[Step]:
        yield from self._relay(world)
        yield from self._republish(world)
        yield from self._transformer(world)
        yield from self._pusher(world)
        yield from self._outside(world)
        if world.faults < self.setting.faults and "wipe" in self.setting.kinds:
            for raw_skips, rows_skips in ((0, 0), (1, 0), (0, 1)):
                wiped = world._replace(
                    raw=(), rows=(), raw_skips=raw_skips, rows_skips=rows_skips, faults=world.faults + 1
                )
                yield f"the broker is wiped, positions {raw_skips} and {rows_skips} beyond", wiped, True

    def _relay(self, world: World) -> Iterable[Step]:
        if world.relay is None:
            for chunk, state in enumerate(world.outbox):
                if state == UNPUBLISHED:
                    yield f"relay takes {chunk}", world._replace(relay=(chunk, False)), False
            return
        chunk, sent = world.relay
        if not sent and len(world.raw) < COPIES:
            yield f"relay sends {chunk}", _into_raw(world, chunk)._replace(relay=(chunk, True)), False
        if sent:
            marked = _with(world.outbox, chunk, WATCHED)
            yield f"relay marks {chunk}", world._replace(relay=None, outbox=marked), False
        yield from self._killed(world, "relay", world._replace(relay=None))

    def _republish(self, world: World) -> Iterable[Step]:
        if not self.may_settle(world):
            return
        for chunk, state in enumerate(world.outbox):
            if state != WATCHED:
                continue
            have = frozenset(application for of, application in world.applied if of == chunk)
            missing = rules.missing(self.awaited(world), have, self.failures(world, chunk))
            action = self.decide(missing, self.lagging(world), LATE_S if chunk in world.late else 0.0)
            if isinstance(action, rules.Settle):
                yield f"nobody waits for {chunk}", world._replace(outbox=_with(world.outbox, chunk, SETTLED)), False
            elif isinstance(action, rules.Republish):
                again = world._replace(outbox=_with(world.outbox, chunk, UNPUBLISHED))
                yield f"{chunk} is to be published again", again, False
            elif chunk not in world.late:
                yield f"{chunk} was held long enough", world._replace(late=world.late | {chunk}), False

    def _transformer(self, world: World) -> Iterable[Step]:
        if world.raw_skips:
            yield "first consumer starts anew", world._replace(raw_skips=0), False
        if not world.raw:
            return
        chunk, rest = world.raw[0], world.raw[1:]
        if self.setting.topic != topics.RAW_RECORDS:
            (application,) = self.applications(world)
            taken = world._replace(applied=world.applied | {(chunk, application)})
            yield f"{application} takes {chunk}", taken._replace(raw=rest), False
            yield from self._killed(world, "transformer", taken)
        elif self.setting.poison and chunk == self.setting.chunks - 1:
            yield f"{chunk} fails as a whole", world._replace(raw=rest, failed=world.failed | {chunk}), False
        elif len(world.rows) < COPIES:
            mapped = world
            for reader in sorted(world.readers):
                mapped = _into_rows(mapped, chunk, reader)
            yield f"transformer maps {chunk}", mapped._replace(raw=rest), False
            yield from self._killed(world, "transformer", mapped)

    def _pusher(self, world: World) -> Iterable[Step]:
        if world.rows_skips:
            yield "pusher starts anew", world._replace(rows_skips=0), False
        if world.rows:
            (chunk, reader), rest = world.rows[0], world.rows[1:]
            done = world._replace(applied=world.applied | {(chunk, _application(reader))})
            yield f"{_application(reader)} applies {chunk}", done._replace(rows=rest), False
            yield from self._killed(world, "pusher", done)

    def _outside(self, world: World) -> Iterable[Step]:
        new = self.setting.activates
        if new is not None and not world.activated and not world.activating:
            watched = self.looked_at_again(world.outbox)
            yield f"dataset {new} is being activated", world._replace(activating=True, outbox=watched), True
        if new is not None and world.activating:
            more = world._replace(activated=True, activating=False, readers=world.readers | {new})
            yield f"dataset {new} begins to use the stream", more, False
        if self.setting.pauses:
            yield (
                "the customer goes on" if world.paused else "the customer is paused",
                world._replace(paused=not world.paused),
                not world.paused,
            )

    def _killed(self, world: World, who: str, after: World) -> Iterable[Step]:
        """`after`: what it had committed; its offset, or its mark, is not among it."""
        if world.faults < self.setting.faults and who in self.setting.kinds:
            yield f"{who} is killed", after._replace(faults=world.faults + 1), True


def _application(reader: int) -> str:
    return rules.REFERENCE if reader == REFERENCE_TABLE else rules.dataset_application(reader)


def _with(states: tuple[str, ...], chunk: int, state: str) -> tuple[str, ...]:
    return (*states[:chunk], state, *states[chunk + 1 :])


def _into_raw(world: World, chunk: int) -> World:
    if world.raw_skips:
        return world._replace(raw_skips=world.raw_skips - 1)
    return world._replace(raw=(*world.raw, chunk))


def _into_rows(world: World, chunk: int, reader: int) -> World:
    if reader == REFERENCE_TABLE:
        return world._replace(applied=world.applied | {(chunk, rules.REFERENCE)})
    if world.rows_skips:
        return world._replace(rows_skips=world.rows_skips - 1)
    return world._replace(rows=(*world.rows, (chunk, reader)))
