"""The world around the rules of a budget: two workers, their calls, Postgres' clock, and the vendor's clock minutes.

A minute of the vendor's is three ticks of 60 s; a request is answered within a tick, or arrives at most one tick late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from exactbi.connections.budget_rules import BudgetRules, BudgetState, Report, Use, WindowRule
from exactbi.connections.budgets import STALE
from explore.engine import Step

TICK: Final = 60.0
MINUTE: Final = 3
"""Ticks in a window."""
MOST: Final = 3
"""Calls that the vendor allows in a clock minute; we use two."""
RULE: Final = WindowRule(limit=2, seconds=MINUTE * TICK, belt=1, timeout=TICK, first_alone=True)
ADVICE: Final = (3, 1)
"""Ticks of the Retry-After of the first refusal, and of the next."""


class Worker(NamedTuple):
    """`at`: idle, leased, reserved or sent. `own`: the window by its own clock."""

    at: str = "idle"
    epoch: int = 0
    use: str = ""
    reserved: int = 0
    own: BudgetState = BudgetState()


class Call(NamedTuple):
    """Under way; `worker` is None once nobody waits for the answer."""

    worker: int | None
    use: str
    sent: int


class World(NamedTuple):
    """`skew`: ticks that Postgres' clock is ahead. `arrived`: ticks of this clock minute's arrivals.

    `refused_since`: when a worker was first refused after the last reservation or fault.
    """

    tick: int = 0
    skew: int = 0
    budget: BudgetState = BudgetState()
    workers: tuple[Worker, Worker] = (Worker(), Worker())
    calls: tuple[Call, ...] = ()
    arrived: tuple[int, ...] = ()
    holder: int | None = None
    epoch: int = 0
    suspended: int = 0
    refusals: int = 0
    faults: int = 0
    refused_since: int | None = None
    broken: str = ""


class Setting(NamedTuple):
    """`phase`: where our ticks lie in the vendor's minutes. `headers`: whether answers carry Remaining."""

    faults: int = 1
    kinds: frozenset[str] = frozenset({"kill", "lock", "timeout", "pause", "ahead", "back"})
    headers: bool = False
    phase: int = 0
    ticks: int = 6
    rule: WindowRule = RULE


