"""Commands as a person, or a program, runs them."""

from __future__ import annotations

import base64
import getpass
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from exactbi.failures.keep import keep
from exactbi.kafka.subscription import Message
from exactbi.messages import failures as header
from exactbi.messages import topics
from exactbi.messages.packing import pack

ROOT = Path(__file__).resolve().parents[3]
RECORD = str(uuid.UUID(int=5))


class Shell:
    """Runs `exactbi` against one database."""

    def __init__(self, folder: Path, dsn: str) -> None:
        (folder / "key").write_bytes(base64.b64encode(os.urandom(32)))
        clean = {name: value for name, value in os.environ.items() if not name.startswith("EXACTBI_")}
        self.folder = folder
        self.environment = clean | {
            "EXACTBI_POSTGRES": dsn,
            "EXACTBI_KAFKA": "127.0.0.1:1",
            "EXACTBI_CUSTOMERS": str(ROOT / "deploy" / "customers"),
            "EXACTBI_KEY_FILE": str(folder / "key"),
        }

    def run(self, *words: str, status: int = 0) -> dict[str, Any]:
        """The JSON that it answers with; its exit status must be `status`."""
        command = [sys.executable, "-c", "from exactbi.cli import main; main()", *words, "--json"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == status, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer


@pytest.fixture
def shell(tmp_path: Path, dsn: str) -> Shell:
    return Shell(tmp_path, dsn)


async def failed(pool: asyncpg.Pool) -> str:
    failure = str(uuid.uuid4())
    headers = {
        topics.CUSTOMER: "demo", topics.STREAM: "GLAccounts", topics.CHUNK: "1", header.FAILURE_ID: failure,
        header.CODE: "MAP_FIELD", header.MESSAGE: "Code: no text", header.STAGE: "transformer", header.RECORD: RECORD,
    }  # fmt: skip
    async with pool.acquire() as connection:
        await keep(connection, Message(topics.FAILURES, b"k", pack(b'{"Code":7}'), headers, 0, 0))
    return failure


async def test_failures_are_listed_shown_and_counted(shell: Shell, pool: asyncpg.Pool) -> None:
    failure = await failed(pool)

    (listed,) = shell.run("failures", "list", "--code", "MAP_FIELD", "--since", "7d")["failures"]
    assert (listed["id"], listed["key"], listed["state"], listed["class"]) == (failure, RECORD, "open", "person")
    assert shell.run("failures", "list", "--stage", "apply")["failures"] == []
    (shown,) = shell.run("failures", "show", failure)["failures"]
    assert shown["body"] == '{"Code":7}'
    assert shell.run("failures", "show", str(uuid.uuid4()), status=1)["failures"] == []
    assert shell.run("failures", "stats")["failures"][0]["n"] == 1


@pytest.mark.timeout(300)  # seven processes, one after the other
async def test_a_replay_is_planned_run_paused_and_cancelled(shell: Shell, pool: asyncpg.Pool) -> None:
    failure = await failed(pool)
    shell.run("migrate")

    planned = shell.run("replay", "plan", "--id", failure, "--reason", "mended")["replay"]
    assert (planned["state"], planned["total"], planned["done"], planned["failed"]) == ("planned", 1, 0, 0)
    number = str(planned["id"])
    assert shell.run("replay", "run", number, "--canary", "1")["replay"]["state"] == "canary"
    assert shell.run("replay", "pause", number)["replay"]["state"] == "paused"
    assert shell.run("replay", "cancel", number)["replay"]["state"] == "cancelled"
    assert shell.run("replay", "run", number, status=3)["error"]["code"] == "REPLAY_STATE"
    found = shell.run("replay", "status")
    assert found["replay"] == found["replays"][0]
    assert found["replay"]["failed"] == 1
    assert await trail(pool) == [
        (f"cli:{getpass.getuser()}", what)
        for what in ("configuration activated", "replay planned", "replay run", "replay pause", "replay cancel")
    ]


async def test_the_trail_names_who_set_a_secret_and_not_what_it_is(shell: Shell, pool: asyncpg.Pool) -> None:
    shell.run("migrate")
    (shell.folder / "secret").write_text("s3cret")
    shell.run("secrets", "set", "power_bi/client_secret", "--from-file", str(shell.folder / "secret"))

    assert (f"cli:{getpass.getuser()}", "secret set") in await trail(pool)
    assert not await pool.fetchval("select exists (select from audit_event where detail::text like '%s3cret%')")


async def test_migrate_twice_changes_nothing_the_second_time(shell: Shell, pool: asyncpg.Pool) -> None:
    assert shell.run("migrate")["customers"] == ["demo"]
    before = await counted(pool)

    shell.run("migrate")

    assert await counted(pool) == before


async def trail(pool: asyncpg.Pool) -> list[tuple[str, str]]:
    """Who did what."""
    return [(row["actor"], row["what"]) for row in await pool.fetch("select actor, what from audit_event order by seq")]


async def counted(pool: asyncpg.Pool) -> list[Any]:
    return await pool.fetch("select (select count(*) from outbox), (select count(*) from mapping)")


async def test_status_of_an_empty_installation_says_so(shell: Shell) -> None:
    found = shell.run("status")

    assert found["streams"] == found["budgets"] == found["tokens"] == []
    assert found["failures_open"] == 0


@pytest.mark.parametrize(
    "words", [("status",), ("verify",), ("failures", "list"), ("trace", "--table", "T", "--key", "1")]
)
async def test_a_database_without_tables_is_told_by_every_command(
    tmp_path: Path, postgres_server: str, words: tuple[str, ...]
) -> None:
    assert Shell(tmp_path, postgres_server).run(*words, status=3)["error"]["code"] == "SCHEMA_BEHIND"


async def test_a_trace_of_an_unknown_row_is_a_finding(shell: Shell) -> None:
    shell.run("migrate")

    assert shell.run("trace", "--table", "GL Lines", "--key", RECORD, status=1) == {"hops": []}
    assert shell.run("trace", "--table", "GL Lines", "--key", "12", status=1) == {"hops": []}


@pytest.mark.parametrize(
    "words",
    [
        ("trace", "--table", "GL Linse", "--key", "12"),
        ("trace", "--table", "GL Lines", "--key", "twelve"),
        ("trace", "--table", "GL Lines", "--key", "99999999999999999999"),
        ("failures", "list", "--customer", "dmeo"),
        ("failures", "list", "--code", "MAP_FEILD"),
        ("replay", "plan", "--code", "MAP_FEILD"),
        ("staus",),
    ],
)
async def test_a_misspelt_word_is_wrong_usage(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.run(*words, status=2)["error"]["code"] == "USAGE"


async def test_ping_of_an_empty_database_says_how_to_make_its_tables(shell: Shell, pool: asyncpg.Pool) -> None:
    await pool.execute("drop table schema_version")

    (schema,) = [check for check in shell.run("ping", status=1)["checks"] if check["name"] == "schema"]

    assert schema["code"] == "SCHEMA_BEHIND"
    assert "exactbi migrate" in schema["remedy"]


async def test_ping_without_a_key_file_names_it_once_the_database_is_there(shell: Shell) -> None:
    del shell.environment["EXACTBI_KEY_FILE"]

    checks = {check["name"]: check for check in shell.run("ping", status=1)["checks"]}

    assert checks["key"]["code"] == checks["demo: secrets"]["code"] == "KEY_MISSING"
    assert checks["customers"]["ok"]


async def test_ping_names_what_is_missing_with_its_remedy(shell: Shell) -> None:
    found = shell.run("ping", status=1)

    checks = {check["name"]: check for check in found["checks"]}
    assert checks["postgres"]["ok"]
    assert checks["schema"]["ok"]
    assert checks["key"]["ok"]
    assert (checks["kafka"]["ok"], checks["kafka"]["code"]) == (False, "PART_UNREACHABLE")
    assert checks["demo: secrets"]["code"] == "SECRET_MISSING"
    assert "exact/nl/client_secret, exact/nl/webhook_secret" in checks["demo: secrets"]["message"]
    assert checks["demo: Exact nl"]["code"] == "EXACT_NO_CONSENT"
    assert all(check["remedy"] for check in checks.values() if not check["ok"])


async def test_a_resync_tells_its_calls_and_asks_for_a_pass_once_it_may(shell: Shell, pool: asyncpg.Pool) -> None:
    await pool.execute("insert into customer (id) values ('demo')")
    division = await pool.fetchval(
        "insert into division (customer, connection, site, code) values ('demo', 'nl', 'nl', 7) returning id"
    )
    await pool.execute("insert into stream (division, stream) values ($1, 'GLAccounts')", division)
    words = ("resync", "--division", "nl/7", "--stream", "GLAccounts")

    told = shell.run(*words, status=5)
    assert told.pop("error")["code"] == "REFUSED"
    assert told == {
        "customer": "demo", "division": "nl/7", "stream": "GLAccounts", "calls": 1, "asked": False, "ok": False
    }  # fmt: skip
    assert await pool.fetchval("select count(*) from work") == 0
    assert shell.run(*words, "--yes")["asked"]
    assert await pool.fetchval("select array[kind, reason, requested_seq::text] from work") == ["pass", "resync", "1"]
    for division, stream in (("nl/7", "Journals"), ("nl/99999999999", "GLAccounts"), ("nl/²", "GLAccounts")):
        shell.run("resync", "--division", division, "--stream", stream, status=2)
