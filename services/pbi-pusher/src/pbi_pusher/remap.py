"""Re-map: records that were last tried below the active revisions are mapped again, from their stored chunks."""

from __future__ import annotations

import asyncio
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Scale
from exactbi.outbox.republish import republish_chunks

LOOK_EVERY_S: Final = 2.0
CHUNKS: Final = 100
"""Chunks that one look publishes again."""

PATIENCE_S: Final = 60.0
"""A chunk that was published is given so long to be applied, before it is published for a re-map again."""

# What `gate.is_due` says: tried below the active revision, and not deleted at or past its newest version.
DUE: Final = """
with active as (select dataset, stream, max(rev) as rev from mapping group by dataset, stream),
due as (
  select distinct r.chunk from active a
  join record r on r.dataset = a.dataset and r.stream = a.stream and r.tried_mapping_rev < a.rev
  where r.state <> 'deleted' or (r.failed_generation, r.failed_version) > (r.generation, r.version)
)
select o.id from due join outbox o on o.id = due.chunk
where o.published_at < clock_timestamp() - make_interval(secs => $1)
order by o.id limit $2 for update of o skip locked"""

log = structlog.get_logger(__name__)


class Remapper:
    """Publishes chunks again until nothing is due; any number of pushers may."""

    def __init__(self, pool: asyncpg.Pool, scale: Scale) -> None:
        self._pool = pool
        self._patience = scale.seconds(PATIENCE_S)

    async def run(self) -> None:
        """Until cancelled; errors of PostgreSQL fly."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> int:
        """Publish the chunks again that hold something due; how many."""
        async with self._pool.acquire() as connection, connection.transaction():
            chunks = [row["id"] for row in await connection.fetch(DUE, self._patience, CHUNKS)]
            await republish_chunks(connection, chunks)
        if chunks:
            log.info("mapping again", chunks=len(chunks))
        return len(chunks)
