"""The loops around delivery: one task per sink, woken when rows become due."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from exactbi.errors import ConfigurationError, ExactbiError, PermanentError
from exactbi.postgres.lease import hold
from exactbi.postgres.pool import is_outage
from pbi_pusher.books import Sink
from pbi_pusher.due import CHANNEL
from pbi_pusher.pace import LINGER_S
from pbi_pusher.settings import LONGEST_WAIT_S, RESTART_S
from pbi_pusher.upkeep import Hands

if TYPE_CHECKING:
    import asyncpg

    from exactbi.clock import Clock
    from exactbi.postgres.lease import Lease
    from pbi_pusher.deliver import Delivery

LOOK_EVERY_S: Final = 2.0
"""How soon a sink that was added, or a customer that was paused, is noticed."""
HEARTBEAT_S: Final = 10.0

_SINKS: Final = """
select s.id, s.dataset, d.customer, d.name, s.powerbi_dataset
from sink s join dataset d on d.id = s.dataset join customer c on c.id = d.customer
where not c.paused and d.customer = any($1) order by s.id"""

log = structlog.get_logger(__name__)

Build = Callable[[Sink, "Lease", Hands], "Delivery"]


class SinkWorker:
    """Delivers to one sink whenever its lease is ours."""

    def __init__(self, sink: Sink, build: Build, dsn: str, clock: Clock) -> None:
        self.sink = sink
        self.hands = Hands()
        self.woken = asyncio.Event()
        self._build = build
        self._dsn = dsn
        self._clock = clock

    async def run(self) -> None:
        """Until it is cancelled; an error ends the lease and begins anew after a while."""
        while True:
            try:
                async with hold(self._dsn, f"sink/{self.sink.id}", self._clock) as lease:
                    await self._deliver(self._build(self.sink, lease, self.hands), lease)
            except Exception as error:
                pause = self._tell(error)
            self.hands.posts = self.hands.queries = 0
            await asyncio.sleep(pause)

    async def _deliver(self, delivery: Delivery, lease: Lease) -> None:
        await delivery.begin()
        while True:
            self.woken.clear()
            delay = await delivery.step()
            if delay > 0:
                await self._rest(delay, lease)

    async def _rest(self, delay: float, lease: Lease) -> None:
        """Wait, pinging; rows that become due end it after a short while, in which more of them gather."""
        await lease.ping()
        try:
            async with asyncio.timeout(delay):
                await self.woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(LINGER_S)

    def _tell(self, error: Exception) -> float:
        """Log what ended the worker; the seconds to wait before it begins again."""
        if isinstance(error, ConfigurationError | PermanentError):
            log.error("delivery stops", dataset=self.sink.name, code=error.code.name, error=str(error))
            return LONGEST_WAIT_S
        if isinstance(error, ExactbiError) or is_outage(error):
            log.warning("delivery is let go", dataset=self.sink.name, error=repr(error))
        else:
            log.error("delivery failed", dataset=self.sink.name, exc_info=error)
        return RESTART_S


class Crew:
    """A worker for each sink; each waits for its lease, so processes share the sinks."""

    def __init__(self, pool: asyncpg.Pool, customers: Sequence[str], build: Build, dsn: str, clock: Clock) -> None:
        self._pool = pool
        self._customers = list(customers)
        self._build = build
        self._dsn = dsn
        self._clock = clock
        self._workers: dict[int, SinkWorker] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Start and stop workers as sinks come and customers pause; ends all when cancelled."""
        try:
            while True:
                await self._match([Sink(*row) for row in await self._pool.fetch(_SINKS, self._customers)])
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await self._stop(list(self._tasks))

    async def listen(self) -> None:
        """Wake the workers of a dataset of which rows became due, by whichever process."""
        async with self._pool.acquire() as connection:
            await connection.add_listener(CHANNEL, self._woken)
            try:
                while True:
                    await connection.execute("select 1")
                    await asyncio.sleep(HEARTBEAT_S)
            finally:
                if not connection.is_closed():
                    await connection.remove_listener(CHANNEL, self._woken)

    def in_flight(self) -> Mapping[str, int]:
        """Requests to Power BI on their way."""
        hands = [worker.hands for worker in self._workers.values()]
        return {"posts": sum(h.posts for h in hands), "queries": sum(h.queries for h in hands)}

    def _woken(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        for worker in self._workers.values():
            if str(worker.sink.dataset) == payload:
                worker.woken.set()

    async def _match(self, sinks: Sequence[Sink]) -> None:
        await self._stop([known for known in self._tasks if known not in {sink.id for sink in sinks}])
        new = [sink for sink in sinks if sink.id not in self._tasks]
        # Two processes that start together each come first for some of the sinks.
        for sink in random.sample(new, len(new)):
            worker = self._workers[sink.id] = SinkWorker(sink, self._build, self._dsn, self._clock)
            self._tasks[sink.id] = asyncio.create_task(worker.run(), name=f"sink {sink.id}")

    async def _stop(self, ids: Sequence[int]) -> None:
        tasks = [self._tasks.pop(known) for known in ids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for known in ids:
            self._workers.pop(known)
