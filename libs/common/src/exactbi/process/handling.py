"""What becomes of a message: tried until done, or reported to failures; never dropped."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Clock
from exactbi.errors import UNEXPECTED, ExactbiError, PermanentError, SuspendedError, TransientError
from exactbi.kafka.broker import Consuming
from exactbi.kafka.subscription import Message, Subscription
from exactbi.messages.topics import FAILURES
from exactbi.observability import metrics
from exactbi.outbox.failures import failure_event
from exactbi.outbox.write import write
from exactbi.postgres.pool import OUTAGES, is_outage

FIRST_WAIT_S: Final = 0.1
LONGEST_WAIT_S: Final = 30.0
REPORT_WAIT_S: Final = 2.0
"""Before a message whose report failed is taken anew."""
LET_GO_WAIT_S: Final = 0.2
"""Before a message is given back while its partition leaves or the process stops."""
LOG_EVERY: Final = 10

log = structlog.get_logger(__name__)


def wait_before(attempt: int, jitter: float) -> float:
    """Seconds before the next attempt after `attempt` failed ones; `jitter` from 0 to 1 takes up to half of it off."""
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempt - 1, 10))
    return longest * (1 - jitter / 2)


def is_transient(error: Exception) -> bool:
    """Whether the same message may succeed later with nobody acting."""
    if isinstance(error, ExceptionGroup):
        return all(is_transient(inner) for inner in error.exceptions)
    return isinstance(error, TransientError) or is_outage(error)


@dataclass(frozen=True)
class Handling:
    """Handles the messages of one subscription. `stage` names it in failures."""

    subscription: Subscription
    stage: str
    pool: asyncpg.Pool
    clock: Clock

    async def __call__(self, message: Message, consuming: Consuming) -> None:
        """Return when the message is done with or reported; raise where it is to be delivered again."""
        labels = (self.subscription.topic, self.subscription.group)
        with metrics.MESSAGE_SECONDS.labels(*labels).time():
            outcome = await self._try(message, consuming)
        metrics.MESSAGES.labels(*labels, outcome).inc()

    async def _try(self, message: Message, consuming: Consuming) -> str:
        attempt = 0
        while True:
            attempt += 1
            try:
                await self.subscription.handle(message)
            except Exception as error:
                # A report about a failure would be a failure again: those are tried until they are kept.
                if not is_transient(error) and self.subscription.topic != FAILURES:
                    await self._report(message, error, attempt)
                    return "failed"
                await self._wait(message, error, attempt, consuming)
            else:
                return "done"

    async def _wait(self, message: Message, error: Exception, attempt: int, consuming: Consuming) -> None:
        """Until it is worth trying again; raises `error` where the message is to be let go."""
        if attempt % LOG_EVERY == 1:
            log.warning("message is tried again", attempt=attempt, error=repr(error), **_place(message))
        metrics.MESSAGES.labels(self.subscription.topic, self.subscription.group, "retried").inc()
        seconds = wait_before(attempt, random.random())  # noqa: S311 (jitter)
        if isinstance(error, SuspendedError):
            seconds = min(LONGEST_WAIT_S, max(seconds, error.until - self.clock.now()))
        try:
            async with asyncio.timeout(seconds):
                await consuming.letting_go.wait()
        except TimeoutError:
            return
        await asyncio.sleep(LET_GO_WAIT_S)
        raise error

    async def _report(self, message: Message, error: Exception, attempt: int) -> None:
        if isinstance(error, ExactbiError):
            known = error
            log.warning("message goes to failures", error_code=known.code.name, error=str(error), **_place(message))
        else:
            known = PermanentError(UNEXPECTED, repr(error))
            log.error("message goes to failures", error_code=UNEXPECTED.name, exc_info=error, **_place(message))
        event = failure_event(message, known, self.stage, at=self.clock.now(), attempts=attempt)
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                await write(connection, [event])
        except (*OUTAGES, asyncpg.PostgresError):
            await asyncio.sleep(REPORT_WAIT_S)
            raise
        metrics.FAILURES_REPORTED.labels(self.stage, known.code.name).inc()


def _place(message: Message) -> dict[str, object]:
    return {"topic": message.topic, "partition": message.partition, "offset": message.offset}
