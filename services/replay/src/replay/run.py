"""Runs replays: one process at a time, under a lease."""

from __future__ import annotations

import asyncio
import json
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Clock, Scale
from exactbi.failures import replays
from exactbi.failures.closing import close_mended
from exactbi.messages import topics
from exactbi.outbox.write import write
from exactbi.postgres.lease import Lease, hold
from replay.events import Origin, as_is, from_raw_chunk, refetch
from replay.plan import Progress, Step, next_step
from replay.settings import CLOSE_EVERY_S, COURTESY_S, LEASE, LOOK_EVERY_S

RAW: Final = "select key, headers, value from outbox where id = $1 and topic = 'raw-records'"
LIVE: Final = """
select coalesce(sum(lag), 0) from consumer_lag
where at > clock_timestamp() - interval '15 seconds' and topic in ('entity-keys', 'raw-records', 'rows')"""

log = structlog.get_logger(__name__)


class Runner:
    """The worker: moves replays on, and closes what is mended."""

    def __init__(self, pool: asyncpg.Pool, dsn: str, clock: Clock, scale: Scale) -> None:
        self._pool = pool
        self._dsn = dsn
        self._clock = clock
        self._scale = scale
        self._held_since: float | None = None
        self.in_flight = 0

    async def run(self) -> None:
        """Until cancelled; a lost lease and outages fly."""
        async with hold(self._dsn, LEASE, self._clock) as lease:
            closed_at = 0.0
            while True:
                await lease.ping()
                if self._clock.monotonic() - closed_at >= CLOSE_EVERY_S:
                    await close_mended(self._pool)
                    closed_at = self._clock.monotonic()
                await self.look(lease)
                await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, lease: Lease) -> None:
        """One step of every replay that is to move."""
        moving = await replays.moving(self._pool)
        if not moving or await self._yields():
            return
        for row in moving:
            await lease.ping()
            progress = Progress(
                row["state"], row["canary"], row["per_second"], row["waiting"], row["sent"], row["done"], row["failed"]
            )
            await self._take_step(lease, row, next_step(progress))

    async def _yields(self) -> bool:
        """Whether live traffic goes first: as long as it waits, but not for ever."""
        if await self._pool.fetchval(LIVE) == 0:
            self._held_since = None
            return False
        now = self._clock.monotonic()
        self._held_since = now if self._held_since is None else self._held_since
        return now - self._held_since < self._scale.seconds(COURTESY_S)

    async def _take_step(self, lease: Lease, replay: asyncpg.Record, step: Step) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await lease.fence(connection)
            if step.state != replay["state"]:
                await replays.step(connection, replay["id"], step.state, replay["state"])
                log.info("replay", id=replay["id"], state=step.state)
            rows = await replays.waiting(connection, replay["id"], step.send) if step.send else []
            self.in_flight = len(rows)
            try:
                for row in rows:
                    await self._replay(connection, replay, row)
            finally:
                self.in_flight = 0

    async def _replay(
        self, connection: asyncpg.pool.PoolConnectionProxy, replay: asyncpg.Record, row: asyncpg.Record
    ) -> None:
        if row["state"] != "open":
            await replays.note_ended(connection, replay["id"], row["id"], is_mended=True)
            return
        origin = Origin(
            row["id"], row["origin_topic"], row["origin_event"], row["key"], row["packed"], json.loads(row["headers"]),
            row["customer"], row["stream"], row["division"], row["record"],
        )  # fmt: skip
        if origin.topic == topics.ROWS:
            raw = await connection.fetchrow(RAW, row["origin_chunk"])
            if raw is None:
                await replays.note_ended(connection, replay["id"], row["id"], is_mended=False)
                return
            origin = from_raw_chunk(origin, raw["key"], raw["value"], json.loads(raw["headers"]))
        if replay["mode"] == "refetch":
            event = refetch(origin, replay["id"], self._clock.now())
        else:
            event = as_is(origin, replay["id"])
        await write(connection, [event])
        await replays.note_sent(connection, replay["id"], row["id"], event.event_id)
