"""The loops around the workers: one task per division, woken by notices, and the list of divisions."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Clock, Scale
from exactbi.config.customer import Connection, Customer
from exactbi.errors import ExactbiError
from exactbi.postgres.lease import try_hold
from exactbi.postgres.pool import is_outage
from exactbi.work import divisions
from exactbi.work.divisions import Known, Seen
from exactbi.work.table import CHANNEL
from poller.divisions import Account, visible
from poller.settings import DISCOVERY_EVERY_S, RESTART_S
from poller.worker import DivisionWorker

LOOK_EVERY_S: Final = 2.0
"""How soon a division that was added, paused or gone is noticed."""

HEARTBEAT_S: Final = 10.0

log = structlog.get_logger(__name__)


class Crew:
    """A worker for each active division; each waits for its lease, so processes share the divisions."""

    def __init__(self, pool: asyncpg.Pool, customers: Sequence[str], build: Callable[[Known], DivisionWorker]) -> None:
        self._pool = pool
        self._customers = customers
        self._build = build
        self._workers: dict[int, DivisionWorker] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Start and stop workers as divisions come and go; ends all when cancelled."""
        try:
            while True:
                await self._match(await divisions.active(self._pool, self._customers))
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await self._stop(list(self._tasks))

    async def listen(self) -> None:
        """Wake the worker of a division for which work was raised, by whichever process."""
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
        """Requests on their way, and runs that are open in our hands."""
        hands = [worker.hands for worker in self._workers.values()]
        return {"requests": sum(h.requests for h in hands), "runs": sum(len(h.runs) for h in hands)}

    def _woken(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        worker = self._workers.get(int(str(payload)))
        if worker is not None:
            worker.woken.set()

    async def _match(self, active: Sequence[Known]) -> None:
        await self._stop([known for known in self._tasks if known not in {division.id for division in active}])
        new = [division for division in active if division.id not in self._tasks]
        # Two processes that start together each come first for some of the divisions.
        for division in random.sample(new, len(new)):
            worker = self._workers[division.id] = self._build(division)
            self._tasks[division.id] = asyncio.create_task(_keep_running(worker), name=f"division {division.id}")

    async def _stop(self, ids: Sequence[int]) -> None:
        tasks = [self._tasks.pop(known) for known in ids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for known in ids:
            self._workers.pop(known)


async def _keep_running(worker: DivisionWorker) -> None:
    """Begin the worker again whatever ends it: one division's trouble is not another's."""
    while True:
        try:
            await worker.run()
        except Exception as error:
            if isinstance(error, ExactbiError) or is_outage(error):
                log.warning("division is let go", error=repr(error))
            else:
                log.error("division's worker failed", exc_info=error)
        worker.hands.requests = 0
        worker.hands.runs.clear()
        await asyncio.sleep(RESTART_S)


class Discovery:
    """Keeps the table of divisions: by the configuration's lists, or by what Exact shows."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        dsn: str,
        customers: Mapping[str, Customer],
        account: Callable[[Customer, Connection], tuple[Account, str]],
        clock: Clock,
        scale: Scale,
    ) -> None:
        self._pool = pool
        self._dsn = dsn
        self._customers = customers
        self._account = account
        self._clock = clock
        self._scale = scale

    async def run(self) -> None:
        """Look at start, then hourly; sooner again where something failed."""
        while True:
            done = [
                await self._look(customer, connection)
                for customer in self._customers.values()
                for connection in customer.connections
            ]
            await asyncio.sleep(self._scale.seconds(DISCOVERY_EVERY_S) if all(done) else LOOK_EVERY_S * 5)

    async def _look(self, customer: Customer, connection: Connection) -> bool:
        """Whether the connection's divisions are known; where another process looks, they soon are."""
        async with try_hold(self._dsn, f"divisions {customer.id}/{connection.name}", self._clock) as lease:
            if lease is None:
                return True
            if not await self._pool.fetchval("select exists (select from customer where id = $1)", customer.id):
                return False
            try:
                seen = await lease.keep(self._seen(customer, connection))
            except ExactbiError as error:
                log.warning("divisions can't be listed", customer=customer.id, code=error.code.name, error=str(error))
                return False
            gone = await divisions.keep(self._pool, customer.id, connection.name, connection.site, seen)
            if gone:
                log.warning("divisions pause, they are not visible any more", customer=customer.id, codes=gone)
            return True

    async def _seen(self, customer: Customer, connection: Connection) -> list[Seen]:
        if connection.divisions != "all":
            return [Seen(code) for code in connection.divisions]
        return await visible(*self._account(customer, connection))
