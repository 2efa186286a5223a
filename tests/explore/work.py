"""Wanted work: notices, runs by key, kills, failures and back-off, over the real rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from exactbi.work import rules
from exactbi.work.rules import Key, Work
from explore.engine import Bounds, Result, Step, explored

ALL = ("a", "b")
FURTHEST = 4.0
"""Seconds of back-off that are told apart: three failures of the same request."""

NOTHING = Work("S", rules.KEYS)
"""Nothing was ever raised."""


@dataclass(frozen=True)
class Open:
    """A run by key: the seq that it read, and the last key it asked for. `held`: by a worker that wrote the attempt."""

    requested_seq: int
    position: str = ""
    held: bool = True
    taken: tuple[Key, ...] = ()
    """Only with a mistake put back: the keys that it took out of the table."""


@dataclass(frozen=True)
class World:
    """Exact's records with what we saw of them, then work, keys and the open run; times are relative to now."""

    exact: tuple[int, ...]
    seen: tuple[int, ...]
    edits: int
    faults: int
    work: Work = NOTHING
    keys: tuple[Key, ...] = ()
    run: Open | None = None
    failed: int = 0
    """How many requests in a row failed, or died with their process."""
    since: float = FURTHEST
    """Seconds since an attempt was last begun."""
    early: bool = False
    """An attempt was begun sooner after failed ones than their back-off allows."""


class Works:
    """Work by key, a key a request; subclasses put mistakes back."""

    def __init__(self, edits: int, faults: int) -> None:
        self.edits = edits
        self.faults = faults

    def starts(self) -> list[World]:
        return [World((0, 0), (0, 0), self.edits, self.faults)]

    def successors(self, world: World) -> Iterator[Step[World]]:
        if world.edits:
            for row, key in enumerate(ALL):
                yield f"{key} changes, its notice is raised", self.noticed(world, row), True
        yield "a second passes", self.tick(world), False
        if world.run is None:
            if world.work.wanted and world.work.not_before <= 0:
                yield "a run begins", self.begun(world), False
        elif world.run.held:
            yield "the next request", self.asked(world, world.run), False
            if world.faults:
                fault = replace(world, faults=world.faults - 1)
                yield "the process dies in a request", self.died(fault, 1), True
                yield "a request fails in good order", self.failed(fault), True
                yield "the process dies between requests", self.died(fault, 0), True
        elif world.work.not_before <= 0:
            yield "the run goes on", self.gone_on(world, world.run), False

    def noticed(self, world: World, row: int) -> World:
        exact = tuple(version + (other == row) for other, version in enumerate(world.exact))
        work = self.raised(world.work)
        kept = tuple(key for key in world.keys if key.key != ALL[row])
        keys = tuple(sorted((*kept, Key(ALL[row], work.requested_seq)), key=lambda key: key.key))
        return replace(world, exact=exact, edits=world.edits - 1, work=work, keys=keys)

    def tick(self, world: World) -> World:
        work = replace(world.work, not_before=max(0.0, world.work.not_before - 1))
        return replace(world, work=work, since=min(FURTHEST, world.since + 1))

    def begun(self, world: World) -> World:
        world = self.attempt(world)
        return replace(world, work=rules.taken(world.work), run=Open(world.work.requested_seq))

    def gone_on(self, world: World, run: Open) -> World:
        return replace(self.attempt(world), run=replace(run, held=True))

    def attempt(self, world: World) -> World:
        """Requests follow at once; they must not follow failed ones too soon."""
        early = world.failed > 0 and world.since < min(FURTHEST, rules.back_off(world.failed))
        return replace(world, since=0.0, early=world.early or early, work=self.attempted(world.work))

    def asked(self, world: World, run: Open) -> World:
        """A request that is answered and committed, or the end of the run where no key is left."""
        keys = self.next_keys(world, run)
        if not keys:
            return self.ended(world, run)
        row = ALL.index(keys[0].key)
        seen = tuple(world.exact[row] if other == row else old for other, old in enumerate(world.seen))
        world = replace(world, seen=seen, failed=0, work=rules.progressed(world.work))
        return replace(world, run=replace(run, position=keys[0].key))

    def died(self, world: World, requests: int) -> World:
        run = replace(world.run, held=False) if world.run else None
        return replace(world, run=run, failed=world.failed + requests)

    def failed(self, world: World) -> World:
        return self.died(world, 1)

    def ended(self, world: World, run: Open) -> World:
        """The run ends at the step after its last key, as it does where that key filled a request."""
        work = rules.ended_unasked(world.work, run.requested_seq)
        return replace(world, work=work, keys=self.left(world, run), run=None)

    def raised(self, work: Work) -> Work:
        return rules.raised(work, rules.NOTICE)

    def attempted(self, work: Work) -> Work:
        return near(rules.begun(work, 0.0))

    def next_keys(self, world: World, run: Open) -> Sequence[Key]:
        return rules.next_keys(world.keys, run.requested_seq, run.position, 1)

    def left(self, world: World, run: Open) -> tuple[Key, ...]:
        return tuple(rules.keys_left(world.keys, run.requested_seq))

    def violation(self, world: World) -> str | None:
        if world.early:
            return "an attempt follows failed ones sooner than their back-off"
        if not world.work.wanted and world.run is None and world.seen != world.exact:
            return "nothing is wanted, and a notice was not followed"
        return None

    def goal(self, world: World) -> bool:
        return not world.work.wanted and world.run is None and not world.keys and world.seen == world.exact


