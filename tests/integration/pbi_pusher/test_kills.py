"""Delivery whose process dies, hangs or has a rival: nothing is lost, nothing counts twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from exactbi.clock import SystemClock
from exactbi.postgres.lease import Lease, LeaseLostError, hold
from fakes.power_bi import FakePowerBi
from fakes.sink import ACCOUNTS, LINES, PATIENCE_S, Bench, Books
from pbi_pusher import batches as core
from pbi_pusher.books import Connection, Sink
from pbi_pusher.crew import SinkWorker
from pbi_pusher.deliver import Delivery
from pbi_pusher.ledger import Fence, Ledger
from pbi_pusher.upkeep import Hands


class KilledError(Exception):
    """The process is gone."""


def mortal(dies_at: int, *, after: bool) -> type[Ledger]:
    """A ledger whose process dies right before, or right after, so many commits."""

    class Mortal(Ledger):
        commits = 0

        @contextlib.asynccontextmanager
        async def commit(self) -> AsyncIterator[Connection]:
            type(self).commits += 1
            dies = self.commits == dies_at
            async with super().commit() as connection:
                yield connection
                if dies and not after:
                    raise KilledError
            if dies:
                raise KilledError

    return Mortal


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_kill_at_any_commit_loses_nothing_and_doubles_nothing(
    bench: Bench, books: Books, sink: FakePowerBi, after: bool
) -> None:
    for dies_at in range(1, 12):
        await books.want(LINES, {"a": f"one{dies_at}", "b": f"two{dies_at}"}, unit="u")
        await books.want(ACCOUNTS, {f"{dies_at}": "cash"})
        with contextlib.suppress(KilledError):
            async with hold(bench.dsn, f"sink/{books.sink.id}", bench.clock) as lease:
                delivery = await bench.begun(sink, lease, mortal(dies_at, after=after))
                await bench.settle(sink, delivery)
                await books.want(LINES, {"a": f"eleven{dies_at}", "b": None}, unit="u")
                await bench.settle(sink, delivery)
        if dies_at > 3:
            async with bench.delivery(sink) as delivery:
                await bench.settle(sink, delivery)
    assert len(sink.created) == 1


async def test_two_pushers_at_once_take_turns_when_a_lease_is_lost(
    bench: Bench, books: Books, sink: FakePowerBi, pool: asyncpg.Pool
) -> None:
    gateway = await bench.gateway(sink)

    def build(known: Sink, lease: Lease, hands: Hands) -> Delivery:
        ledger = Ledger(pool, known, lease, bench.clock)
        return Delivery(ledger, lease, gateway, bench.windows, bench.clock, hands)

    workers = [SinkWorker(books.sink, build, bench.dsn, bench.clock) for _ in range(2)]
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        for n in range(12):
            await books.want(LINES, {"a": f"v{n}", f"k{n % 4}": f"w{n}" if n % 3 else None}, unit="u")
            await asyncio.sleep(0.05)
            if n % 4 == 1:
                await _end_lease_sessions(pool)
        await _until(lambda: bench.is_settled(sink))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _end_lease_sessions(pool: asyncpg.Pool) -> None:
    await pool.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity a join pg_locks l using (pid) "
        "where l.locktype = 'advisory' and l.granted and a.datname = current_database()"
    )


async def _until(holds: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():  # type: ignore[misc] # noqa: ASYNC110 - the database is what is waited for
            await asyncio.sleep(0.05)


async def test_whoever_lost_the_lease_commits_nothing(bench: Bench, books: Books, pool: asyncpg.Pool) -> None:
    class Lost(Fence):
        async def fence(self, connection: Connection, /) -> None:
            raise LeaseLostError("sink")

    ledger = Ledger(pool, books.sink, Lost(), bench.clock)
    with pytest.raises(LeaseLostError):
        await ledger.take_over()


class LeapingClock(SystemClock):
    """A monotonic clock that leaps ahead when told, as after a pause of the process."""

    leap = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.leap


class PausedLedger(Ledger):
    """The process is paused between the commit of `sending` and the socket write, once."""

    async def begin(self, batch: core.Batch) -> core.Batch:
        begun = await super().begin(batch)
        assert isinstance(self._clock, LeapingClock)
        if self._clock.leap == 0.0:
            asyncio.get_running_loop().call_soon(self._leap)
        return begun

    def _leap(self) -> None:
        assert isinstance(self._clock, LeapingClock)
        self._clock.leap = core.STALE_S + 1


async def test_a_post_that_comes_late_after_its_commit_is_not_sent(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    bench.clock = LeapingClock()
    await books.want(LINES, {"a": "one"})
    async with hold(bench.dsn, f"sink/{books.sink.id}", SystemClock()) as lease:
        delivery = await bench.begun(sink, lease, PausedLedger)
        await bench.settle(sink, delivery)
    states = await bench.pool.fetch("select state, attempts from push_batch")
    assert [(row["state"], row["attempts"]) for row in states] == [("confirmed", 2)]
    assert len(sink.posted) == 1
