"""The whole poller against the Exact emulator, over HTTP: what is in the outbox is what Exact holds."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest

from exactbi.clock import Scale, SystemClock
from exactbi.config.activate import activate
from exactbi.config.customer import Customer, load_customers
from exactbi.config.settings import Settings
from exactbi.connections.custodian import Custodian
from exactbi.connections.vault import Vault
from exactbi.kafka.subscription import Message
from exactbi.messages import changes, records, topics
from exactbi.messages.changes import ChangedKey, ChangesNotified
from exactbi.messages.packing import pack, unpack
from exactbi.process.service import Assembly, Resources
from exactbi.secrets import Keyring, new_key_file
from exactbi.work import rules
from exactbi.work.table import raise_work
from fakes.division_setting import until
from launcher import vendors
from launcher.folders import CHECKOUT
from launcher.vendors import Emulator, World
from poller.app import service

SCALE = 10.0
STREAMS = ("GLAccounts", "TransactionLines", "Costcenters")
WAIT_S = 60.0


class NoPublisher:
    """The poller publishes nothing itself."""

    async def publish(self, topic: str, key: bytes, packed: bytes, headers: Mapping[str, str]) -> None:
        raise AssertionError


@pytest.fixture
def exact(tmp_path: Path) -> Iterator[Emulator]:
    emulator = vendors.start("exact", World(size="2000", scale=SCALE), tmp_path, tmp_path / "exact.log")
    yield emulator
    emulator.close()


@pytest.fixture
def settings(exact: Emulator, dsn: str, tmp_path: Path) -> Settings:
    key = tmp_path / "key"
    new_key_file(key)
    return Settings(
        postgres=dsn, exact_url=exact.ready["sites"]["nl"], scale=SCALE, key_file=key,
        customers=CHECKOUT / "deploy" / "customers",
    )  # fmt: skip


@pytest.fixture
async def resources(settings: Settings, pool: asyncpg.Pool, exact: Emulator) -> Resources:
    customers = load_customers(settings.customers)
    clock, scale = SystemClock(), Scale(settings.scale)
    async with pool.acquire() as connection:
        await activate(connection, customers["demo"])
    await consent(customers["demo"], settings, pool, exact)
    return Resources(settings, pool, NoPublisher(), customers, clock, scale)


async def consent(customer: Customer, settings: Settings, pool: asyncpg.Pool, exact: Emulator) -> None:
    """The user logs in at Exact, and the code that it leads to is exchanged."""
    app, configured = exact.ready["apps"][0], customer.connections[0]
    vault = Vault(pool, Keyring.from_file(settings.key_file or ""))
    await vault.set(customer.id, "exact/nl/client_secret", app["client_secret"])
    words = {"client_id": app["client_id"], "redirect_uri": app["redirect_uri"], "response_type": "code"}
    async with httpx.AsyncClient(trust_env=False) as browser:
        url = f"{settings.exact_url}/api/oauth2/auth"
        answer = await browser.post(url, params=words | {"state": "s"}, data=exact.ready["users"][0])
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    custodian = Custodian(pool, settings.dsn, vault, SystemClock(), Scale(settings.scale), settings.exact_url)
    await custodian.exchange(await custodian.register(customer.id, configured), code)


@contextlib.asynccontextmanager
async def running(resources: Resources) -> AsyncIterator[Assembly]:
    async with service(resources) as assembly:
        tasks = [asyncio.ensure_future(worker.run()) for worker in assembly.workers]
        try:
            yield assembly
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(error, asyncio.CancelledError) for error in ended), ended


async def fetched(pool: asyncpg.Pool, stream: str) -> dict[str, Any]:
    """What the chunks hold of each live record: the newest version's body."""
    newest: dict[str, tuple[tuple[int, int], Any]] = {}
    rows = await pool.fetch(
        "select value from outbox where topic = 'raw-records' and headers ->> 'stream' = $1 order by id", stream
    )
    for row in rows:
        chunk = records.decoder.decode(unpack(row["value"]))
        for record in chunk.records:
            order = (chunk.generation, record.version)
            if order >= newest.get(record.id, ((0, 0), None))[0]:
                body = json.loads(bytes(record.body), parse_float=Decimal)
                newest[record.id] = (order, None if record.deleted else body)
    return {record: body for record, (_, body) in newest.items() if body is not None}


