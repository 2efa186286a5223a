"""Freshness: up to which of Exact's times a stream is verified to be in Power BI."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

# What is pending of a stream: chunks that a dataset has not applied, and of each table the oldest chunk whose rows are
# due. Rows leave `due` when their batch is confirmed, so an unresolved batch is due too. A run that ended before the
# oldest pending chunk was written has brought everything it saw.
FRESHNESS: Final = """
with unsettled as (
  select id, created_at, headers ->> 'customer' as customer, headers ->> 'stream' as stream,
    headers ->> 'division' as division
  from outbox where topic = 'raw-records' and (published_at is null or republish_at is not null)
), unapplied as (
  select u.* from unsettled u where exists (
    select from dataset d join mapping m on m.dataset = d.id and m.stream = u.stream
    where d.customer = u.customer
      and not exists (select from applied_chunk a where a.chunk = u.id and a.application = 'dataset:' || d.id))
), undelivered as (
  select o.created_at, o.headers ->> 'customer' as customer, o.headers ->> 'stream' as stream
  from sink_table t join sink s on s.id = t.sink join dataset d on d.id = s.dataset and d.active
  cross join lateral (
    select first_chunk from due where sink = t.sink and tbl = t.tbl and refused_image is null
    order by first_chunk limit 1
  ) oldest
  join outbox o on o.id = oldest.first_chunk
), pending as (
  select d.id as division, u.stream, min(u.created_at) as since from unapplied u
  join division d on d.customer = u.customer and d.site || '/' || d.code = u.division group by 1, 2
  union all
  select d.id, u.stream, min(u.created_at) from undelivered u join division d on d.customer = u.customer group by 1, 2
), oldest as (
  select division, stream, min(since) as since from pending group by 1, 2
)
select d.customer, d.site || '/' || d.code as division, s.stream, s.ran_at, p.since as pending_since,
  (select max(r.started_exact) from run r where r.division = s.division and r.stream = s.stream
    and r.kind in ('incremental', 'pass') and r.ended_at is not null and (p.since is null or r.ended_at < p.since)
  ) as verified_through
from stream s join division d on d.id = s.division
left join oldest p on p.division = s.division and p.stream = s.stream
where s.stream <> 'Deleted' and d.state <> 'static' order by 1, 2, 3"""


@dataclass(frozen=True)
class Freshness:
    """Of one stream of one division (`<site>/<code>`).

    `verified_through` is Exact's time at the start of the last run all of whose records, and all before them, are in
    Power BI; None where there is none. `pending_since`: the oldest of what is not there yet. `ran_at`: our clock.
    """

    customer: str
    division: str
    stream: str
    ran_at: datetime | None
    pending_since: datetime | None
    verified_through: datetime | None


async def freshness(reader: asyncpg.Pool | asyncpg.Connection) -> list[Freshness]:
    """Of every stream that is read."""
    return [Freshness(**dict(row)) for row in await reader.fetch(FRESHNESS)]
