"""A crew: one worker for each thing that has work (a division, a sink), woken by notifications of PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import asyncpg

from exactbi.postgres.listening import listening

LOOK_EVERY_S: Final = 2.0
"""How soon a thing that was added, paused or gone is noticed."""
HEARTBEAT_S: Final = 10.0
"""How soon a listening connection that was cut is noticed."""

T = TypeVar("T")
W = TypeVar("W")


@dataclass(frozen=True)
class Trade(Generic[T, W]):
    """What a crew works on, and how.

    `things`: what there is now, by id. `work` goes on until it is cancelled, whatever it meets, and waits for the
    thing's lease. `wake` is given a worker and the payload of a notification on `channel`.
    """

    channel: str
    things: Callable[[], Awaitable[Mapping[int, T]]]
    build: Callable[[T], W]
    work: Callable[[W], Coroutine[Any, Any, None]]
    wake: Callable[[W, str], None]


class Crew(Generic[T, W]):
    """A worker for each thing; each waits for its lease, so processes share the things."""

    def __init__(self, pool: asyncpg.Pool, trade: Trade[T, W]) -> None:
        self._pool = pool
        self._trade = trade
        self._workers: dict[int, W] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @property
    def workers(self) -> list[W]:
        """The workers of this process."""
        return list(self._workers.values())

    async def run(self) -> None:
        """Start and stop workers as things come and go; ends all when cancelled."""
        try:
            while True:
                await self._match(await self._trade.things())
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await self._stop(list(self._tasks))

    async def listen(self) -> None:
        """Wake workers as anybody notifies, until cancelled; errors of PostgreSQL fly."""
        async with listening(self._pool, self._trade.channel, self._heard) as connection:
            while True:
                await connection.execute("select 1")
                await asyncio.sleep(HEARTBEAT_S)

    def _heard(self, payload: str) -> None:
        for worker in self._workers.values():
            self._trade.wake(worker, payload)

    async def _match(self, things: Mapping[int, T]) -> None:
        await self._stop([known for known in self._tasks if known not in things])
        new = [known for known in things if known not in self._tasks]
        # Two processes that start together each come first for some of the things.
        for known in random.sample(new, len(new)):
            worker = self._workers[known] = self._trade.build(things[known])
            self._tasks[known] = asyncio.create_task(self._trade.work(worker), name=f"{self._trade.channel} {known}")

    async def _stop(self, ids: Sequence[int]) -> None:
        tasks = [self._tasks.pop(known) for known in ids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for known in ids:
            self._workers.pop(known)
