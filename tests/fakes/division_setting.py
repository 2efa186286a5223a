"""A customer, a division of Exact in memory, and a worker that reads it into PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg

from exactbi.clock import Scale, SystemClock
from exactbi.config.customer import Schedules
from exactbi.messages import records
from exactbi.messages.packing import unpack
from exactbi.work import divisions, rules
from exactbi.work.divisions import Seen
from exactbi.work.table import raise_work
from fakes.exact_division import FakeExact, guid
from poller.chunks import Place
from poller.fetch import Fetch, Source
from poller.pressure import Pressure
from poller.settings import Windows
from poller.worker import DivisionWorker

STREAMS = ("GLAccounts", "TransactionLines", "Costcenters")
CLOCK = SystemClock()
WAIT_S = 20.0


class Setting:
    """A customer with one dataset that maps three streams, and one division."""

    def __init__(self, pool: asyncpg.Pool, dsn: str, exact: FakeExact, division: int) -> None:
        self.pool, self.dsn, self.exact, self.division = pool, dsn, exact, division
        self.schedules = Schedules()

    def worker(self, exact: Any = None) -> DivisionWorker:
        windows = Windows(self.schedules, Scale(1.0))
        source = Source(self.division, Place("demo", "nl", 100001), "https://exact.test", windows)
        fetch = Fetch(source, self.pool, exact or self.exact, CLOCK)
        return DivisionWorker(source, self.pool, fetch, Pressure(self.pool, CLOCK), CLOCK, self.dsn)

    async def chunks(self, stream: str) -> list[records.RecordsFetched]:
        rows = await self.pool.fetch(
            "select value from outbox where topic = 'raw-records' and headers ->> 'stream' = $1 order by id", stream
        )
        return [records.decoder.decode(unpack(row["value"])) for row in rows]

    async def held(self, stream: str) -> dict[str, tuple[int, int, bool]]:
        """What the chunks say of each record: its highest (generation, version), and whether it is deleted."""
        known: dict[str, tuple[int, int, bool]] = {}
        for chunk in await self.chunks(stream):
            for record in chunk.records:
                entry = (chunk.generation, record.version, record.deleted)
                known[record.id] = max(known.get(record.id, (0, 0, False)), entry)
        return known

    async def live(self, stream: str) -> set[str]:
        return {record for record, (_, _, deleted) in (await self.held(stream)).items() if not deleted}

    async def row(self, statement: str, *arguments: object) -> asyncpg.Record:
        found = await self.pool.fetchrow(statement, *arguments)
        assert found is not None
        return found

    async def idle(self) -> bool:
        return not await self.pool.fetchval("select exists (select from work where requested_seq > done_seq)")

    async def loaded(self) -> bool:
        count = await self.pool.fetchval(
            "select count(*) from stream where passed_at is not null and stream <> 'Deleted'"
        )
        return count == len(STREAMS) and await self.idle()

    async def raised(self, stream: str, kind: str, reason: str = rules.NOTICE, **keys: str) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await raise_work(connection, self.division, stream, kind, reason, keys)


@contextlib.asynccontextmanager
async def working(worker: DivisionWorker) -> AsyncIterator[asyncio.Task[None]]:
    """The worker at work."""
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


async def until(claim: Callable[[], Any], worker: DivisionWorker | None = None, within_s: float = WAIT_S) -> None:
    """Wait until the claim holds; the worker is woken meanwhile, as a notice would."""
    async with asyncio.timeout(within_s):
        while not await claim():
            await asyncio.sleep(0.02)
            if worker is not None:
                worker.woken.set()


async def make_setting(pool: asyncpg.Pool, dsn: str) -> Setting:
    """Seven records in each of the three streams, and nothing read yet."""
    await pool.execute("insert into customer (id) values ('demo')")
    dataset = await pool.fetchval(
        "insert into dataset (customer, name, workspace, schema) values ('demo', 'exactbi', 'w', '{}') returning id"
    )
    for stream in (*STREAMS, "static"):
        await pool.execute(
            "insert into mapping (dataset, stream, rev, hash, configuration) values ($1, $2, 1, '', '{}')",
            dataset,
            stream,
        )
    await divisions.keep(pool, "demo", "nl", "nl", [Seen(100001)])
    exact = FakeExact()
    for number in range(1, 8):
        exact.write("GLAccounts", guid(number), Code=str(number))
        exact.write("TransactionLines", guid(100 + number), EntryID=guid(50), AmountDC=1.5)
        exact.write("Costcenters", guid(200 + number), Code=str(number))
    return Setting(pool, dsn, exact, await pool.fetchval("select id from division"))


async def load(setting: Setting) -> None:
    """The first load of every stream."""
    worker = setting.worker()
    async with working(worker):
        await until(setting.loaded, worker)
