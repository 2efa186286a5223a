"""Migrations: plain SQL files, applied in order, each in one transaction, by one process at a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

import asyncpg

from exactbi.errors import SCHEMA_UNKNOWN, ConfigurationError
from exactbi.postgres.pool import CONNECT_TIMEOUT_S, KEEPALIVE, OUTAGES, REFUSALS, not_opened

LOCK: Final = "select pg_advisory_lock(hashtextextended('exactbi migrate', 0))"
TABLE: Final = """
create table if not exists schema_version (
  version int primary key,
  name text not null,
  hash bytea not null,
  applied_at timestamptz not null default now()
)"""


@dataclass(frozen=True)
class Migration:
    """A file `NNNN_name.sql`."""

    version: int
    name: str
    sql: str

    @property
    def hash(self) -> bytes:
        """Of the file's text: a file that was applied never changes."""
        return hashlib.sha256(self.sql.encode()).digest()


def migrations() -> list[Migration]:
    """Those that ship with this version, in order."""
    folder = resources.files("exactbi.postgres") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [Migration(int(f.name[:4]), f.name, f.read_text(encoding="utf-8")) for f in files]


async def migrate(dsn: str) -> list[str]:
    """Bring the database to this version; returns the names of the files it applied.

    ConfigurationError (SCHEMA_UNKNOWN) where the database holds a migration that is not ours or differs from ours.
    """
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S, server_settings=KEEPALIVE)
    except (*OUTAGES, *REFUSALS) as error:
        raise not_opened(error) from error
    try:
        await connection.execute(LOCK)
        await connection.execute(TABLE)
        return [migration.name for migration in await pending(connection) if await _apply(connection, migration)]
    finally:
        await connection.close()


async def pending(connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> list[Migration]:
    """What is not applied yet; errors as `migrate`. All of it where nothing ever was."""
    if await connection.fetchval("select to_regclass('schema_version')") is None:
        return migrations()
    ours = {migration.version: migration for migration in migrations()}
    applied = {row["version"]: row for row in await connection.fetch("select version, name, hash from schema_version")}
    for version, row in applied.items():
        if version not in ours or ours[version].hash != row["hash"]:
            raise ConfigurationError(SCHEMA_UNKNOWN, f"migration {row['name']} of the database is not this version's")
    return [migration for version, migration in ours.items() if version not in applied]


async def _apply(connection: asyncpg.Connection, migration: Migration) -> bool:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "insert into schema_version (version, name, hash) values ($1, $2, $3)",
            migration.version,
            migration.name,
            migration.hash,
        )
    return True
