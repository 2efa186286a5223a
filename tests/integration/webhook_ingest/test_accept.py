"""Group commit on a real database."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from exactbi.outbox.outgoing import Outgoing
from webhook_ingest.accept import Acceptor
from webhook_ingest.notice import Refusal, RefusedError
from webhook_ingest.settings import QUEUE_ROWS


def event() -> Outgoing:
    return Outgoing(uuid.uuid4(), "entity-keys", b"k", b"packed", {"customer": "acme"})


@pytest.fixture
async def acceptor(pool: asyncpg.Pool) -> AsyncIterator[Acceptor]:
    built = Acceptor(pool)
    running = asyncio.create_task(built.run())
    yield built
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_what_is_accepted_is_durable(acceptor: Acceptor, pool: asyncpg.Pool) -> None:
    one = event()

    await acceptor.accept([one])

    assert await pool.fetchval("select event_id from outbox") == one.event_id


async def test_notices_that_come_together_are_committed_together(acceptor: Acceptor, pool: asyncpg.Pool) -> None:
    await asyncio.gather(*(acceptor.accept([event()]) for _ in range(150)))

    assert await pool.fetchval("select count(*) from outbox") == 150
    assert await pool.fetchval("select count(distinct xmin::text) from outbox") == 1
    assert acceptor.in_flight == 0


async def test_without_a_database_nothing_is_accepted_and_later_it_is_again(acceptor: Acceptor, dsn: str) -> None:
    there = urlsplit(dsn)
    other = await asyncpg.connect(there._replace(path="/postgres").geturl())
    name = there.path.removeprefix("/")
    await other.execute(f'alter database "{name}" with allow_connections false')
    # With a timeout the server waits until the session is gone.
    await other.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1", name)
    with pytest.raises(RefusedError) as refused:
        await acceptor.accept([event()])
    assert refused.value.reason is Refusal.BUSY

    await other.execute(f'alter database "{name}" with allow_connections true')
    await other.close()
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(RefusedError):
                await acceptor.accept([event()])
                break


async def test_a_full_queue_refuses(pool: asyncpg.Pool) -> None:
    idle = Acceptor(pool)
    waiting = [asyncio.create_task(idle.accept([event()])) for _ in range(QUEUE_ROWS)]
    await asyncio.sleep(0)

    with pytest.raises(RefusedError):
        await idle.accept([event()])

    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
