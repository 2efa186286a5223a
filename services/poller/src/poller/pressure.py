"""Back-pressure: no run begins while too much of the outbox is not published."""

from __future__ import annotations

from typing import Final

import asyncpg

from exactbi.clock import Clock
from poller.settings import MAX_UNPUBLISHED_AGE_S, MAX_UNPUBLISHED_BYTES

LOOK_EVERY_S: Final = 5.0

UNPUBLISHED: Final = """
select coalesce(sum(octet_length(value)), 0)::bigint as bytes,
  coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as age
from outbox where published_at is null"""


class Pressure:
    """Whether the outbox holds back new runs; looked at every 5 s at most."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._looked = float("-inf")
        self._high = False

    async def is_high(self) -> bool:
        """More than 2 GB, or an hour, is not published."""
        if self._clock.monotonic() - self._looked >= LOOK_EVERY_S:
            row = await self._pool.fetchrow(UNPUBLISHED)
            assert row is not None, "an aggregate has one row"
            self._high = row["bytes"] > MAX_UNPUBLISHED_BYTES or row["age"] > MAX_UNPUBLISHED_AGE_S
            self._looked = self._clock.monotonic()
        return self._high