class Calls:
    """The model: the real rules in their world. `own` and `stale` say which belts beside them are on."""

    def __init__(
        self,
        setting: Setting,
        rules: BudgetRules | None = None,
        own: bool = True,
        stale: bool = True,
        shared: bool = True,
    ) -> None:
        self.setting = setting
        self.rules = rules or BudgetRules()
        self.has_own, self.has_stale, self.is_shared = own, stale, shared

    def starts(self) -> Iterable[World]:
        yield World()

    def violation(self, world: World) -> str | None:
        if len(world.arrived) > MOST:
            return f"call {len(world.arrived)} of {MOST} arrives in one clock minute"
        return world.broken or None

    def goal(self, world: World) -> bool:
        return world.tick == self.setting.ticks or world.broken != ""

    def successors(self, world: World) -> Iterator[Step[World]]:
        for n, worker in enumerate(world.workers):
            yield from self._work(world, n, worker)
            yield from self._worker_faults(world, n, worker)
        for call in set(world.calls):
            yield from self._arrive(world, call)
        yield from self._clock_faults(world)
        yield from self._tick(world)

    def _work(self, world: World, n: int, worker: Worker) -> Iterator[Step[World]]:
        name = f"W{n + 1}"
        if worker.at == "idle" and world.holder is None:
            leased = worker._replace(at="leased", epoch=world.epoch + 1)
            yield f"{name} takes the lease", _put(world._replace(holder=n, epoch=world.epoch + 1), n, leased), False
        elif worker.at == "leased" and worker.epoch != world.epoch:
            yield f"{name} finds its epoch gone", _put(world, n, worker._replace(at="idle", epoch=0)), False
        elif worker.at == "leased" and world.tick < self.setting.ticks:
            yield from self._reserve(world, n, worker, name)
        elif worker.at == "reserved":
            age = (world.tick - worker.reserved) * TICK
            if self.has_stale and age > STALE:
                released = self._released(world, n, worker)
                yield f"{name} gives its stale reservation up", released, False
            else:
                sent = world._replace(calls=_sorted(*world.calls, Call(n, worker.use, world.tick)))
                yield f"{name} sends", _put(sent, n, worker._replace(at="sent")), False

    def _reserve(self, world: World, n: int, worker: Worker, name: str) -> Iterator[Step[World]]:
        rule, now, mine = self.setting.rule, self._now(world), world.tick * TICK
        budget = self.rules.settle(world.budget, rule, now)
        own = self.rules.settle(worker.own, rule.own(), mine)
        waits = [
            self.rules.refused_until(budget, rule, 1, now) if self.is_shared else None,
            self.rules.refused_until(own, rule.own(), 1, mine) if self.has_own else None,
        ]
        settled = _put(world._replace(budget=_canonical(budget)), n, worker._replace(own=_canonical(own)))
        if any(wait is not None for wait in waits):
            since = world.tick if world.refused_since is None else world.refused_since
            refused = settled._replace(refused_since=since)
            if world.tick - since > MINUTE + 2 and world.tick >= world.suspended:
                refused = refused._replace(broken="a worker starves")
            if refused != world:
                yield f"{name} is refused", refused, False
            return
        use = str(next(k for k in range(9) if str(k) not in {u.id for u in (*budget.uses, *own.uses)}))
        taken = worker._replace(
            at="reserved", use=use, reserved=world.tick, own=_canonical(self.rules.reserve(own, use, 1, mine))
        )
        after = _put(world._replace(budget=_canonical(self.rules.reserve(budget, use, 1, now))), n, taken)
        if world.tick < world.suspended:
            after = after._replace(broken="a call is reserved while the vendor has asked us to wait")
        yield f"{name} reserves", after._replace(refused_since=None), False

    def _released(self, world: World, n: int, worker: Worker) -> World:
        freed = world._replace(budget=self.rules.release(world.budget, worker.use))
        return _put(freed, n, worker._replace(at="leased", own=self.rules.release(worker.own, worker.use), use=""))

    def _arrive(self, world: World, call: Call) -> Iterator[Step[World]]:
        rest = list(world.calls)
        rest.remove(call)
        arrived = (*(a for a in world.arrived if self._minute(a) == self._minute(world.tick)), world.tick)
        after = world._replace(calls=_sorted(*rest), arrived=arrived)
        if call.worker is None:
            yield f"a late call arrives, {len(arrived)} in this minute", after, False
            return
        ends = next(t for t in range(world.tick, world.tick + 9) if self._minute(t) != self._minute(world.tick))
        remaining = Report(remaining=max(0, MOST - len(arrived)), remaining_for=(ends - world.tick) * TICK)
        told = remaining if self.setting.headers else Report()
        yield f"a call arrives, {len(arrived)} in this minute", self._answered(after, call, told), False
        if self._can(world, "busy"):
            ticks = ADVICE[min(world.refusals, len(ADVICE) - 1)]
            busy = after._replace(
                faults=world.faults + 1, refusals=world.refusals + 1, suspended=max(world.suspended, world.tick + ticks)
            )
            report = Report(retry_after=ticks * TICK)
            yield f"a call is told to wait {ticks} ticks", self._answered(busy, call, report), True

    def _answered(self, world: World, call: Call, report: Report) -> World:
        assert call.worker is not None
        rule, worker = self.setting.rule, world.workers[call.worker]
        now, mine = self._now(world), world.tick * TICK
        budget = self.rules.answer(self.rules.settle(world.budget, rule, now), rule, call.use, report, now)
        own = self.rules.settle(worker.own, rule.own(), mine)
        own = self.rules.answer(own, rule.own(), call.use, Report(retry_after=report.retry_after), mine)
        idle = worker._replace(at="leased", use="", own=_canonical(own))
        return _put(world._replace(budget=_canonical(budget)), call.worker, idle)

    def _worker_faults(self, world: World, n: int, worker: Worker) -> Iterator[Step[World]]:
        name = f"W{n + 1}"
        orphaned = _sorted(*(c._replace(worker=None) if c.worker == n else c for c in world.calls))
        if worker.at != "idle" and self._can(world, "kill"):
            killed = _faulty(world._replace(calls=orphaned, holder=None if world.holder == n else world.holder))
            yield f"kill {name}", _put(killed, n, Worker()), True
        if world.holder == n and self._can(world, "lock"):
            yield f"{name} loses its lease", _faulty(world._replace(holder=None)), True
        if worker.at == "sent" and self._can(world, "timeout"):
            waited = _faulty(world._replace(calls=orphaned))
            yield f"{name} gives up waiting", _put(waited, n, worker._replace(at="leased", use="")), True

    def _clock_faults(self, world: World) -> Iterator[Step[World]]:
        if self._can(world, "ahead"):
            yield "Postgres' clock jumps ahead", _faulty(world._replace(skew=world.skew + MINUTE + 2)), True
        if self._can(world, "back"):
            yield "Postgres' clock is set back", _faulty(world._replace(skew=world.skew - 60)), True
        if self._can(world, "restore"):
            orphaned = _sorted(*(c._replace(worker=None) for c in world.calls))
            empty = world._replace(budget=BudgetState(), workers=(Worker(), Worker()), calls=orphaned, holder=None)
            yield "the database is restored, its window empty", _faulty(empty), True

    def _tick(self, world: World) -> Iterator[Step[World]]:
        is_held = any(world.tick > call.sent for call in world.calls) or (
            "pause" not in self.setting.kinds and any(w.at == "reserved" for w in world.workers)
        )
        if world.tick < self.setting.ticks and not is_held:
            yield f"tick {world.tick + 1}", world._replace(tick=world.tick + 1), False

    def _can(self, world: World, kind: str) -> bool:
        return kind in self.setting.kinds and world.faults < self.setting.faults

    def _now(self, world: World) -> float:
        return (world.tick + world.skew + 1_000) * TICK

    def _minute(self, tick: int) -> int:
        return (tick + self.setting.phase) // MINUTE


def _put(world: World, n: int, worker: Worker) -> World:
    first, second = world.workers
    return world._replace(workers=(worker, second) if n == 0 else (first, worker))


def _faulty(world: World) -> World:
    return world._replace(faults=world.faults + 1, refused_since=None)


def _sorted(*calls: Call) -> tuple[Call, ...]:
    return tuple(sorted(calls, key=lambda call: (str(call.worker), call.use, call.sent)))


def _canonical(state: BudgetState) -> BudgetState:
    """Answered uses have no name and no reservation that matters; equal situations become equal states."""
    uses = [use if use.answered is None else Use("", use.answered, use.answered, use.cost) for use in state.uses]
    ordered = tuple(sorted(uses, key=lambda use: (use.id, use.reserved, use.answered or 0.0)))
    return msgspec.structs.replace(state, uses=ordered, day_ends=0.0, day_count=0)
