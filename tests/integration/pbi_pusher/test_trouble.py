"""What holds a delivery up is kept for people to see, and gone once rows go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from exactbi.observability.deliveries import Delivery as Shown
from exactbi.observability.deliveries import State, deliveries
from exactbi.postgres.lease import Lease
from fakes.power_bi import FakePowerBi
from fakes.sink import LINES, PATIENCE_S, Bench, Books
from pbi_pusher.books import Sink
from pbi_pusher.crew import SinkWorker, crew_of
from pbi_pusher.deliver import Delivery
from pbi_pusher.ledger import Ledger
from pbi_pusher.upkeep import Hands


async def shown(bench: Bench, state: State) -> Shown:
    """The lines' delivery once it is in `state`."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = next(found for found in await deliveries(bench.pool) if found.table == LINES)
            if found.state is state:
                return found
            await asyncio.sleep(0.02)


@asynccontextmanager
async def working(bench: Bench, books: Books, sink: FakePowerBi) -> AsyncIterator[None]:
    gateway = await bench.gateway(sink)

    def build(known: Sink, lease: Lease, hands: Hands) -> Delivery:
        ledger = Ledger(bench.pool, known, lease, bench.clock)
        return Delivery(ledger, lease, gateway, bench.windows, bench.clock, hands)

    task = asyncio.create_task(SinkWorker(books.sink, build, bench.dsn, bench.clock).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_forbidden_post_is_shown_as_stopped_until_rows_go_on(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    await books.want(LINES, {"a": "one"})
    sink.faults = ["forbidden"]
    async with working(bench, books, sink):
        stopped = await shown(bench, State.STOPPED)
        assert stopped.why.startswith("PBI_FORBIDDEN: 403")
        assert stopped.rows_due == 1
    async with working(bench, books, sink):
        await shown(bench, State.WHOLE)
    assert await bench.pool.fetchval("select trouble from sink") is None


async def test_a_spent_limit_is_shown_as_backing_off(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    sink.retry_after = "600"
    sink.faults = ["again"]
    await books.want(LINES, {"a": "one"})
    async with working(bench, books, sink):
        assert (await shown(bench, State.BACKING_OFF)).why.startswith("PBI_SUSPENDED: ")


async def test_a_broken_schema_is_shown_as_stopped(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    sink.names["theirs"] = "exactbi"
    async with working(bench, books, sink):
        assert (await shown(bench, State.STOPPED)).why.startswith("PBI_SCHEMA: the workspace has 1 dataset(s)")


async def test_nobody_works_for_a_dataset_that_was_taken_out_of_the_file(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    gateway = await bench.gateway(sink)

    def deliver(known: Sink, lease: Lease, hands: Hands) -> Delivery:
        ledger = Ledger(bench.pool, known, lease, bench.clock)
        return Delivery(ledger, lease, gateway, bench.windows, bench.clock, hands)

    crew = crew_of(bench.pool, ["c"], lambda known: SinkWorker(known, deliver, bench.dsn, bench.clock))
    running = asyncio.create_task(crew.run())
    try:
        async with asyncio.timeout(120.0):
            await books.want(LINES, {"a": "one"})
            while not sink.rows(LINES):  # noqa: ASYNC110 - a fake tells nobody
                await asyncio.sleep(0.02)
            await bench.pool.execute("update dataset set active = false")
            while crew.workers:  # noqa: ASYNC110 - a crew tells nobody
                await asyncio.sleep(0.02)
            await books.want(LINES, {"b": "two"})
            asked = len(sink.requests)
            await asyncio.sleep(2.5)
            assert (len(crew.workers), len(sink.requests)) == (0, asked)
            await bench.pool.execute("update dataset set active = true")
            while sink.net(LINES) != books.expected(LINES):  # noqa: ASYNC110 - a fake tells nobody
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
