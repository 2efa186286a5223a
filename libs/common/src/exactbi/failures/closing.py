"""Closing failures: by what the gate and the sink hold, never by a replay having been sent."""

from __future__ import annotations

from typing import Final

import asyncpg

# A record's failure closes, per dataset, once the gate holds its version (or a later one, or a delete of it or of its
# parent at or past it) and nothing of it is due. The revisions count too: a version that was applied with an older
# mapping does not mend the failure of a newer one.
RECORDS: Final = """
update failure f set state = 'closed', closed_at = now()
from division d, record r
where f.state = 'open' and f.record <> '' and f.dataset <> 0 and f.stage <> 'deliver'
  and d.customer = f.customer and f.division = d.site || '/' || d.code
  and r.dataset = f.dataset and r.stream = f.stream and r.division = d.id and r.record = nullif(f.record, '')::uuid
  and (
    (r.state <> 'none' and (r.generation, r.version, r.mapping_rev, r.reference_rev)
      >= (f.generation, f.version, f.mapping_rev, f.reference_rev))
    or (r.state = 'deleted' and (r.generation, r.version) >= (f.generation, f.version))
    or exists (select from record p where p.dataset = r.dataset and p.stream = r.stream and p.division = r.division
      and p.record = r.parent and p.state = 'deleted' and (p.generation, p.version) >= (f.generation, f.version))
  )
  and not exists (
    select from row_wanted w join sink s on s.dataset = w.dataset
      join due u on u.sink = s.id and u.tbl = w.tbl and u.row_id = w.row_id
    where w.dataset = r.dataset and w.stream = r.stream and w.division = r.division and w.record = r.record
      and u.refused_image is distinct from coalesce(w.image, 0)
  )"""

# A refused image's failure closes once the row's wanted image is another one, or is pushed: then it is not held back.
# (0 stands for the refused removal of a row.) A row whose key an earlier live row has waits until it is alone.
DELIVERIES: Final = """
update failure f set state = 'closed', closed_at = now()
from division d
where f.state = 'open' and f.record <> '' and f.stage = 'deliver'
  and d.customer = f.customer and f.division = d.site || '/' || d.code
  and not exists (
    select from row_wanted w join sink s on s.dataset = w.dataset
      join due u on u.sink = s.id and u.tbl = w.tbl and u.row_id = w.row_id
    where w.dataset = f.dataset and w.stream = f.stream and w.division = d.id and w.record = nullif(f.record, '')::uuid
      and (
        u.refused_image = coalesce(w.image, 0)
        or (f.code = 'DUPLICATE_KEY' and w.image is not null and exists (
          select from row_wanted o where o.dataset = w.dataset and o.tbl = w.tbl and o.dim_key = w.dim_key
            and o.image is not null and o.row_id < w.row_id
        ))
      )
  )"""

# Ids of the outbox order a report and the chunk that a replay sent: clocks of two machines do not.
# A message's failure ends with its replay: applied wherever it is awaited, or failed anew, a failure of its own.
MESSAGES: Final = """
update failure f set state = 'closed', closed_at = now()
from replay_item i join outbox o on o.id = i.chunk
where f.state = 'open' and f.record = '' and i.failure = f.id and i.chunk > f.report
  and o.published_at is not null and o.republish_at is null"""

ITEMS: Final = """
update replay_item i set ended_at = now(),
  state = case
    when exists (select from failure again where again.state = 'open' and again.origin_chunk = i.chunk) then 'failed'
    when f.state <> 'open' then 'done' else 'failed' end
from failure f
where f.id = i.failure and i.state = 'sent' and (f.state <> 'open' or f.report > i.chunk)"""

STEPS: Final = (RECORDS, DELIVERIES, MESSAGES, ITEMS)


async def close_mended(pool: asyncpg.Pool) -> None:
    """Close what is mended, and end the replay items of what is closed or failed again."""
    for step in STEPS:
        await pool.execute(step)
