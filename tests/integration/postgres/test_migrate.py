"""Migrations, and the check for transaction poolers."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from exactbi.errors import (
    CONFIG_INVALID,
    DATABASE_MISSING,
    POSTGRES_REFUSED,
    SCHEMA_UNKNOWN,
    Code,
    ConfigurationError,
    TransientError,
)
from exactbi.postgres.migrate import migrate, migrations, pending
from exactbi.postgres.pool import open_pool, refuse_pooler


def test_files_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations()] == list(range(1, len(migrations()) + 1))


async def test_a_migrated_database_has_nothing_pending_and_two_processes_do_it_once(dsn: str) -> None:
    assert list(await asyncio.gather(migrate(dsn), migrate(dsn))) == [[], []]


async def test_another_versions_database_is_refused(dsn: str, pool: asyncpg.Pool) -> None:
    await pool.execute("update schema_version set hash = 'other' where version = 1")

    with pytest.raises(ConfigurationError) as refused:
        await migrate(dsn)

    assert refused.value.code is SCHEMA_UNKNOWN


async def test_a_database_that_lags_says_what_it_lacks(pool: asyncpg.Pool) -> None:
    await pool.execute("delete from schema_version where version = $1", len(migrations()))

    async with pool.acquire() as connection:
        assert [migration.version for migration in await pending(connection)] == [len(migrations())]


@pytest.mark.parametrize(
    ("dsn_without", "code"), [("database", DATABASE_MISSING), ("role", POSTGRES_REFUSED), ("scheme", CONFIG_INVALID)]
)
async def test_what_only_a_person_mends_is_told_apart(dsn: str, dsn_without: str, code: Code) -> None:
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    changed = {
        "database": parts._replace(path="/nothere"),
        "role": parts._replace(netloc=f"nobody:wrong@{host}"),
        "scheme": parts._replace(scheme="mysql"),
    }
    for opening in (open_pool, migrate):
        with pytest.raises(ConfigurationError) as refused:
            await opening(urlunsplit(changed[dsn_without]))
        assert refused.value.code is code


async def test_postgres_itself_is_no_pooler(dsn: str) -> None:
    await refuse_pooler(dsn)


async def test_an_absent_server_is_a_matter_of_time() -> None:
    with pytest.raises(TransientError):
        await open_pool("postgresql://nobody@127.0.0.1:1/nothing")
