"""Fixtures of every suite: a database of its own for each test that asks for one, and a broker."""

from __future__ import annotations

import asyncio
import os
import tomllib
from collections.abc import AsyncIterator, Generator, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from exactbi.postgres.migrate import migrate
from exactbi.postgres.pool import open_pool
from launcher.folders import run_folder
from launcher.parts import Broker, Server, start_kafka, start_postgres

POOL_SIZE = 10
CLOSING_S = 10.0
NUMBERS = count(1)
MINE = f"exactbi_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
"""Databases and parts of this test process begin with this."""

SKIPS = {
    (skip["test"], skip["reason"]) for skip in tomllib.loads(Path(__file__).with_name("skips.toml").read_text())["skip"]
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a good part of the tests waits for processes that it started."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test proves nothing, so it fails unless skips.toml says why it may be skipped."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        assert isinstance(report.longrepr, tuple), "a skip's report is its place and its reason"
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if (item.nodeid.split("[")[0], reason) not in SKIPS:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped ({reason}): mend it, or give its reason in tests/skips.toml"
    return report


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Production runs on asyncio, so do the tests."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_part() -> Iterator[Server]:
    """The PostgreSQL server of this test process, restartable where it is ours."""
    server = start_postgres(MINE + "_postgres", run_folder() / "logs", careless=True)
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_server(postgres_part: Server) -> str:
    """The address of a PostgreSQL server where databases may be created."""
    return postgres_part.dsn


@pytest.fixture(scope="session")
def kafka_part() -> Iterator[Broker]:
    """The broker of this test process, restartable where it is ours; prefix your topics, others use it too."""
    broker = start_kafka(MINE + "_kafka", run_folder() / "logs")
    yield broker
    broker.close()


@pytest.fixture(scope="session")
def kafka(kafka_part: Broker) -> str:
    """The bootstrap address of a broker; its settings profile is `kafka_profile`."""
    return kafka_part.bootstrap


@pytest.fixture(scope="session")
def kafka_profile(kafka_part: Broker) -> str:
    """`embedded` or `cluster`."""
    return kafka_part.profile


@pytest.fixture(scope="session")
async def template(postgres_server: str) -> AsyncIterator[str]:
    """The name of a migrated database to copy from."""
    name = f"{MINE}_template"
    await _admin(postgres_server, f'create database "{name}"')
    await migrate(_database(postgres_server, name))
    yield name
    await _admin(postgres_server, f'drop database if exists "{name}" with (force)')


@pytest.fixture
async def dsn(postgres_server: str, template: str) -> AsyncIterator[str]:
    """The address of a fresh, migrated database that is this test's own."""
    name = f"{MINE}_{next(NUMBERS)}"
    await _admin(postgres_server, f'create database "{name}" template "{template}"')
    yield _database(postgres_server, name)
    await _admin(postgres_server, f'drop database "{name}" with (force)')


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on `dsn`, set up as the services set it up."""
    opened = await open_pool(dsn, POOL_SIZE)
    yield opened
    try:
        async with asyncio.timeout(CLOSING_S):
            await opened.close()
    except TimeoutError:
        opened.terminate()  # a failed test may hold a connection; it must not hold up all others


async def _admin(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _database(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path="/" + name))
