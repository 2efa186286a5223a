"""A process as it is deployed: started, asked for its health, ended."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from exactbi.messages import failures as header
from exactbi.messages import topics
from exactbi.messages.packing import pack
from exactbi.outbox.outgoing import Outgoing
from exactbi.outbox.write import write

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
PATIENCE_S = 90.0

END_SESSIONS = """
select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"""


class House:
    """Two services in one process of their own."""

    def __init__(self, folder: Path, dsn: str, kafka: str, profile: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "key").write_bytes(base64.b64encode(os.urandom(32)))
        clean = {name: value for name, value in os.environ.items() if not name.startswith("EXACTBI_")}
        self.environment = clean | {
            "EXACTBI_POSTGRES": dsn,
            "EXACTBI_KAFKA": kafka,
            "EXACTBI_KAFKA_PROFILE": profile,
            "EXACTBI_TOPIC_PREFIX": f"process-{uuid.uuid4().hex[:8]}-",
            "EXACTBI_CUSTOMERS": str(ROOT / "deploy" / "customers"),
            "EXACTBI_KEY_FILE": str(folder / "key"),
            "EXACTBI_HTTP_PORT": str(self.port),
        }
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from exactbi.cli import main; main()", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)

    def start(self) -> None:
        program = "from exactbi.process import main; main(['replay', 'webhook-ingest'])"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-c", program], env=self.environment, stderr=log)

    async def ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            while time.monotonic() < deadline:
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.2)
        raise AssertionError((await self.get("/metrics")).text + self.log.read_text())

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            return await client.get(path)

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(40.0)


@pytest.fixture
async def house(tmp_path: Path, dsn: str, kafka: str, kafka_profile: str) -> AsyncIterator[House]:
    built = House(tmp_path, dsn, kafka, kafka_profile)
    assert built.command("topics", "apply").returncode == 0
    yield built
    if built.process is not None and built.process.poll() is None:
        built.process.kill()
        built.process.wait()


async def report(pool: asyncpg.Pool) -> None:
    headers = {topics.CUSTOMER: "demo", header.CODE: "MAP_FIELD", header.FAILURE_ID: str(uuid.uuid4())}
    async with pool.acquire() as connection, connection.transaction():
        await write(connection, [Outgoing(uuid.uuid4(), topics.FAILURES, b"k", pack(b"{}"), headers)])


async def kept(house: House, pool: asyncpg.Pool, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while await pool.fetchval("select count(*) from failure") < count:
        assert time.monotonic() < deadline, (await house.get("/metrics")).text + house.log.read_text()
        await asyncio.sleep(0.1)


async def test_a_process_serves_health_moves_messages_and_ends_in_order(house: House, pool: asyncpg.Pool) -> None:
    house.start()
    await house.ready()

    health = (await house.get("/health")).json()
    assert health["services"] == ["replay", "webhook-ingest"]
    assert health["ready"] is True
    assert (await house.get("/livez")).status_code == 200
    await report(pool)
    await kept(house, pool, 1)
    assert 'exactbi_outbox_published_total{topic="failures"} 1.0' in (await house.get("/metrics")).text
    assert house.end(signal.SIGTERM) == 0
    assert [json.loads(line)["event"] for line in house.log.read_text().splitlines()][-1] == "process ended"


async def test_a_killed_process_goes_on_where_it_was(house: House, pool: asyncpg.Pool) -> None:
    house.start()
    await house.ready()
    await report(pool)
    await kept(house, pool, 1)
    house.end(signal.SIGKILL)

    await report(pool)
    house.start()
    await kept(house, pool, 2)

    assert house.end(signal.SIGTERM) == 0


async def test_an_outage_of_the_database_is_waited_for(house: House, pool: asyncpg.Pool) -> None:
    house.start()
    await house.ready()
    await pool.execute(END_SESSIONS)
    await report(pool)
    await kept(house, pool, 1)

    assert house.process is not None
    assert house.process.poll() is None
    await house.ready()


def test_wrong_settings_end_a_process_with_status_3(tmp_path: Path) -> None:
    house = House(tmp_path, "postgresql://x:hush@127.0.0.1:1/x", "127.0.0.1:1", "neither")
    house.start()
    assert house.process is not None

    assert house.process.wait(30.0) == 3
    assert "EXACTBI_KAFKA_PROFILE" in house.log.read_text()
    assert "hush" not in house.log.read_text()


def test_a_process_that_waits_for_its_parts_ends_at_once_when_told(tmp_path: Path) -> None:
    house = House(tmp_path, "postgresql://x@127.0.0.1:1/x", "127.0.0.1:1", "cluster")
    house.start()
    deadline = time.monotonic() + PATIENCE_S
    while "waiting for PostgreSQL" not in house.log.read_text():
        assert time.monotonic() < deadline, house.log.read_text()
        time.sleep(0.1)

    begun = time.monotonic()
    assert house.end(signal.SIGTERM) == 0
    assert time.monotonic() - begun < 15.0
