"""Budgets in Postgres: reserved before each call of a vendor, in one short transaction over all its scopes."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from exactbi.clock import Clock, Scale
from exactbi.connections.budget_rules import BudgetRules, BudgetState, Report, WindowRule
from exactbi.errors import EXACT_SUSPENDED, PBI_SUSPENDED, Code, SuspendedError, TransientError

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection | PoolConnectionProxy

STALE: Final = 5.0
"""Seconds after which a reservation is given up instead of sent."""

_STATE: Final = msgspec.json.Decoder(BudgetState)
_LOCK: Final = """
with locked as materialized (
  select scope, state from budget where scope = any($1) order by scope for update
)
select scope, state::text, extract(epoch from clock_timestamp())::float8 as now from locked"""
_CREATE: Final = "insert into budget (scope) select unnest($1::text[]) on conflict do nothing"
_WRITE: Final = """
update budget b set state = n.state, limited = n.limited, seconds = n.seconds, day_limited = n.day_limited,
  day_seconds = n.day_seconds, updated_at = now()
from unnest($1::text[], $2::jsonb[], $3::int[], $4::float8[], $5::int[], $6::float8[])
  as n (scope, state, limited, seconds, day_limited, day_seconds)
where b.scope = n.scope"""


class StaleReservationError(TransientError):
    """The reservation grew too old before the socket was written; no byte was sent."""


class Fence(Protocol):
    """A lease: aborts the transaction of a worker that lost it."""

    async def fence(self, connection: Connection, /) -> None:
        """LeaseLostError where the epoch is no longer this holder's."""
        ...


@dataclass(frozen=True)
class Need:
    """What a call takes of one scope. Scopes are named `<vendor>/...`; `rule` is nominal, Budgets scales it."""

    scope: str
    rule: WindowRule
    cost: int = 1


@dataclass
class Reservation:
    """Leave for one call. The headers of its answer speak of the first need's scope."""

    id: str
    needs: tuple[Need, ...]
    made: float
    clock: Clock
    extra: Any = field(default=None, repr=False)
    """What `read` returned in the reservation's commit."""

    def check_fresh(self) -> None:
        """To be called right before the socket is written; StaleReservationError for one older than 5 s."""
        age = self.clock.monotonic() - self.made
        if age > STALE:
            code = _code(self.needs[0].scope) if self.needs else EXACT_SUSPENDED
            raise StaleReservationError(code, f"a reservation {age:.1f} s old is given up before it is sent")


