"""Up to when a stream is verified, on a real database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from exactbi.observability.freshness import freshness
from exactbi.outbox.applied import note

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class House:
    """A stream of one division that one dataset maps. Minutes are counted from noon."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.dataset = self.division = self.sink = 0

    async def furnish(self) -> None:
        pool = self.pool
        await pool.execute("insert into customer (id) values ('acme')")
        self.dataset = await pool.fetchval(
            "insert into dataset (customer, name, workspace, schema) values ('acme', 'finance', 'w', '{}') returning id"
        )
        await pool.execute(
            "insert into mapping (dataset, stream, rev, hash, configuration) values ($1, 'GLAccounts', 1, 'h', '{}')",
            self.dataset,
        )
        self.division = await pool.fetchval(
            "insert into division (customer, connection, site, code) values ('acme', 'main', 'nl', 7) returning id"
        )
        await pool.execute("insert into stream (division, stream) values ($1, 'GLAccounts')", self.division)
        self.sink = await pool.fetchval("insert into sink (dataset) values ($1) returning id", self.dataset)
        await pool.execute("insert into sink_table (sink, tbl, mode) values ($1, 'GL Accounts', 'replace')", self.sink)

    async def run(self, begun: int, ended: int) -> None:
        await self.pool.execute(
            "insert into run (division, stream, kind, reason, requested_seq, start, reading, begun_at, ended_at, "
            "started_exact) values ($1, 'GLAccounts', 'incremental', 'schedule', 1, 0, '{}', $2, $3, $2)",
            self.division,
            _at(begun),
            _at(ended),
        )

    async def chunk(self, minute: int) -> int:
        made: int = await self.pool.fetchval(
            "insert into outbox (event_id, topic, key, value, headers, created_at, published_at, republish_at) values "
            '($1, \'raw-records\', \'\', \'\', \'{"customer": "acme", "stream": "GLAccounts", "division": "nl/7"}\', '
            "$2, $2, $2) returning id",
            uuid.uuid4(),
            _at(minute),
        )
        return made

    async def apply(self, chunk: int) -> None:
        async with self.pool.acquire() as connection:
            await note(connection, [chunk], f"dataset:{self.dataset}")

    async def due(self, chunk: int) -> None:
        await self.pool.execute(
            "insert into due (sink, tbl, row_id, unit, first_chunk) values ($1, 'GL Accounts', 1, 'u', $2)",
            self.sink,
            chunk,
        )

    async def verified(self) -> int | None:
        (found,) = await freshness(self.pool)
        return None if found.verified_through is None else int((found.verified_through - NOON).total_seconds() / 60)


def _at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
async def house(pool: asyncpg.Pool) -> House:
    built = House(pool)
    await built.furnish()
    return built


async def test_nothing_is_verified_before_a_run_has_ended(house: House) -> None:
    assert await house.verified() is None


async def test_a_run_that_brought_nothing_moves_it_too(house: House) -> None:
    await house.run(1, 2)
    await house.run(5, 6)

    assert await house.verified() == 5


async def test_a_chunk_that_is_not_applied_holds_its_run_and_all_later_ones_back(house: House) -> None:
    await house.run(1, 2)
    chunk = await house.chunk(6)
    await house.run(5, 6)
    await house.run(8, 9)
    assert await house.verified() == 1

    await house.apply(chunk)
    assert await house.verified() == 8


async def test_rows_that_are_due_hold_it_back_until_they_are_delivered(house: House) -> None:
    await house.run(1, 2)
    chunk = await house.chunk(6)
    await house.run(5, 6)
    await house.apply(chunk)
    await house.due(chunk)
    assert await house.verified() == 1

    await house.pool.execute("delete from due")
    assert await house.verified() == 5


async def test_a_refused_row_is_a_failure_and_holds_nothing_back(house: House) -> None:
    chunk = await house.chunk(6)
    await house.run(5, 6)
    await house.apply(chunk)
    await house.due(chunk)
    await house.pool.execute("update due set refused_image = 1")

    assert await house.verified() == 5
