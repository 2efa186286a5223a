"""The relay: publishes what the outbox holds; any number of them, in any processes, share the rows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import asyncpg
import structlog

from exactbi.clock import Scale
from exactbi.errors import TransientError
from exactbi.messages import topics
from exactbi.observability import metrics
from exactbi.outbox import rules
from exactbi.outbox.write import CHANNEL, Connection
from exactbi.postgres.listening import listening

ROUND_ROWS: Final = 200
ROUND_BYTES: Final = 32 * 2**20
POLL_S: Final = 1.0
"""A notification is a hint; this is the guarantee."""
COALESCE_S: Final = 0.01
"""From a notification to the round that it wakes: writes that come together are one round."""
AWAY_S: Final = 1.0
"""How long to wait where the broker confirmed nothing."""

TAKE: Final = """
select id, octet_length(value) as size from outbox where published_at is null
order by id limit $1 for update skip locked"""
READ: Final = """
select id, event_id, topic, key, headers, value, republished from outbox where id = any($1::bigint[]) order by id"""
MARK: Final = """
update outbox set published_at = clock_timestamp(), partition = sent.partition, "offset" = sent.at,
  republish_at = clock_timestamp() + make_interval(secs => sent.patience)
from unnest($1::bigint[], $2::int[], $3::bigint[], $4::float8[]) as sent(id, partition, at, patience)
where outbox.id = sent.id"""

log = structlog.get_logger(__name__)


class Placed(Protocol):
    """Where a message went."""

    @property
    def partition(self) -> int:
        """Of the topic."""
        ...

    @property
    def offset(self) -> int:
        """In the partition."""
        ...


class Sender(Protocol):
    """What the relay needs of the broker."""

    async def send(self, topic: str, key: bytes, packed: bytes, headers: Mapping[str, str]) -> Placed:
        """Return when the broker has it (acks=all); TransientError where it may not have."""
        ...


def fitting(sizes: Sequence[int], most: int) -> int:
    """How many of the first rows fit into `most` bytes: at least one."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if total > most:
            return max(1, count)
    return len(sizes)


class Relay:
    """Publishes rows as they come; a row that is sent and not marked, because we died, is sent again."""

    def __init__(self, pool: asyncpg.Pool, sender: Sender, scale: Scale) -> None:
        self._pool = pool
        self._sender = sender
        self._scale = scale
        self._woken = asyncio.Event()
        self.in_flight = 0

    async def run(self) -> None:
        """Until cancelled; errors of PostgreSQL fly, also where only the listening connection ends."""
        async with listening(self._pool, CHANNEL, self._wake) as connection:
            while True:
                self._woken.clear()
                await self._drain()
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._woken.wait()
                        await asyncio.sleep(COALESCE_S)
                except TimeoutError:
                    await connection.execute("select 1")

    def _wake(self, _payload: str) -> None:
        self._woken.set()

    async def _drain(self) -> None:
        while True:
            taken, sent = await self.round()
            if taken and not sent:
                await asyncio.sleep(AWAY_S)
            elif taken == sent and taken < ROUND_ROWS:
                return

    async def round(self) -> tuple[int, int]:
        """One transaction: take rows, send them all, mark those that were confirmed. How many of each."""
        async with self._pool.acquire() as connection, connection.transaction():
            taken = await connection.fetch(TAKE, ROUND_ROWS)
            if not taken:
                return 0, 0
            ids = [row["id"] for row in taken[: fitting([row["size"] for row in taken], ROUND_BYTES)]]
            self.in_flight = len(ids)
            try:
                return len(taken), await self._send(connection, await connection.fetch(READ, ids))
            finally:
                self.in_flight = 0

    async def _send(self, connection: Connection, rows: Sequence[asyncpg.Record]) -> int:
        answers = await asyncio.gather(*(self._send_row(row) for row in rows))
        sent = [(row, placed) for row, placed in zip(rows, answers, strict=True) if placed is not None]
        await connection.execute(
            MARK,
            [row["id"] for row, _ in sent],
            [placed.partition for _, placed in sent],
            [placed.offset for _, placed in sent],
            [self._patience(row) for row, _ in sent],
        )
        for row, _ in sent:
            metrics.OUTBOX_PUBLISHED.labels(row["topic"]).inc()
        return len(sent)

    def _patience(self, row: asyncpg.Record) -> float | None:
        if row["topic"] == topics.ROWS:
            return None
        return rules.patience(row["republished"], self._scale.factor)

    async def _send_row(self, row: asyncpg.Record) -> Placed | None:
        headers = json.loads(row["headers"]) | {topics.CHUNK: str(row["id"]), topics.EVENT: str(row["event_id"])}
        try:
            return await self._sender.send(row["topic"], row["key"], row["value"], headers)
        except TransientError as error:
            log.warning("not published", chunk=row["id"], topic=row["topic"], error=str(error))
            return None
