"""The worker of a division: under its lease, one request in flight, it does what is wanted until nothing is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Clock
from exactbi.errors import (
    EXACT_CLIENT_REFUSED,
    EXACT_NO_CONSENT,
    EXACT_REVOKED,
    KEY_UNKNOWN,
    SECRET_MISSING,
    ConfigurationError,
    ExactbiError,
    PermanentError,
    SuspendedError,
)
from exactbi.exact_online.streams import STREAMS
from exactbi.postgres.lease import Lease, LeaseLostError, hold
from exactbi.work import rules
from exactbi.work import table as work_table
from exactbi.work.rules import Work
from poller import plan, tables
from poller.begin import begin, go_on, raise_due
from poller.fetch import Fetch, Source, StaleGenerationError, refused_link
from poller.plan import DELETED, FLOOR, Division, Lane
from poller.pressure import Pressure
from poller.run import Run, restarted
from poller.settings import IDLE_S

LOOK_FOR_STREAMS_EVERY_S: Final = 10.0
"""How soon a stream is fetched once a mapping begins to use it."""

UNSENT: Final = frozenset({EXACT_NO_CONSENT, EXACT_REVOKED, EXACT_CLIENT_REFUSED, SECRET_MISSING, KEY_UNKNOWN})
"""Errors of a call that had no token: nothing was asked of Exact, so nothing is held against the work."""

NO_TOKEN_WAIT_S: Final = 5.0
"""How soon a division goes on once a person has helped."""

log = structlog.get_logger(__name__)


@dataclass
class Hands:
    """What a worker has in its hands, for the health address."""

    requests: int = 0
    runs: set[int] = field(default_factory=set)


class DivisionWorker:
    """Reads one division for as long as it holds its lease."""

    def __init__(
        self, source: Source, pool: asyncpg.Pool, fetch: Fetch, pressure: Pressure, clock: Clock, dsn: str
    ) -> None:
        self._source = source
        self._pool = pool
        self._fetch = fetch
        self._pressure = pressure
        self._clock = clock
        self._dsn = dsn
        self._recent: deque[Lane] = deque(maxlen=FLOOR)
        self._suspended_until = float("-inf")
        """By the monotonic clock: the other may be set back."""
        self._used: set[str] = set()
        self._used_looked = float("-inf")
        self.woken = asyncio.Event()
        self.hands = Hands()

    @property
    def division(self) -> int:
        """The id of the division in our tables."""
        return self._source.id

    async def run(self) -> None:
        """Wait for the lease, then work; raises LeaseLostError, and what PostgreSQL raises, to be begun again."""
        async with hold(self._dsn, lease_name(self._source), self._clock) as lease:
            log.info("division taken over", **self._named())
            self.hands.runs.clear()
            while True:
                await self._turn(lease)

    async def _turn(self, lease: Lease) -> None:
        """One request, or a wait until something may be due."""
        await lease.ping()
        self.woken.clear()
        division = await self._look(lease)
        now = self._clock.now()
        item = None
        if self._clock.monotonic() >= self._suspended_until:
            may_begin = not await self._pressure.is_high()
            item = plan.choose(division, self.hands.runs, list(self._recent), now, may_begin)
        if item is None:
            await lease.keep(self._idle(division, now))
            return
        run = await self._take(lease, item)
        self._recent.append(plan.lane(run))
        await self._step(lease, run)

    async def _look(self, lease: Lease) -> Division:
        """The division as it stands, with what its schedules make due at this moment raised."""
        source = self._source
        async with self._pool.acquire() as connection:
            used = await self._streams(connection)
            sync = frozenset(name for name in used if STREAMS[name].is_sync)
            division = await tables.load(connection, source.id, sync, used)
            due = plan.due(division, source.windows, self._clock.now())
            if due:
                async with connection.transaction():
                    await lease.fence(connection)
                    await raise_due(connection, source.id, due)
                division = await tables.load(connection, source.id, sync, used)
        return division

    async def _streams(self, connection: tables.Connection) -> set[str]:
        """The streams that are fetched: those that an active mapping of the customer uses."""
        if self._clock.monotonic() - self._used_looked >= LOOK_FOR_STREAMS_EVERY_S:
            used = await tables.used_streams(connection, self._source.place.customer)
            self._used = {name for name in used if name in STREAMS}
            logged = any(STREAMS[name].deleted_entity_type is not None for name in self._used)
            await tables.add_streams(connection, self._source.id, [*self._used, *([DELETED] if logged else [])])
            self._used_looked = self._clock.monotonic()
        return self._used

    async def _idle(self, division: Division, now: float) -> None:
        """Until a notice, the end of a back-off or of a suspension, or the next look at the schedules."""
        wait = min(IDLE_S, max(0.05, plan.next_time(division, now) - now))
        try:
            async with asyncio.timeout(wait):
                await self.woken.wait()
        except TimeoutError:
            return

    async def _take(self, lease: Lease, item: Run | Work) -> Run:
        """The run to ask the next page of, its attempt written."""
        if isinstance(item, Run) and item.id in self.hands.runs:
            return item
        async with self._pool.acquire() as connection, connection.transaction():
            await lease.fence(connection)
            if isinstance(item, Run):
                await go_on(connection, self._source.id, item, self._clock)
                run = item
            else:
                run = await begin(connection, self._source.id, item, self._clock)
        self.hands.runs.add(run.id)
        return run

    async def _step(self, lease: Lease, run: Run) -> None:
        self.hands.requests += 1
        try:
            after = await self._fetch.step(lease, run)
        except LeaseLostError:
            raise
        except StaleGenerationError as error:
            log.info("page is asked for again", error=str(error), **self._named(run))
        except SuspendedError as error:
            self._suspended_until = self._clock.monotonic() + error.until - self._clock.now()
            log.info("division waits for its budget", until=error.until, why=str(error), **self._named(run))
        except ExactbiError as error:
            if error.code in UNSENT:
                self._suspended_until = self._clock.monotonic() + NO_TOKEN_WAIT_S
                log.warning("division waits for a person", code=error.code.name, error=str(error), **self._named())
                return
            self.hands.runs.discard(run.id)
            await self._failed(lease, run, error)
        else:
            if after is None:
                self.hands.runs.discard(run.id)
                log.info("run ended", kind=run.kind, reason=run.reason, **self._named(run))
        finally:
            self.hands.requests -= 1

    async def _failed(self, lease: Lease, run: Run, error: ExactbiError) -> None:
        """Note why; the attempt that was written ahead holds the run back, a refusal for longer."""
        log.warning("request failed", code=error.code.name, error=str(error), kind=run.kind, **self._named(run))
        async with self._pool.acquire() as connection, connection.transaction():
            await lease.fence(connection)
            work = await work_table.lock(connection, self._source.id, run.stream, run.kind)
            if isinstance(error, PermanentError) and refused_link(run, error):
                await tables.store_run(connection, restarted(run))
            elif isinstance(error, PermanentError | ConfigurationError):
                work = rules.refused(work, self._clock.now())
            await work_table.store(connection, self._source.id, work, error.code.name)

    def _named(self, run: Run | None = None) -> Mapping[str, object]:
        place = self._source.place
        named: dict[str, object] = {"customer": place.customer, "division": place.text}
        return named | ({"stream": run.stream} if run else {})


def lease_name(source: Source) -> str:
    """Of the lease under which a division is read."""
    return f"division {source.place.customer}/{source.place.text}"


Build = Callable[[Source], DivisionWorker]
