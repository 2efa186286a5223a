"""Notifications of PostgreSQL: hints that wake; what they tell of is found by looking, too."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import asyncpg

from exactbi.postgres.pool import OUTAGES

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]


@contextlib.asynccontextmanager
async def listening(pool: asyncpg.Pool, channel: str, heard: Callable[[str], None]) -> AsyncIterator[Connection]:
    """Call `heard` with the payload of every notification; yields the connection, to notice a cut by."""

    def called(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        heard(str(payload))

    async with pool.acquire() as connection:
        await connection.add_listener(channel, called)
        try:
            yield connection
        finally:
            # A connection that is being cut answers nothing, and must not go back to the pool with a listener on it.
            with contextlib.suppress(*OUTAGES):
                await connection.remove_listener(channel, called)
            with contextlib.suppress(*OUTAGES):
                if connection.is_closed():
                    connection.terminate()
