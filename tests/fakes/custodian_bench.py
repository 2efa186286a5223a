"""A custodian whose 570 s are a third of a second, with one connection to a site in memory."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from exactbi.clock import Scale, SystemClock
from exactbi.config.customer import Connection
from exactbi.connections import tokens
from exactbi.connections.custodian import Custodian
from exactbi.connections.custodian_rules import State
from exactbi.connections.journal import Journal
from exactbi.connections.tokens import ConnectionRow
from exactbi.connections.vault import Vault
from exactbi.errors import Code
from exactbi.secrets import Keyring
from fakes.exact_site import ExactSite

FACTOR = 1_900.0
"""570 s are 0.3 s."""
WINDOW = 570 / FACTOR
KEY = os.urandom(32)
CONFIGURED = Connection(
    name="nl",
    site="nl",
    client_id="app",
    redirect_uri="https://us.example/exact/callback",
    divisions=(1,),
    webhook_path="abcdefghijklmnop",
)


@dataclass
class Bench:
    """A custodian with one consented connection."""

    pool: asyncpg.Pool
    dsn: str
    site: ExactSite
    journal: Path
    custodian: Custodian
    row: ConnectionRow

    def another(self, factor: float = FACTOR) -> Custodian:
        """A custodian of another process."""
        return custodian(self.pool, self.dsn, self.site, self.journal, factor)

    async def why(self) -> Code:
        """What a call without a token is told."""
        async with self.pool.acquire() as connection:
            return (await self.custodian.why_no_token(connection, self.row)).code

    async def until_due(self) -> float:
        """Wait out the 570 s, then look once."""
        await asyncio.sleep(WINDOW + 0.05)
        return await self.custodian.look(self.row)

    async def state(self) -> State:
        async with self.pool.acquire() as connection:
            return await self.custodian.state(connection, self.row)

    async def access(self) -> str | None:
        vault = Vault(self.pool, Keyring.of([KEY]))
        async with self.pool.acquire() as connection:
            token = await tokens.newest_access(connection, vault, self.row)
        return token.text if token else None


def custodian(pool: asyncpg.Pool, dsn: str, site: ExactSite, journal: Path, factor: float = FACTOR) -> Custodian:
    vault = Vault(pool, Keyring.of([KEY]))
    return Custodian(pool, dsn, vault, SystemClock(), Scale(factor), journal=Journal(journal), transport=site.transport)
