"""Leases: a session advisory lock says who works, an epoch says whose writes count.

The lock's session ends when its process dies (at once) or hangs (15 s after its last ping), so the work is taken
over. A holder that does not know yet that it lost the lease is stopped by `fence`, in the transaction that writes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable
from typing import Final, TypeVar

import asyncpg

from exactbi.clock import Clock
from exactbi.errors import LEASE_LOST, PART_UNREACHABLE, TransientError
from exactbi.postgres.pool import COMMAND_TIMEOUT_S, CONNECT_TIMEOUT_S, KEEPALIVE, OUTAGES

PING_EVERY_S: Final = 3.0
IDLE_SESSION: Final = "15s"
"""How long the holder may hang before the server ends its session, and the lock with it."""
PING_TIMEOUT_S: Final = 5.0
WAIT_S: Final = 60.0
"""How long one session waits for a lease: whether its server is still there shows in the next one."""

T = TypeVar("T")

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class LeaseLostError(TransientError):
    """The lease is not ours any more: give up what is in hand and ask for it anew."""

    def __init__(self, name: str) -> None:
        super().__init__(LEASE_LOST, f"lease {name} is lost")


class Lease:
    """A lease that is held; made by `hold` and `try_hold`."""

    def __init__(self, connection: asyncpg.Connection, name: str, epoch: int, clock: Clock) -> None:
        self.name = name
        self.epoch = epoch
        self._connection = connection
        self._clock = clock
        self._pinged = clock.monotonic()
        self._pinging = asyncio.Lock()

    async def ping(self) -> None:
        """Keep the session alive; call it freely from the worker's own loop, it speaks every 3 s at most.

        LeaseLostError where the session is gone.
        """
        async with self._pinging:
            if self._connection.is_closed():
                raise LeaseLostError(self.name)
            if self._clock.monotonic() - self._pinged < PING_EVERY_S:
                return
            try:
                await self._connection.execute("select 1", timeout=PING_TIMEOUT_S)
            except (*OUTAGES, asyncpg.PostgresError) as error:
                self._connection.terminate()
                raise LeaseLostError(self.name) from error
            self._pinged = self._clock.monotonic()

    async def keep(self, awaitable: Awaitable[T]) -> T:
        """Await something that may last longer than 3 s, pinging meanwhile; cancels it where the lease is lost."""
        task = asyncio.ensure_future(awaitable)
        try:
            while True:
                await self.ping()
                done, _ = await asyncio.wait({task}, timeout=PING_EVERY_S)
                if done:
                    return task.result()
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task

    async def fence(self, connection: Connection) -> None:
        """First statement of every transaction that writes under this lease; LeaseLostError where it was taken over.

        Locks the lease's row until the transaction ends, so a take-over waits for it.
        """
        epoch = await connection.fetchval(
            "select epoch from lease where name = $1 and epoch = $2 for update", self.name, self.epoch
        )
        if epoch is None:
            raise LeaseLostError(self.name)


@contextlib.asynccontextmanager
async def hold(dsn: str, name: str, clock: Clock, wait_s: float = WAIT_S) -> AsyncIterator[Lease]:
    """Wait until the lease is ours; the lock is released at the end. `dsn` must lead to PostgreSQL itself.

    Waits in sessions of `wait_s` each. TransientError (PART_UNREACHABLE) where PostgreSQL is away.
    """
    while True:
        async with _session(dsn) as connection:
            if await _is_locked(connection, name, wait_s):
                yield Lease(connection, name, await _raise_epoch(connection, name), clock)
                return


@contextlib.asynccontextmanager
async def try_hold(dsn: str, name: str, clock: Clock) -> AsyncIterator[Lease | None]:
    """The lease, or None where somebody else holds it."""
    async with _session(dsn) as connection:
        if not await connection.fetchval("select pg_try_advisory_lock(hashtextextended($1, 0))", f"lease {name}"):
            yield None
            return
        yield Lease(connection, name, await _raise_epoch(connection, name), clock)


@contextlib.asynccontextmanager
async def _session(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    settings = KEEPALIVE | {"application_name": "exactbi lease", "idle_session_timeout": IDLE_SESSION}
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S, server_settings=settings)
    except OUTAGES as error:
        raise TransientError(PART_UNREACHABLE, f"PostgreSQL: {error}") from error
    try:
        yield connection
    finally:
        connection.terminate()


async def _is_locked(connection: asyncpg.Connection, name: str, wait_s: float) -> bool:
    try:
        await connection.execute("select pg_advisory_lock(hashtextextended($1, 0))", f"lease {name}", timeout=wait_s)
    except TimeoutError:
        return False
    return True


async def _raise_epoch(connection: asyncpg.Connection, name: str) -> int:
    epoch: int = await connection.fetchval(
        "insert into lease (name, epoch, holder, taken_at) values ($1, 1, $2, now()) on conflict (name) do update "
        "set epoch = lease.epoch + 1, holder = excluded.holder, taken_at = excluded.taken_at returning epoch",
        name,
        f"{socket.gethostname()}:{os.getpid()}",
        timeout=COMMAND_TIMEOUT_S,
    )
    return epoch
