"""The loops around the workers: one task per division, woken by notices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import asyncpg
import structlog

from exactbi.errors import ExactbiError
from exactbi.postgres.crew import Crew, Trade
from exactbi.postgres.pool import is_outage
from exactbi.work import divisions
from exactbi.work.divisions import Known
from exactbi.work.table import CHANNEL
from poller.settings import RESTART_S
from poller.worker import DivisionWorker

log = structlog.get_logger(__name__)


def crew_of(
    pool: asyncpg.Pool, customers: Sequence[str], build: Callable[[Known], DivisionWorker]
) -> Crew[Known, DivisionWorker]:
    """A worker for each active division, woken when work of it is raised by whichever process."""

    async def active() -> dict[int, Known]:
        return {division.id: division for division in await divisions.active(pool, customers)}

    return Crew(pool, Trade(CHANNEL, active, build, _keep_running, _wake))


def in_flight(workers: Sequence[DivisionWorker]) -> Mapping[str, int]:
    """Requests on their way, and runs that are open in our hands."""
    hands = [worker.hands for worker in workers]
    return {"requests": sum(h.requests for h in hands), "runs": sum(len(h.runs) for h in hands)}


def _wake(worker: DivisionWorker, division: str) -> None:
    if division == str(worker.division):
        worker.woken.set()


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
