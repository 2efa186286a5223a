"""Noting that a chunk was applied, in the transaction that applied it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg

NOTE: Final = """
insert into applied_chunk (chunk, application, mapping_rev, reference_rev)
select distinct chunk, $2::text, $3::int, $4::int from unnest($1::bigint[]) chunk order by chunk
on conflict (chunk, application) do update
set mapping_rev = excluded.mapping_rev, reference_rev = excluded.reference_rev, applied_at = now()
where (applied_chunk.mapping_rev, applied_chunk.reference_rev) < (excluded.mapping_rev, excluded.reference_rev)"""


async def note(
    connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy,
    chunks: Sequence[int],
    application: str,
    mapping_rev: int = 0,
    reference_rev: int = 0,
) -> None:
    """Chunks were applied by `dataset:<id>`, `reference`, `poller` or `replay`; revisions never fall."""
    await connection.execute(NOTE, list(chunks), application, mapping_rev, reference_rev)