class Budgets:
    """Reserves, and notes answers. One per process: it also keeps each scope's window by its own monotonic clock."""

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, scale: Scale, off: bool = False, rules: BudgetRules | None = None
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._scale = scale
        self._off = off
        self._rules = rules or BudgetRules()
        self._own: dict[str, BudgetState] = {}

    async def reserve(
        self,
        needs: Sequence[Need],
        lease: Fence | None = None,
        read: Callable[[Connection], Awaitable[Any]] | None = None,
    ) -> Reservation:
        """Take all `needs` in one commit, or none.

        SuspendedError(until, by `clock.now()`) where one is spent. `read` runs in the same commit and may raise to
        undo the reservation. With limits off only `read` runs.
        """
        made = self._clock.monotonic()
        reservation = Reservation(uuid.uuid4().hex[:16], () if self._off else tuple(needs), made, self._clock)
        if self._off:
            if read is not None:
                async with self._pool.acquire() as connection:
                    reservation.extra = await read(connection)
            return reservation
        self._check_own(needs, made)
        async with self._pool.acquire() as connection:
            refused = await self._reserve(connection, reservation, lease, read)
        if refused is not None:
            raise refused
        self._note_own(reservation, made)
        return reservation

    async def answered(
        self,
        reservation: Reservation,
        *,
        remaining: int | None = None,
        remaining_for: float | None = None,
        day_remaining: int | None = None,
        retry_after: float | None = None,
        error: bool = False,
        day_resets_in: float | None = None,
    ) -> None:
        """Note the answer of a call.

        `remaining`, `remaining_for`, `day_remaining`, `day_resets_in`, `retry_after` speak of the first need's scope,
        times in wall seconds; `error` of all. An answer is a fact: it needs no lease.
        """
        if not reservation.needs:
            return
        told = Report(remaining, remaining_for, day_remaining, retry_after, error, day_resets_in)
        reports = [told, *(Report(error=error) for _ in reservation.needs[1:])]
        by_scope = {need.scope: report for need, report in zip(reservation.needs, reports, strict=True)}

        def change(state: BudgetState, need: Need, now: float) -> BudgetState:
            return self._rules.answer(state, self._rule(need), reservation.id, by_scope[need.scope], now)

        await self._change(reservation, change)
        self._answer_own(reservation, by_scope)

    async def release(self, reservation: Reservation) -> None:
        """Give back a reservation of which no byte was sent."""
        if not reservation.needs:
            return
        await self._change(reservation, lambda state, _need, _now: self._rules.release(state, reservation.id))
        for need in reservation.needs:
            own = self._own.get(need.scope, BudgetState())
            self._own[need.scope] = self._rules.release(own, reservation.id)

    async def suspend(self, scope: str, rule: WindowRule, seconds: float) -> None:
        """Suspend a scope for so many wall seconds; never shortens a suspension."""
        if self._off:
            return
        need = Need(scope, rule)
        told = Report(retry_after=seconds)
        reservation = Reservation("", (need,), 0.0, self._clock)
        await self._change(
            reservation, lambda state, _need, now: self._rules.answer(state, self._rule(need), "", told, now)
        )

    def _rule(self, need: Need) -> WindowRule:
        return need.rule.scaled(self._scale.factor)

    def _check_own(self, needs: Sequence[Need], now: float) -> None:
        """The window by the own monotonic clock, which a jump of Postgres' clock does not move."""
        for need in needs:
            rule = self._rule(need).own()
            own = self._rules.settle(self._own.get(need.scope, BudgetState()), rule, now)
            self._own[need.scope] = own
            until = self._rules.refused_until(own, rule, need.cost, now)
            if until is not None:
                raise self._suspended(need.scope, until - now)

    def _note_own(self, reservation: Reservation, now: float) -> None:
        for need in reservation.needs:
            own = self._own[need.scope]
            self._own[need.scope] = self._rules.reserve(own, reservation.id, need.cost, now)

    def _answer_own(self, reservation: Reservation, reports: Mapping[str, Report]) -> None:
        now = self._clock.monotonic()
        for need in reservation.needs:
            rule, report = self._rule(need).own(), reports[need.scope]
            own = self._rules.settle(self._own.get(need.scope, BudgetState()), rule, now)
            told = Report(retry_after=report.retry_after, error=report.error)
            self._own[need.scope] = self._rules.answer(own, rule, reservation.id, told, now)

    async def _reserve(
        self,
        connection: Connection,
        reservation: Reservation,
        lease: Fence | None,
        read: Callable[[Connection], Awaitable[Any]] | None,
    ) -> SuspendedError | None:
        """The transaction of `reserve`; a refusal is returned, so that settled states are kept."""
        async with connection.transaction():
            if lease is not None:
                await lease.fence(connection)
            states, now = await self._locked(connection, reservation.needs)
            refused: SuspendedError | None = None
            for need in reservation.needs:
                until = self._rules.refused_until(states[need.scope], self._rule(need), need.cost, now)
                if until is not None and (refused is None or self._clock.now() + until - now > refused.until):
                    refused = self._suspended(need.scope, until - now)
            if refused is None:
                for need in reservation.needs:
                    states[need.scope] = self._rules.reserve(states[need.scope], reservation.id, need.cost, now)
            await self._write(connection, reservation.needs, states)
            if refused is None and read is not None:
                reservation.extra = await read(connection)
            return refused

    async def _change(
        self, reservation: Reservation, change: Callable[[BudgetState, Need, float], BudgetState]
    ) -> None:
        """Apply `change` to each scope's settled state, in one commit."""
        async with self._pool.acquire() as connection, connection.transaction():
            states, now = await self._locked(connection, reservation.needs)
            for need in reservation.needs:
                states[need.scope] = change(states[need.scope], need, now)
            await self._write(connection, reservation.needs, states)

    async def _locked(self, connection: Connection, needs: Sequence[Need]) -> tuple[dict[str, BudgetState], float]:
        """The settled states of all scopes, locked in the order of their names, and Postgres' time after that."""
        scopes = sorted(need.scope for need in needs)
        rows = await connection.fetch(_LOCK, scopes)
        if len(rows) < len(scopes):
            await connection.execute(_CREATE, scopes)
            rows = await connection.fetch(_LOCK, scopes)
        now: float = max(row["now"] for row in rows)
        read = {row["scope"]: _STATE.decode(row["state"]) for row in rows}
        return {need.scope: self._rules.settle(read[need.scope], self._rule(need), now) for need in needs}, now

    async def _write(self, connection: Connection, needs: Sequence[Need], states: dict[str, BudgetState]) -> None:
        rules = [self._rule(need) for need in needs]
        await connection.execute(
            _WRITE,
            [need.scope for need in needs],
            [msgspec.json.encode(states[need.scope]).decode() for need in needs],
            [rule.limit for rule in rules],
            [rule.seconds for rule in rules],
            [rule.day_limit for rule in rules],
            [rule.day_seconds if rule.day_limit is not None else None for rule in rules],
        )

    def _suspended(self, scope: str, seconds: float) -> SuspendedError:
        return SuspendedError(_code(scope), f"{scope} is spent for {seconds:.1f} s", self._clock.now() + seconds)


def _code(scope: str) -> Code:
    """The error code of a scope's vendor."""
    return PBI_SUSPENDED if scope.startswith("powerbi/") else EXACT_SUSPENDED
