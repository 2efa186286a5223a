"""The statements that the ledger commits."""

from __future__ import annotations

from typing import Final

from pbi_pusher.batches import Mode

_HELD: Final = """
select unnest(row_ids) as row_id from push_batch
where sink = $1 and tbl = $2 and kind = 'content' and state in ('planned', 'sending', 'doubtful')"""

_DUE: Final = """
select d.row_id, d.touched, d.unit, w.image as wanted, p.image as pushed,
  wi.attributes as wanted_attributes, wi.additive as wanted_additive,
  pi.attributes as pushed_attributes, pi.additive as pushed_additive, {taken}
from ({chosen}) d
left join row_wanted w on w.row_id = d.row_id
left join row_pushed p on p.sink = $1 and p.row_id = d.row_id
left join row_image wi on wi.image = w.image
left join row_image pi on pi.image = p.image
order by d.place, d.unit, d.row_id"""

# Rows of the units of the newest (or oldest) due rows, so that a unit stands together.
_UNITS: Final = """
  with held as materialized ({held}), seeds as materialized (
    select s.unit, {first}(s.first_chunk) as chunk from (
      select unit, first_chunk from due
      where sink = $1 and tbl = $2 and refused_image is null and part is null
        and row_id not in (select row_id from held)
      order by first_chunk {direction} limit $3
    ) s group by s.unit
  )
  select d.row_id, d.touched, d.unit, {sign}u.chunk as place
  from seeds u join due d on d.sink = $1 and d.tbl = $2 and d.unit = u.unit
  where d.refused_image is null and d.part is null and d.row_id not in (select row_id from held)"""

_PART: Final = """
  select row_id, touched, unit, 0 as place from due
  where sink = $1 and tbl = $2 and refused_image is null and row_id not in ({held}) and part = (
    select min(part) from due
    where sink = $1 and tbl = $2 and part is not null and refused_image is null and row_id not in ({held})
  ) limit $3"""

# A key is taken where the sink holds it, or a batch without a verdict may have brought it.
_TAKEN: Final = """
  (w.dim_key is not null and (
    exists (select from row_pushed o where o.sink = $1 and o.tbl = $2 and o.dim_key = w.dim_key)
    or exists (select from push_batch b cross join unnest(b.images) i join row_image o on o.image = i
      where b.sink = $1 and b.tbl = $2 and b.kind = 'content' and b.state in ('planned', 'sending', 'doubtful')
        and o.dim_key = w.dim_key))) as key_taken,
  exists (select from row_wanted o where o.dataset = w.dataset and o.tbl = w.tbl and o.dim_key = w.dim_key
    and o.image is not null and o.row_id < w.row_id) as duplicate"""


def due_query(mode: Mode, *, part: bool, oldest: bool) -> str:
    """The due rows to look at, with their images: of one part of a refused batch, or of the next units."""
    if part:
        chosen = _PART.format(held=_HELD)
    else:
        direction, first, sign = ("asc", "min", "") if oldest else ("desc", "max", "-")
        chosen = _UNITS.format(held=_HELD, direction=direction, first=first, sign=sign)
    taken = _TAKEN if mode is Mode.REPLACE else "false as key_taken, false as duplicate"
    return _DUE.format(taken=taken, chosen=chosen)


CONFIGURED: Final = "select schema::text from dataset where id = $1"
ANALYZE: Final = "analyze due, push_batch, row_wanted, row_pushed, row_image"
INSERT: Final = """
insert into push_batch (id, sink, tbl, epoch, kind, counters, state, size, row_ids, images, signs, first_ord, sums)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"""
TAKE_ORDS: Final = """
update sink_table set next_ord = next_ord + $3 where sink = $1 and tbl = $2 returning next_ord - $3"""
UPDATE: Final = """
update push_batch set state = $2, extra = $3, missing = $4, resend = $5, attempts = $6, sent_at = $7,
  confirmed_at = $8, seen = $9, seen_at = $10 where id = $1"""

