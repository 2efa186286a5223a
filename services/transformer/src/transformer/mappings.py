"""The active mappings: read from the table that `migrate` writes, compiled once per revision."""

from __future__ import annotations

from typing import Final

import asyncpg

from exactbi.config import streams
from transformer.map import DatasetMapping

ACTIVE: Final = """
select m.dataset, max(m.rev) as rev from mapping m join dataset d on d.id = m.dataset
where d.customer = $1 and m.stream = $2 group by m.dataset order by m.dataset"""
CONFIGURATION: Final = "select configuration::text from mapping where (dataset, stream, rev) = ($1, $2, $3)"


class Mappings:
    """Asks for the active revisions each time, so that a new one is used from the next chunk on."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._compiled: dict[tuple[int, str], DatasetMapping] = {}

    async def active(self, customer: str, stream: str) -> list[DatasetMapping]:
        """The mappings of a stream, one for each dataset that reads it."""
        async with self._pool.acquire() as connection:
            found = []
            for row in await connection.fetch(ACTIVE, customer, stream):
                key = (row["dataset"], stream)
                known = self._compiled.get(key)
                if known is None or known.rev != row["rev"]:
                    text = await connection.fetchval(CONFIGURATION, row["dataset"], stream, row["rev"])
                    known = DatasetMapping(row["dataset"], row["rev"], streams.decoder.decode(text))
                    self._compiled[key] = known
                found.append(known)
            return found
