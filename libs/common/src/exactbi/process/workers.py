"""Loops: started again after an outage, and never ending in silence."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from exactbi.process.handling import is_transient, wait_before
from exactbi.process.service import Worker

CALM_S: Final = 60.0
"""A loop that ran so long begins its waits anew."""

log = structlog.get_logger(__name__)


class WorkerEndedError(RuntimeError):
    """A loop returned, which none may."""


async def supervise(worker: Worker) -> None:
    """Run `worker`; what it raises, but for outages and other transient errors, flies on."""
    loop = asyncio.get_running_loop()
    attempt = 0
    while True:
        begun = loop.time()
        try:
            await worker.run()
        except Exception as error:
            if not is_transient(error):
                log.error("worker failed", worker=worker.name, exc_info=error)
                raise
            attempt = 1 if loop.time() - begun > CALM_S else attempt + 1
            log.warning("worker starts again", worker=worker.name, attempt=attempt, error=repr(error))
            await asyncio.sleep(wait_before(attempt, 0.0))
        else:
            raise WorkerEndedError(worker.name)
