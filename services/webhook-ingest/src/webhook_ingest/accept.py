"""Group commit: notices that arrive together become durable together, and only then are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import structlog

from exactbi.outbox.outgoing import Outgoing
from exactbi.outbox.write import write
from exactbi.postgres.pool import OUTAGES
from webhook_ingest.notice import Refusal, RefusedError
from webhook_ingest.settings import ACCEPT_TIMEOUT_S, GATHER_TURNS, GROUP_ROWS, QUEUE_ROWS

log = structlog.get_logger(__name__)

Waiting = tuple[Sequence[Outgoing], asyncio.Future[None]]


class Acceptor:
    """Writes notices to the outbox in groups; `run` is the loop that does it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue(QUEUE_ROWS)
        self._group: list[Waiting] = []

    @property
    def in_flight(self) -> int:
        """Notices that are neither durable nor refused."""
        return self._queue.qsize() + len(self._group)

    async def accept(self, events: Sequence[Outgoing]) -> None:
        """Return once the events are committed; RefusedError (BUSY) where they may not be."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((events, written))
            async with asyncio.timeout(ACCEPT_TIMEOUT_S):
                await written
        except (asyncio.QueueFull, TimeoutError):
            raise RefusedError(Refusal.BUSY) from None

    async def run(self) -> None:
        """Until cancelled. An outage of PostgreSQL refuses the group that met it."""
        while True:
            self._group.append(await self._queue.get())
            await self._gather()
            await self._write()
            self._group = []

    async def _gather(self) -> None:
        """What waits already, and what comes in the turns of the loop that its answers take; never a sleep.

        While a group is being committed the next one gathers by itself.
        """
        for _ in range(GATHER_TURNS):
            while len(self._group) < GROUP_ROWS and not self._queue.empty():
                self._group.append(self._queue.get_nowait())
            await asyncio.sleep(0)

    async def _write(self) -> None:
        error: RefusedError | None = None
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await write(connection, [event for events, _ in self._group for event in events])
        except (*OUTAGES, asyncpg.PostgresError) as problem:
            log.warning("notices are refused", count=len(self._group), error=repr(problem))
            error = RefusedError(Refusal.BUSY)
        for _, written in self._group:
            if written.done():
                continue
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)
