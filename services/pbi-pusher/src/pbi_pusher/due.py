"""The rows that are due: how apply and sweep add to them, and how a refused row is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from asyncpg import Connection
    from asyncpg.pool import PoolConnectionProxy

CHANNEL = "pbi_due"
"""Notified with the dataset's id when rows of it became due."""

_TOUCH = """
insert into due (sink, tbl, row_id, unit, first_chunk)
select s.id, t.tbl, t.row_id, t.unit, t.chunk
from unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[]) as t (row_id, tbl, unit, chunk)
cross join sink s
where s.dataset = $1
on conflict (sink, tbl, row_id) do update
set touched = due.touched + 1, unit = excluded.unit, refused_image = null, part = null
"""

_RETRY = """
update due set touched = touched + 1, refused_image = null
from sink s
where s.dataset = $1 and due.sink = s.id and due.row_id = any($2::bigint[]) and due.refused_image is not null
"""


class Touched(NamedTuple):
    """A row whose wanted image moved, with the chunk that moved it; `unit` names what arrives together."""

    row_id: int
    tbl: str
    unit: str
    chunk: int


async def touch(conn: Connection | PoolConnectionProxy, dataset: int, rows: Sequence[Touched]) -> None:
    """Make `rows` due in every sink of the dataset, in the transaction that moved their wanted images.

    A row that is due already is touched: whoever decided on it before leaves it due. Nothing is ever taken out here,
    also when the wanted image has come to equal the pushed one.
    """
    if not rows:
        return
    row_ids, tables, units, chunks = zip(*sorted({row.row_id: row for row in rows}.values()), strict=True)
    await conn.execute(_TOUCH, dataset, row_ids, tables, units, chunks)
    await conn.execute("select pg_notify($1, $2)", CHANNEL, str(dataset))


async def retry(conn: Connection | PoolConnectionProxy, dataset: int, row_ids: Sequence[int]) -> None:
    """Let rows that the sink refused be tried again with the same image, as a replay asks."""
    await conn.execute(_RETRY, dataset, row_ids)
    await conn.execute("select pg_notify($1, $2)", CHANNEL, str(dataset))
