"""What a notice is checked against: the connection's secrets and its divisions, remembered for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import asyncpg

from exactbi.clock import Clock
from exactbi.connections.vault import Vault, webhook_secret
from webhook_ingest.notice import Origin
from webhook_ingest.settings import CACHE_S

DIVISIONS: Final = "select code from division where customer = $1 and connection = $2 and state <> 'gone'"


@dataclass(frozen=True)
class Known:
    """Of one connection."""

    secrets: tuple[str, ...]
    divisions: frozenset[int]


class Directory:
    """Knows connections by the path that Exact notifies."""

    def __init__(self, paths: dict[str, Origin], read: Callable[[Origin], Awaitable[Known]], clock: Clock) -> None:
        self._paths = paths
        self._read = read
        self._clock = clock
        self._known: dict[Origin, tuple[float, Known]] = {}

    def origin(self, path: str) -> Origin | None:
        """The connection that has this path."""
        return self._paths.get(path)

    async def known(self, origin: Origin) -> Known:
        """At most CACHE_S old; errors of the read fly."""
        now = self._clock.monotonic()
        read_at, known = self._known.get(origin, (now - CACHE_S, None))
        if known is None or now - read_at >= CACHE_S:
            known = await self._read(origin)
            self._known[origin] = (now, known)
        return known


def reader(pool: asyncpg.Pool, vault: Vault) -> Callable[[Origin], Awaitable[Known]]:
    """Reads from the vault and the poller's table."""

    async def read(origin: Origin) -> Known:
        current = await vault.get(origin.customer, webhook_secret(origin.connection))
        previous = await vault.find(origin.customer, webhook_secret(origin.connection, previous=True))
        rows = await pool.fetch(DIVISIONS, origin.customer, origin.connection)
        secrets = (current,) if previous is None else (current, previous)
        return Known(secrets, frozenset(row["code"] for row in rows))

    return read
