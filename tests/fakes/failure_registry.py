"""A customer with a dataset and a division, whose failures are reported, closed and replayed."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import asyncpg

from exactbi.clock import Scale, SystemClock
from exactbi.errors import MAP_FIELD, ExactbiError, PermanentError
from exactbi.failures import replays
from exactbi.failures.closing import close_mended
from exactbi.failures.query import Filter
from exactbi.kafka.subscription import Message
from exactbi.messages import topics
from exactbi.outbox.failures import FailedRecord, failure_event
from exactbi.outbox.outgoing import Outgoing
from exactbi.postgres.lease import hold
from replay.handlers import Keeper
from replay.run import Runner

RECORD = str(uuid.UUID(int=11))
PARENT = str(uuid.UUID(int=12))
BROKEN = PermanentError(MAP_FIELD, "Code: no text")


class Registry:
    """A customer with a dataset and a division; reports come as the relay would bring them."""

    def __init__(self, pool: asyncpg.Pool, dsn: str) -> None:
        self.pool, self.dsn = pool, dsn
        self.dataset = self.division = 0

    async def furnish(self) -> None:
        await self.pool.execute("insert into customer (id) values ('acme')")
        self.dataset = await self.pool.fetchval(
            "insert into dataset (customer, name, workspace, schema) values ('acme', 'finance', 'w', '{}') returning id"
        )
        self.division = await self.pool.fetchval(
            "insert into division (customer, connection, site, code) values ('acme', 'main', 'nl', 7) returning id"
        )

    def failed(self, version: int = 20, **changed: Any) -> FailedRecord:
        found = FailedRecord(self.dataset, "GLAccounts", "nl/7", RECORD, 1, version, b"chunk of one", "Code")
        return replace(found, **changed)

    def origin(self, chunk: int = 5, **headers: str) -> Message:
        carried = {topics.CUSTOMER: "acme", topics.STREAM: "GLAccounts", topics.DIVISION: "nl/7", "call": "c1"}
        event = {topics.CHUNK: str(chunk), topics.EVENT: str(uuid.UUID(int=chunk))}
        return Message(topics.RAW_RECORDS, b"key", b"whole chunk", carried | event | headers, 0, 0)

    async def report(
        self,
        origin: Message,
        record: FailedRecord | None,
        revision: int = 1,
        stage: str = "transformer",
        error: ExactbiError = BROKEN,
    ) -> Message:
        event = failure_event(origin, error, stage, at=1e9, record=record, revisions=(revision, 0))
        message = await self.relayed(event)
        await Keeper(self.pool).handle(message)
        return message

    async def relayed(self, event: Outgoing) -> Message:
        chunk = await self.pool.fetchval("select nextval(pg_get_serial_sequence('outbox', 'id'))")
        sent = {**event.headers, topics.CHUNK: str(chunk), topics.EVENT: str(event.event_id)}
        return Message(event.topic, event.key, event.packed, sent, 0, 0)

    async def gate(
        self, version: int, rev: int, state: str = "live", record: str = RECORD, parent: str | None = None
    ) -> None:
        await self.pool.execute(
            "insert into record (dataset, stream, division, record, generation, version, mapping_rev, parent, state, "
            "chunk) values ($1, 'GLAccounts', $2, $3, 1, $4, $5, $6, $7, 1) "
            "on conflict (dataset, stream, division, record) "
            "do update set version = $4, mapping_rev = $5, parent = $6, state = $7",
            self.dataset, self.division, record, version, rev, parent, state,
        )  # fmt: skip

    async def states(self) -> list[str]:
        await close_mended(self.pool)
        return [row["state"] for row in await self.pool.fetch("select state from failure order by first_at, id")]

    async def plan(self, mode: str = "as-is", **wanted: Any) -> int:
        async with self.pool.acquire() as connection:
            return await replays.plan(
                connection, Filter(**{"customer": "acme", "code": "MAP_FIELD"} | wanted), mode, "", "me"
            )

    async def move(self, replay: int, verb: str, canary: int | None = None) -> None:
        async with self.pool.acquire() as connection:
            await replays.move(connection, replay, verb, "me", canary)

    async def look(self, times: int = 1) -> None:
        runner = Runner(self.pool, self.dsn, SystemClock(), Scale())
        async with hold(self.dsn, "replay", SystemClock()) as lease:
            for _ in range(times):
                await close_mended(self.pool)
                await runner.look(lease)

    async def progress(self, replay: int) -> tuple[str, int, int, int]:
        (shown,) = await replays.show(self.pool, replay)
        return shown["state"], shown["total"], shown["done"], shown["failed"]

    async def published(self) -> list[asyncpg.Record]:
        return await self.pool.fetch("select * from outbox order by id")

    async def row(self, image: int | None, refused: int | None) -> None:
        """A wanted row of the record, due in the one sink."""
        sink = await self.pool.fetchval("insert into sink (dataset) values ($1) returning id", self.dataset)
        await self.pool.execute(
            "insert into row_wanted (dataset, stream, division, record, tbl, ordinal, row_id, image, hash, unit) "
            "values ($1, 'GLAccounts', $2, $3, 'GL Accounts', 0, 77, $4, 'h', 'u')",
            self.dataset, self.division, RECORD, image,
        )  # fmt: skip
        await self.pool.execute(
            "insert into due (sink, tbl, row_id, unit, first_chunk, refused_image) "
            "values ($1, 'GL Accounts', 77, 'u', 1, $2)",
            sink,
            refused,
        )
