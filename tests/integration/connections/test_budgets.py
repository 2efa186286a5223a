"""Budgets in Postgres: several scopes in one commit, shared by processes, refused by whichever is spent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from exactbi.clock import Scale, SystemClock
from exactbi.connections.budget_rules import WindowRule
from exactbi.connections.budgets import Budgets, Need, Reservation, StaleReservationError
from exactbi.errors import EXACT_SUSPENDED, PBI_SUSPENDED, SuspendedError
from fakes.clocks import HeldClock

if TYPE_CHECKING:
    from exactbi.connections.budgets import Connection

DIVISION = Need("exact/nl/app/1", WindowRule(limit=5, seconds=60))
ERRORS = Need("exact/nl/app/errors", WindowRule(limit=2, seconds=3_600, errors_only=True))


def budgets(pool: asyncpg.Pool, factor: float = 1.0, off: bool = False) -> Budgets:
    return Budgets(pool, SystemClock(), Scale(factor), off)


async def take(shared: Budgets, *needs: Need) -> bool:
    try:
        await shared.reserve(needs)
    except SuspendedError:
        return False
    return True


async def test_processes_together_never_exceed_the_limit(pool: asyncpg.Pool) -> None:
    processes = [budgets(pool) for _ in range(4)]
    taken = await asyncio.gather(*(take(processes[n % 4], DIVISION, ERRORS) for n in range(40)))
    assert sum(taken) == 2
    assert sum(await asyncio.gather(*(take(processes[n % 4], DIVISION) for n in range(40)))) == 3


async def test_a_refused_scope_leaves_the_others_untouched(pool: asyncpg.Pool) -> None:
    shared = budgets(pool)
    assert [await take(shared, ERRORS) for _ in range(3)] == [True, True, False]
    assert not await take(shared, DIVISION, ERRORS)
    assert [await take(budgets(pool), DIVISION) for _ in range(6)] == [True] * 5 + [False]


async def test_the_refusal_names_its_vendor_and_its_end(pool: asyncpg.Pool) -> None:
    shared = budgets(pool)
    need = Need("powerbi/dataset", WindowRule(limit=1, seconds=60))
    await shared.reserve([need])
    with pytest.raises(SuspendedError) as raised:
        await shared.reserve([need])
    assert raised.value.code is PBI_SUSPENDED
    assert 170 < raised.value.until - SystemClock().now() < 181


async def test_an_answer_frees_what_counts_no_longer(pool: asyncpg.Pool) -> None:
    shared = budgets(pool, factor=60)
    quick = Need(DIVISION.scope, WindowRule(limit=1, seconds=60))
    await shared.answered(await shared.reserve([quick, ERRORS]))
    assert not await take(shared, quick)
    await asyncio.sleep(1.1)
    assert await take(shared, quick)


async def test_a_retry_after_is_kept_for_all_processes(pool: asyncpg.Pool) -> None:
    shared = budgets(pool)
    await shared.answered(await shared.reserve([DIVISION, ERRORS]), retry_after=30)
    with pytest.raises(SuspendedError) as raised:
        await budgets(pool).reserve([DIVISION])
    assert raised.value.code is EXACT_SUSPENDED
    assert 25 < raised.value.until - SystemClock().now() <= 31


async def test_the_own_window_holds_when_the_database_forgets(pool: asyncpg.Pool) -> None:
    shared = budgets(pool)
    for _ in range(5):
        await shared.answered(await shared.reserve([DIVISION]))
    await pool.execute("delete from budget")
    assert not await take(shared, DIVISION)
    assert await take(budgets(pool), DIVISION)


async def test_a_release_gives_back(pool: asyncpg.Pool) -> None:
    shared = budgets(pool)
    single = Need("exact/nl/app/2", WindowRule(limit=1, seconds=60, day_limit=1))
    await shared.release(await shared.reserve([single]))
    assert await take(shared, single)


async def test_what_is_read_comes_from_the_same_commit_and_may_undo_it(pool: asyncpg.Pool) -> None:
    async def refuse(_: object) -> None:
        raise RuntimeError("no token")

    async def number(connection: Connection) -> int:
        assert connection.is_in_transaction()
        return 7

    shared = budgets(pool)
    single = Need("exact/nl/app/3", WindowRule(limit=1, seconds=60))
    with pytest.raises(RuntimeError):
        await shared.reserve([single], read=refuse)
    assert (await shared.reserve([single], read=number)).extra == 7


async def test_a_lost_lease_reserves_nothing(pool: asyncpg.Pool) -> None:
    class Lost:
        async def fence(self, _: object) -> None:
            raise RuntimeError("lost")

    with pytest.raises(RuntimeError):
        await budgets(pool).reserve([DIVISION], lease=Lost())
    assert await pool.fetchval("select count(*) from budget") == 0


async def test_with_limits_off_nothing_is_written(pool: asyncpg.Pool) -> None:
    shared = budgets(pool, off=True)
    for _ in range(20):
        await shared.answered(await shared.reserve([DIVISION]), retry_after=60)
    assert await pool.fetchval("select count(*) from budget") == 0


def test_a_reservation_grows_stale_in_five_seconds() -> None:
    clock = HeldClock()
    reservation = Reservation("r", (DIVISION,), clock.monotonic(), clock)
    clock.advance(5)
    reservation.check_fresh()
    clock.advance(0.1)
    with pytest.raises(StaleReservationError):
        reservation.check_fresh()
