"""The loops around delivery: one task per sink, woken when rows become due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from exactbi.errors import UNEXPECTED, ConfigurationError, ExactbiError, PermanentError
from exactbi.postgres.crew import Crew, Trade
from exactbi.postgres.lease import LeaseLostError, hold
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

_SINKS: Final = """
select s.id, s.dataset, d.customer, d.name, s.powerbi_dataset
from sink s join dataset d on d.id = s.dataset join customer c on c.id = d.customer
where not c.paused and d.active and d.customer = any($1) order by s.id"""

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
        try:
            await delivery.begin()
            while True:
                self.woken.clear()
                delay = await delivery.step()
                if delay > 0:
                    await self._rest(delay, lease)
        except LeaseLostError:
            raise
        except ExactbiError as error:
            await delivery.tell(error)
            raise
        except Exception as error:
            if not is_outage(error):
                await delivery.tell(ExactbiError(UNEXPECTED, repr(error)))
            raise

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


def crew_of(
    pool: asyncpg.Pool, customers: Sequence[str], build: Callable[[Sink], SinkWorker]
) -> Crew[Sink, SinkWorker]:
    """A worker for each sink, woken when rows of its dataset become due by whichever process."""

    async def sinks() -> dict[int, Sink]:
        found = [Sink(*row) for row in await pool.fetch(_SINKS, list(customers))]
        return {sink.id: sink for sink in found}

    return Crew(pool, Trade(CHANNEL, sinks, build, SinkWorker.run, _wake))


def in_flight(workers: Sequence[SinkWorker]) -> Mapping[str, int]:
    """Requests to Power BI on their way."""
    hands = [worker.hands for worker in workers]
    return {"posts": sum(h.posts for h in hands), "queries": sum(h.queries for h in hands)}


def _wake(worker: SinkWorker, dataset: str) -> None:
    if dataset == str(worker.sink.dataset):
        worker.woken.set()
