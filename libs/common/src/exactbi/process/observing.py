"""What a process tells of itself: liveness, readiness, work in hand, lags."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import asyncpg

from exactbi.kafka.broker import Bus
from exactbi.kafka.watchdog import Watchdog
from exactbi.observability import metrics
from exactbi.observability.deliveries import Delivery, State, deliveries
from exactbi.observability.freshness import freshness
from exactbi.outbox.relay import Relay
from exactbi.postgres.pool import OUTAGES
from exactbi.process.service import Assembly

OBSERVE_EVERY_S: Final = 5.0
MEASURE_EVERY_S: Final = 30.0
"""For what is asked of larger tables."""
HEARTBEAT_S: Final = 60.0
READY_TIMEOUT_S: Final = 2.0

NOTE_LAGS: Final = """
insert into consumer_lag (topic, consumer_group, partition, lag, at)
select topic, consumer_group, partition, lag, clock_timestamp()
from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) as seen(topic, consumer_group, partition, lag)
on conflict (topic, consumer_group, partition) do update set lag = excluded.lag, at = excluded.at"""
OUTBOX: Final = """
select count(*) as rows, coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as oldest
from outbox where published_at is null"""


OPEN_FAILURES: Final = """
select c.id, (select count(*) from failure f where f.customer = c.id and f.state = 'open') as open from customer c"""


class Observer:
    """Looks at the process every few seconds, and answers for it."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        watchdog: Watchdog,
        bus: Bus,
        relay: Relay,
        assemblies: Mapping[str, Assembly],
        monotonic: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._watchdog = watchdog
        self._bus = bus
        self._relay = relay
        self._assemblies = assemblies
        self._monotonic = monotonic
        self.started = False

    def in_flight(self) -> Mapping[str, int]:
        """Work in hand, by kind: the services' own, messages being handled, outbox rows being sent."""
        counts = {"messages": sum(consuming.busy for consuming in self._bus.consuming), "relay": self._relay.in_flight}
        for name, assembly in self._assemblies.items():
            counts |= {f"{name}.{kind}": count for kind, count in assembly.in_flight().items()}
        return counts

    def is_live(self) -> bool:
        """Whether our own loop turns; never asks another part."""
        return not self.started or self._monotonic() - self._watchdog.looked_at < HEARTBEAT_S

    async def is_ready(self) -> bool:
        """Whether every subscription has a partition and PostgreSQL answers."""
        if not self.started or not self._watchdog.assigned:
            return False
        try:
            async with asyncio.timeout(READY_TIMEOUT_S), self._pool.acquire() as connection:
                await connection.execute("select 1")
        except (*OUTAGES, asyncpg.PostgresError):
            return False
        return True

    async def run(self) -> None:
        """Until cancelled; errors of PostgreSQL fly."""
        measured = -MEASURE_EVERY_S
        while True:
            await self._note_lags()
            await self._note_outbox()
            if self._monotonic() - measured >= MEASURE_EVERY_S:
                measured = self._monotonic()
                await self._note_customers()
            await asyncio.sleep(OBSERVE_EVERY_S)

    async def _note_lags(self) -> None:
        lags = self._watchdog.lags
        for lag in lags:
            metrics.CONSUMER_LAG.labels(lag.topic, lag.group, str(lag.partition)).set(lag.lag)
        if lags:
            await self._pool.execute(
                NOTE_LAGS,
                [lag.topic for lag in lags],
                [lag.group for lag in lags],
                [lag.partition for lag in lags],
                [lag.lag for lag in lags],
            )

    async def _note_outbox(self) -> None:
        row = await self._pool.fetchrow(OUTBOX)
        assert row is not None
        metrics.OUTBOX_UNPUBLISHED.set(row["rows"])
        metrics.OUTBOX_OLDEST_SECONDS.set(row["oldest"])

    async def _note_customers(self) -> None:
        now = datetime.now(UTC)
        for found in await freshness(self._pool):
            gauge = metrics.FRESHNESS_BEHIND_SECONDS.labels(found.customer, found.division, found.stream)
            if found.verified_through is not None:
                gauge.set((now - found.verified_through).total_seconds())
        for delivery in await deliveries(self._pool):
            _note_delivery(delivery, now)
        for row in await self._pool.fetch(OPEN_FAILURES):
            metrics.FAILURES_OPEN.labels(row["id"]).set(row["open"])


def _note_delivery(found: Delivery, now: datetime) -> None:
    labels = (found.customer, found.dataset, found.table)
    if found.state is State.TAKEN_OUT:
        found = replace(found, rows_due=0, doubt_since=None, is_whole=True, is_given_up=False)
    doubt = (now - found.doubt_since).total_seconds() if found.doubt_since else 0.0
    metrics.DELIVERY_ROWS_DUE.labels(*labels).set(found.rows_due)
    metrics.DELIVERY_DOUBT_SECONDS.labels(*labels).set(doubt)
    metrics.DELIVERY_NOT_WHOLE.labels(*labels).set(not found.is_whole)
    metrics.DELIVERY_GIVEN_UP.labels(*labels).set(found.is_given_up)
    metrics.DELIVERY_STOPPED.labels(*labels).set(found.state in (State.STOPPED, State.APPROVAL))