def held(exact: Emulator, stream: str) -> dict[str, Any]:
    return {row["ID"].lower(): row for row in exact.control.lines(f"/control/records/{stream}")}


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Records that only one side has, or of which a field that we read differs."""
    found = sorted(ours.keys() ^ theirs.keys())
    for record in ours.keys() & theirs.keys():
        for field, value in ours[record].items():
            if field in theirs[record] and field != "__metadata" and str(theirs[record][field]) != str(value):
                found.append(f"{record}.{field}: {value} / {theirs[record][field]}")
    return found


async def equal(pool: asyncpg.Pool, exact: Emulator, streams: tuple[str, ...] = STREAMS) -> None:
    """Wait until the outbox and Exact agree."""
    left: dict[str, list[str]] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WAIT_S):
            while True:
                left = {name: differences(await fetched(pool, name), held(exact, name)) for name in streams}
                if not any(left.values()):
                    return
                await asyncio.sleep(0.5)
    raise AssertionError({name: found[:3] for name, found in left.items()})


async def test_the_outbox_becomes_what_exact_holds(resources: Resources, exact: Emulator) -> None:
    whole = "select count(*) from pass where complete_at is not null"
    async with running(resources):
        await equal(resources.pool, exact)
        async with asyncio.timeout(WAIT_S):
            while await resources.pool.fetchval(whole) < len(STREAMS):  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(0.1)

    stats = exact.control.get("/control/stats")
    assert stats, "the emulator counts calls"
    assert await resources.pool.fetchval(whole) == len(STREAMS)


async def test_edits_and_logged_deletes_arrive_by_a_notice(resources: Resources, exact: Emulator) -> None:
    async with running(resources) as assembly:
        await equal(resources.pool, exact)
        for entity in ("TransactionLines", "GLAccounts"):
            exact.control.post("/control/change", {"entity": entity, "n": 5, "kinds": ["edit", "create", "delete"]})
        for number, stream in enumerate(("TransactionLines", "GLAccounts")):
            notice = ChangesNotified(
                customer="demo", site="nl", division=100001, stream=stream,
                keys=[ChangedKey("0" * 8, rules.DELETE)], origin="webhook", noticed_at=0.0,
            )  # fmt: skip
            packed = pack(changes.encoder.encode(notice))
            headers = {topics.CHUNK: str(10_000 + number)}
            await assembly.subscriptions[0].handle(Message(topics.ENTITY_KEYS, b"", packed, headers, 0, number))
        await equal(resources.pool, exact, ("TransactionLines", "GLAccounts"))

    noted = await resources.pool.fetchval("select count(*) from applied_chunk where application = 'poller'")
    assert noted == 2


async def test_edits_of_an_unlogged_stream_arrive_by_its_modified_filter(resources: Resources, exact: Emulator) -> None:
    async with running(resources):
        await equal(resources.pool, exact)
        exact.control.post("/control/change", {"entity": "Costcenters", "n": 3, "kinds": ["edit"]})
        division = await resources.pool.fetchval("select id from division where code = 100001")
        async with resources.pool.acquire() as connection, connection.transaction():
            await raise_work(connection, division, "Costcenters", rules.INCREMENTAL, rules.NOTICE)
        await equal(resources.pool, exact, ("Costcenters",))


async def test_two_pollers_share_the_divisions_and_read_nothing_twice(resources: Resources, exact: Emulator) -> None:
    async with running(resources), running(resources):
        await equal(resources.pool, exact)

    pages = await resources.pool.fetchval("select max(n) from (select count(*) n from call group by path, run) c")
    assert pages == 1


async def test_a_division_that_moved_is_read_anew_whatever_happened_before_and_after(
    resources: Resources, exact: Emulator
) -> None:
    kinds = {"n": 3, "kinds": ["edit", "create", "delete"]}
    async with running(resources):
        await equal(resources.pool, exact)
        assert await resources.pool.fetchval("select bool_and(moves_told) from division where code = 100001")
        for entity in ("TransactionLines", "GLAccounts"):
            exact.control.post("/control/change", {"entity": entity} | kinds)
        exact.control.post("/control/move", {"division": 100001})
        for entity in ("TransactionLines", "GLAccounts"):
            exact.control.post("/control/change", {"entity": entity} | kinds)
        exact.control.post("/control/change", {"entity": "Costcenters", "n": 3, "kinds": ["edit"]})
        await polled(resources.pool, ("TransactionLines", "GLAccounts", "Deleted"))
        assert differences(await fetched(resources.pool, "GLAccounts"), held(exact, "GLAccounts"))
    await resources.pool.execute("update division set moves_asked_at = null")

    async with running(resources):
        await passed(resources.pool, rules.MOVED)
        await equal(resources.pool, exact)
        exact.control.post("/control/change", {"entity": "GLAccounts"} | kinds)
        await polled(resources.pool, ("GLAccounts", "Deleted"))
        await equal(resources.pool, exact)


async def polled(pool: asyncpg.Pool, streams: Sequence[str]) -> None:
    """Poll streams once and wait until that is done."""
    division = await pool.fetchval("select id from division where code = 100001")
    async with pool.acquire() as connection, connection.transaction():
        for stream in streams:
            await raise_work(connection, division, stream, rules.INCREMENTAL, rules.NOTICE)
    idle = "select not exists (select from work where requested_seq > done_seq)"
    await until(lambda: pool.fetchval(idle), within_s=WAIT_S)


async def passed(pool: asyncpg.Pool, reason: str) -> None:
    """Wait until a pass of each stream is read."""
    read = "select count(*) = 3 from pass where reason = $1 and complete_at is not null"
    await until(lambda: pool.fetchval(read, reason), within_s=WAIT_S)


@pytest.mark.parametrize("order", ["timestamp", "id"])
async def test_the_look_after_a_load_asks_for_one_page_in_either_order(
    resources: Resources, exact: Emulator, order: str
) -> None:
    exact.control.post("/control/settings", {"page_order": order})
    async with running(resources):
        await equal(resources.pool, exact)
        division = await resources.pool.fetchval("select id from division where code = 100001")
        async with resources.pool.acquire() as connection, connection.transaction():
            await raise_work(connection, division, "TransactionLines", rules.SECOND_LOOK, rules.SCHEDULE)
        read = (
            "select exists (select from run where stream = 'TransactionLines' and kind = $1 and ended_at is not null)"
        )
        await until(lambda: resources.pool.fetchval(read, rules.SECOND_LOOK), within_s=WAIT_S)

    rows = await resources.pool.fetch(
        "select r.kind, count(*) as n from call c join run r on r.id = c.run "
        "where r.stream = 'TransactionLines' group by r.kind"
    )
    calls = {row["kind"]: row["n"] for row in rows}
    assert calls[rules.PASS] > 1
    assert calls[rules.SECOND_LOOK] == 1