def near(work: Work) -> Work:
    """Back-off beyond what is told apart is as good as that."""
    return replace(work, attempts=min(work.attempts, 4), not_before=min(work.not_before, FURTHEST))


class ClearsAllKeys(Works):
    """A run that ends clears the keys."""

    def left(self, world: World, run: Open) -> tuple[Key, ...]:
        return ()


class ClearsTheKeysItRead(Works):
    """A run that ends clears the keys that it read, by name."""

    def left(self, world: World, run: Open) -> tuple[Key, ...]:
        return tuple(key for key in world.keys if key.key > run.position)


class TakesKeysAtTheStart(Works):
    """A run takes its keys out of the table when it begins, and dies with them."""

    def begun(self, world: World) -> World:
        after = super().begun(world)
        assert after.run is not None
        return replace(after, keys=(), run=replace(after.run, taken=world.keys))

    def gone_on(self, world: World, run: Open) -> World:
        return super().gone_on(world, replace(run, taken=()))

    def next_keys(self, world: World, run: Open) -> Sequence[Key]:
        return rules.next_keys(run.taken, run.requested_seq, run.position, 1)


class ReadsTheSeqAtTheEnd(Works):
    """A run that ends sets done_seq to what is requested by then."""

    def ended(self, world: World, run: Open) -> World:
        late = replace(run, requested_seq=world.work.requested_seq)
        return replace(
            world, work=rules.ended_unasked(world.work, late.requested_seq), keys=self.left(world, late), run=None
        )


class ReadsTheSeqAgain(Works):
    """A resumed run reads requested_seq again."""

    def gone_on(self, world: World, run: Open) -> World:
        return super().gone_on(world, replace(run, requested_seq=world.work.requested_seq))


class WritesNoAttemptAhead(Works):
    """Back-off is written only by a run that fails in good order."""

    def attempted(self, work: Work) -> Work:
        return replace(work, not_before=0.0)

    def failed(self, world: World) -> World:
        return replace(super().failed(world), work=super().attempted(world.work))


class RaisesPastTheBackOff(Works):
    """A raise makes the work due at once."""

    def raised(self, work: Work) -> Work:
        return replace(super().raised(work), not_before=0.0)


MISTAKES = {
    "all keys are cleared": ClearsAllKeys,
    "the keys that were read are cleared": ClearsTheKeysItRead,
    "keys are taken at the start": TakesKeysAtTheStart,
    "done_seq is what is requested at the end": ReadsTheSeqAtTheEnd,
    "a resumed run reads requested_seq again": ReadsTheSeqAgain,
    "no attempt is written ahead": WritesNoAttemptAhead,
    "a raise undoes the back-off": RaisesPastTheBackOff,
}


def explore(bounds: Bounds) -> Result:
    """Walk the rules, then each mistake."""
    builds = {name: partial(mistake, 3, 2) for name, mistake in MISTAKES.items()}
    return explored("work", bounds, Works(bounds.edits + 1, bounds.faults + 1), builds)