# Every deletion from `due` names the `touched` that it was decided with: a row that apply touched meanwhile stays due.
SETTLE: Final = """
delete from due d using unnest($3::bigint[], $4::bigint[]) as s (row_id, touched)
where d.sink = $1 and d.tbl = $2 and d.row_id = s.row_id and d.touched = s.touched"""
GONE: Final = "delete from row_pushed where sink = $1 and row_id = any($2::bigint[])"
PUSHED: Final = """
insert into row_pushed (sink, row_id, tbl, image, dim_key, epoch, batch)
select $1, m.row_id, $2, m.image, {key}, $5, $6 from unnest($3::bigint[], $4::bigint[]) as m (row_id, image) {join}
on conflict (sink, row_id) do update
set image = excluded.image, dim_key = excluded.dim_key, epoch = excluded.epoch, batch = excluded.batch"""
ARRIVED: Final = """
with arrived as materialized (
  select d.row_id, d.touched from unnest($3::bigint[], $4::bigint[]) as m (row_id, image)
  join due d on d.sink = $1 and d.tbl = $2 and d.row_id = m.row_id
  left join row_wanted w on w.row_id = m.row_id
  where w.image is not distinct from m.image
)
delete from due d using arrived a
where d.sink = $1 and d.tbl = $2 and d.row_id = a.row_id and d.touched = a.touched"""
JOIN_AGAIN: Final = """
update due set part = null where sink = $1 and tbl = $2 and row_id = any($3::bigint[]) and part is not null"""
PARTED: Final = "update due set part = $4 where sink = $1 and tbl = $2 and row_id = any($3::bigint[])"
REFUSED: Final = """
with refused as materialized (
  select d.row_id, d.touched from due d left join row_wanted w on w.row_id = d.row_id
  where d.sink = $1 and d.tbl = $2 and d.row_id = $3 and w.image is not distinct from $4
)
update due d set refused_image = coalesce($4, $5), part = null from refused r
where d.sink = $1 and d.tbl = $2 and d.row_id = r.row_id and d.touched = r.touched
returning d.row_id"""

RAISE_TABLE: Final = """
update sink_table set epoch = epoch + 1, phase = 'clearing', phase_at = $3, deleted_at = null, raised_at = $3,
  give_up = null, give_up_at = null, epoch_ord = next_ord where sink = $1 and tbl = $2"""
RAISE_BATCHES: Final = """
update push_batch set state = case when state in ('planned', 'sending', 'doubtful') then 'void' else state end,
  extra = '{}', missing = '{}', resend = false, seen = null, seen_at = null
where sink = $1 and tbl = $2
  and (state in ('planned', 'sending', 'doubtful') or extra <> '{}' or missing <> '{}' or resend or seen is not null)"""
RAISE_PUSHED: Final = "delete from row_pushed where sink = $1 and tbl = $2"
RAISE_DUE: Final = """
insert into due (sink, tbl, row_id, unit, first_chunk)
select $1, w.tbl, w.row_id, w.unit, i.chunk from row_wanted w join row_image i on i.image = w.image
where w.dataset = $3 and w.tbl = $2
on conflict (sink, tbl, row_id) do update set touched = due.touched + 1"""
# A removal that was refused is moot once the table is emptied.
RAISE_REFUSED: Final = "delete from due where sink = $1 and tbl = $2 and refused_image = 0"
TAKE_OVER: Final = "update push_batch set state = 'doubtful' where sink = $1 and state = 'sending'"
CLEARING: Final = """
update sink_table set phase = $3, phase_at = $4, deleted_at = $5 where sink = $1 and tbl = $2 and phase <> 'whole'"""
GIVE_UP: Final = """
update sink_table set give_up = $3, give_up_at = now() where sink = $1 and tbl = $2 and give_up is null"""
CENSUS: Final = """
update sink_table set census_at = $3, by_batch_at = case when $4 then $3 else by_batch_at end,
  clean_at = case when $5 then $3 else clean_at end,
  phase = case when $5 and phase = 'filling'
    and not exists (select from due d where d.sink = $1 and d.tbl = $2 and d.refused_image is null)
    then 'whole' else phase end
where sink = $1 and tbl = $2"""
COUNT_DUE: Final = """
select count(*) from (
  select from due where sink = $1 and tbl = $2 and refused_image is null limit $3
) d"""
COUNT_DOUBTS: Final = "select count(*) from push_batch where sink = $1 and tbl = $2 and state = 'doubtful'"
IS_LANDING: Final = """
select exists (
  select from push_batch
  where sink = $1 and tbl = $2 and state in ('planned', 'sending', 'doubtful') and sent_at > $3 and sent_at < $4)"""
