"""Republish: what was published and is not applied everywhere it is awaited is handed to the relay again."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Scale
from exactbi.kafka.administer import PLANS, partition_of
from exactbi.messages import topics
from exactbi.observability import metrics
from exactbi.outbox import rules
from exactbi.outbox.write import CHANNEL, Connection

ROUND_ROWS: Final = 500
LOOK_EVERY_S: Final = 2.0
LAG_FRESH: Final = "15 seconds"
"""A lag that nobody renewed for so long says nothing: its reader is gone."""

DUE: Final = """
select id, topic, key, partition, headers ->> 'customer' as customer, headers ->> 'stream' as stream,
  extract(epoch from clock_timestamp() - republish_at)::float8 as overdue
from outbox where republish_at <= clock_timestamp() and published_at is not null and id > $1
order by id limit $2 for update skip locked"""
APPLIED: Final = "select chunk, application from applied_chunk where chunk = any($1::bigint[])"
FAILED: Final = """
select origin_chunk as chunk, case when dataset = 0 then '*' else 'dataset:' || dataset end as application
from failure where origin_chunk = any($1::bigint[]) and record = '' and state in ('open', 'dropped')"""
# An activation holds its customer's row until it commits: until then nobody knows who is to apply a chunk.
ACTIVATING: Final = """
with still as materialized (select id from customer where id = any($1::text[]) for share skip locked)
select id from customer where id = any($1::text[]) and id not in (select id from still)"""
READERS: Final = """
select distinct d.customer, m.stream, d.id, d.name from mapping m join dataset d on d.id = m.dataset
where (d.customer, m.stream) in (select * from unnest($1::text[], $2::text[]))"""
LAGS: Final = (
    f"select topic, partition from consumer_lag where lag > 0 and at > clock_timestamp() - interval '{LAG_FRESH}'"  # noqa: S608 (a constant)
)
SETTLE: Final = "update outbox set republish_at = null where id = any($1::bigint[])"
AGAIN: Final = """
update outbox set published_at = null, republish_at = null, republished = republished + 1
where id = any($1::bigint[])"""
AWAIT: Final = """
update outbox set republish_at = clock_timestamp()
where topic = 'raw-records' and headers ->> 'customer' = $1 and headers ->> 'stream' = any($2::text[])
  and published_at is not null and republish_at is null"""

log = structlog.get_logger(__name__)


async def republish_chunks(connection: Connection, chunks: Collection[int]) -> None:
    """Have the relay publish these again, in the caller's transaction; their patience starts anew each time."""
    if not chunks:
        return
    await connection.execute(AGAIN.replace("republished + 1", "0"), list(chunks))
    await connection.execute(f"notify {CHANNEL}")


async def await_again(connection: Connection, customer: str, streams: Collection[str]) -> None:
    """Look again at all stored chunks of these streams: activation calls it where a dataset begins to use one."""
    await connection.execute(AWAIT, customer, list(streams))


@dataclass(frozen=True)
class _Facts:
    """What a round knows beside the rows."""

    applied: Mapping[int, set[str]]
    failed: Mapping[int, set[str]]
    readers: Mapping[tuple[str, str], Mapping[int, str]]
    """By (customer, stream): the datasets' ids and names."""
    lagging: frozenset[tuple[str, int]]

    def readers_of(self, row: asyncpg.Record) -> rules.Readers:
        return rules.Readers(frozenset(self.readers.get((row["customer"], row["stream"]), {})))

    def is_lagging(self, row: asyncpg.Record, missing: frozenset[str]) -> bool:
        """Whether the row's partition, or that of the rows of a dataset that misses it, is behind."""
        if (row["topic"], row["partition"]) in self.lagging:
            return True
        for dataset, name in self.readers.get((row["customer"], row["stream"]), {}).items():
            if rules.dataset_application(dataset) in missing:
                key = topics.dataset_key(row["customer"], name)
                if (topics.ROWS, partition_of(key, PLANS[topics.ROWS].partitions)) in self.lagging:
                    return True
        return False


class Republisher:
    """Looks at published chunks whose patience has ended; any number of them share the rows."""

    def __init__(self, pool: asyncpg.Pool, scale: Scale) -> None:
        self._pool = pool
        self._scale = scale

    async def run(self) -> None:
        """Until cancelled; errors of PostgreSQL fly."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> int:
        """Once through all that is due; how many are published again."""
        last, count = 0, 0
        while True:
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(DUE, last, ROUND_ROWS)
                count += await self._settle(connection, rows)
            if len(rows) < ROUND_ROWS:
                return count
            last = rows[-1]["id"]

    async def _settle(self, connection: Connection, rows: Sequence[asyncpg.Record]) -> int:
        if not rows:
            return 0
        activating = await _activating(connection, rows)
        facts = await _facts(connection, rows)
        actions = [(row, self._decide(row, facts)) for row in rows if row["customer"] not in activating]
        done = [row["id"] for row, action in actions if isinstance(action, rules.Settle)]
        again = [row for row, action in actions if isinstance(action, rules.Republish)]
        await connection.execute(SETTLE, done)
        if again:
            await connection.execute(AGAIN, [row["id"] for row in again])
            await connection.execute(f"notify {CHANNEL}")
            log.info("publishing again", chunks=len(again), first=again[0]["id"], overdue_s=round(again[0]["overdue"]))
        for row in again:
            metrics.OUTBOX_REPUBLISHED.labels(row["topic"]).inc()
        return len(again)

    def _decide(self, row: asyncpg.Record, facts: _Facts) -> rules.Action:
        wanted = rules.awaited(row["topic"], facts.readers_of(row))
        missing = rules.missing(wanted, facts.applied.get(row["id"], set()), facts.failed.get(row["id"], set()))
        lagging = facts.is_lagging(row, missing)
        return rules.decide(missing, lagging=lagging, overdue_s=row["overdue"], factor=self._scale.factor)


async def _activating(connection: Connection, rows: Sequence[asyncpg.Record]) -> frozenset[str]:
    """The customers that are being activated; the others' activations wait until this transaction ends."""
    customers = list({row["customer"] for row in rows if row["topic"] == topics.RAW_RECORDS})
    return frozenset(row["id"] for row in await connection.fetch(ACTIVATING, customers))


async def _facts(connection: Connection, rows: Sequence[asyncpg.Record]) -> _Facts:
    """Read after the customers are locked: an activation that came before is seen, one that comes later waits."""
    ids = [row["id"] for row in rows]
    streams = {(row["customer"], row["stream"]) for row in rows if row["topic"] == topics.RAW_RECORDS}
    readers: dict[tuple[str, str], dict[int, str]] = {}
    for row in await connection.fetch(READERS, [c for c, _ in streams], [s for _, s in streams]):
        readers.setdefault((row["customer"], row["stream"]), {})[row["id"]] = row["name"]
    return _Facts(
        applied=_by_chunk(await connection.fetch(APPLIED, ids)),
        failed=_by_chunk(await connection.fetch(FAILED, ids)),
        readers=readers,
        lagging=frozenset((row["topic"], row["partition"]) for row in await connection.fetch(LAGS)),
    )


def _by_chunk(rows: Sequence[asyncpg.Record]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row["chunk"], set()).add(row["application"])
    return found
