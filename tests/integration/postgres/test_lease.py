"""Leases on a real server."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from exactbi.clock import SystemClock
from exactbi.postgres.lease import Lease, LeaseLostError, hold, try_hold

END_SESSIONS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where application_name = 'exactbi lease' and datname = current_database()"""


class Hurried(SystemClock):
    """A clock by which the next ping is always due."""

    def __init__(self) -> None:
        self._ticks = 0.0

    def monotonic(self) -> float:
        self._ticks += 10.0
        return self._ticks


async def fenced(pool: asyncpg.Pool, lease: Lease) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await lease.fence(connection)


async def test_one_holds_and_the_epoch_rises_with_each_holder(dsn: str) -> None:
    async with hold(dsn, "dataset/1", SystemClock()) as first:
        async with try_hold(dsn, "dataset/1", SystemClock()) as second:
            assert second is None
        async with try_hold(dsn, "dataset/2", SystemClock()) as other:
            assert other is not None
    async with try_hold(dsn, "dataset/1", SystemClock()) as third:
        assert third is not None
        assert third.epoch == first.epoch + 1


async def test_a_waiting_holder_takes_over_as_soon_as_the_session_ends(dsn: str, pool: asyncpg.Pool) -> None:
    async with hold(dsn, "division/1", SystemClock()) as first:
        taken: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def wait() -> None:
            async with hold(dsn, "division/1", SystemClock()) as second:
                taken.set_result(second.epoch)

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.2)
        assert not taken.done()
        await pool.execute(
            "select pg_terminate_backend(l.pid) from pg_locks l where l.locktype = 'advisory' and l.granted "
            "and l.database = (select oid from pg_database where datname = current_database())"
        )
        assert await asyncio.wait_for(taken, 30.0) == first.epoch + 1
        await waiting


async def test_who_lost_the_lease_writes_nothing_more(dsn: str, pool: asyncpg.Pool) -> None:
    async with hold(dsn, "division/1", Hurried()) as old:
        await fenced(pool, old)
        await pool.execute(END_SESSIONS)
        async with hold(dsn, "division/1", SystemClock()) as new:
            with pytest.raises(LeaseLostError):
                await fenced(pool, old)
            with pytest.raises(LeaseLostError):
                await old.ping()
            await fenced(pool, new)


async def test_a_take_over_waits_for_a_transaction_that_is_fenced(dsn: str, pool: asyncpg.Pool) -> None:
    async with hold(dsn, "division/1", SystemClock()) as old:
        async with pool.acquire() as connection, connection.transaction():
            await old.fence(connection)
            await pool.execute(END_SESSIONS)
            taking = asyncio.create_task(_epoch(dsn))
            done, _ = await asyncio.wait({taking}, timeout=0.3)
            assert not done
        assert await taking == old.epoch + 1


async def _epoch(dsn: str) -> int:
    async with hold(dsn, "division/1", SystemClock()) as lease:
        return lease.epoch


async def test_a_holder_that_hangs_loses_the_lease_within_15_seconds(dsn: str) -> None:
    async with hold(dsn, "division/1", SystemClock()) as hung:
        begun = asyncio.get_running_loop().time()

        assert await _epoch(dsn) == hung.epoch + 1

        assert 10 < asyncio.get_running_loop().time() - begun < 25


async def test_a_long_wait_is_given_up_when_the_lease_is_lost(dsn: str, pool: asyncpg.Pool) -> None:
    async with hold(dsn, "division/1", Hurried()) as lease:
        assert await lease.keep(asyncio.sleep(0.01, "done")) == "done"
        await pool.execute(END_SESSIONS)
        slow = asyncio.ensure_future(asyncio.sleep(60))
        with pytest.raises(LeaseLostError):
            await lease.keep(slow)
        assert slow.cancelled()


async def test_who_waits_on_a_server_that_fell_silent_asks_anew(dsn: str) -> None:
    silent = asyncio.Event()
    relays: list[asyncio.Task[None]] = []
    writers: list[asyncio.StreamWriter] = []
    there = urlsplit(dsn)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mutes: asyncio.Event) -> None:
        while data := await reader.read(65_536):
            if not mutes.is_set():
                writer.write(data)
                await writer.drain()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mutes = asyncio.Event() if silent.is_set() else silent
        up_reader, up_writer = await asyncio.open_connection(there.hostname, there.port)
        writers.extend((writer, up_writer))
        relays.append(asyncio.create_task(relay(reader, up_writer, mutes)))
        relays.append(asyncio.create_task(relay(up_reader, writer, mutes)))

    async def wait(through: str) -> int:
        async with hold(through, "division/1", SystemClock(), wait_s=2.0) as lease:
            return lease.epoch

    proxy = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    credentials = there.netloc.rpartition("@")[0]
    through = urlunsplit(there._replace(netloc=f"{credentials}@127.0.0.1:{port}"))
    try:
        async with hold(dsn, "division/1", SystemClock()) as first:
            waiting = asyncio.create_task(wait(through))
            async with asyncio.timeout(60.0):
                while len(relays) < 2 or not await _waits(dsn):  # noqa: ASYNC110 - PostgreSQL tells nobody of a wait
                    await asyncio.sleep(0.02)
            silent.set()
        assert await asyncio.wait_for(waiting, 60.0) == first.epoch + 1
    finally:
        proxy.close()
        for task in relays:
            task.cancel()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*relays, *(writer.wait_closed() for writer in writers), return_exceptions=True)


async def _waits(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        return bool(
            await connection.fetchval(
                "select exists (select from pg_locks where locktype = 'advisory' and not granted and database = "
                "(select oid from pg_database where datname = current_database()))"
            )
        )
    finally:
        await connection.close()
