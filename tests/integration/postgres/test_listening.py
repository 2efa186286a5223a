"""Notifications of PostgreSQL, and the end of the connection that hears them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from exactbi.postgres.crew import Crew, Trade
from exactbi.postgres.listening import listening
from exactbi.postgres.pool import OUTAGES

CUT = "select pg_terminate_backend($1)"


class Member:
    """A worker that notes that it was woken."""

    def __init__(self, thing: str) -> None:
        self.thing = thing
        self.woken = asyncio.Event()

    async def run(self) -> None:
        await asyncio.Event().wait()


async def test_payloads_are_heard_and_the_connection_goes_back_without_its_listener(pool: asyncpg.Pool) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with listening(pool, "bell", heard.put_nowait):
        await pool.execute("select pg_notify('bell', 'ring')")
        assert await asyncio.wait_for(heard.get(), 30) == "ring"
    await pool.execute("select pg_notify('bell', 'again')")
    await pool.execute("select 1")
    assert heard.empty()


async def test_a_cut_connection_ends_the_listening_with_an_outage_and_leaves_the_pool_whole(pool: asyncpg.Pool) -> None:
    async def listen() -> None:
        async with listening(pool, "bell", lambda _: None) as connection:
            await pool.execute(CUT, await connection.fetchval("select pg_backend_pid()"))
            while True:
                await connection.execute("select 1")

    with pytest.raises(OUTAGES):
        await asyncio.wait_for(listen(), 30)
    await asyncio.wait_for(pool.expire_connections(), 30)
    assert await pool.fetchval("select 1") == 1


async def test_a_crew_follows_the_things_that_there_are_and_wakes_whom_a_notification_names(pool: asyncpg.Pool) -> None:
    things = {1: "one", 2: "two"}

    async def now() -> dict[int, str]:
        return dict(things)

    def wake(member: Member, payload: str) -> None:
        if member.thing == payload:
            member.woken.set()

    crew = Crew(pool, Trade("bell", now, Member, Member.run, wake))
    tasks = [asyncio.create_task(crew.run()), asyncio.create_task(crew.listen())]
    try:
        await _until(lambda: len(crew.workers) == 2)
        one, two = sorted(crew.workers, key=lambda member: member.thing)
        await _ring_until(pool, "two", two.woken)
        assert not one.woken.is_set()
        del things[1]
        await _until(lambda: crew.workers == [two])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert crew.workers == []


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - the crew looks by its own clock
            await asyncio.sleep(0.02)


async def _ring_until(pool: asyncpg.Pool, payload: str, woken: asyncio.Event) -> None:
    """Notify until somebody heard it: the crew may not listen yet."""
    async with asyncio.timeout(30):
        while not woken.is_set():
            await pool.execute("select pg_notify('bell', $1)", payload)
            await asyncio.sleep(0.02)
