"""Replays of failures, on a real database."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import asyncpg
import msgspec
import pytest

from exactbi.errors import CONFIG_INVALID, ConfigurationError
from exactbi.failures import replays
from exactbi.failures.query import Filter
from exactbi.messages import changes, records, topics
from exactbi.messages import failures as header
from exactbi.messages.packing import pack, unpack
from fakes.failure_registry import PARENT, RECORD, Registry


@pytest.fixture
async def registry(pool: asyncpg.Pool, dsn: str) -> Registry:
    built = Registry(pool, dsn)
    await built.furnish()
    return built


async def test_a_replay_needs_a_filter_and_freezes_what_it_found(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed())
    async with registry.pool.acquire() as connection:
        with pytest.raises(ConfigurationError) as refused:
            await replays.plan(connection, Filter(customer="acme"), "as-is", "", "me")
    assert refused.value.code is CONFIG_INVALID

    replay = await registry.plan()
    await registry.report(registry.origin(chunk=8), registry.failed(record=PARENT))

    assert await registry.progress(replay) == ("planned", 1, 0, 0)
    assert await registry.published() == []


async def test_a_replay_publishes_the_bytes_as_a_new_event_and_ends_when_the_gate_has_them(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed())
    replay = await registry.plan()
    await registry.move(replay, "run")
    await registry.look()

    (sent,) = await registry.published()
    assert (sent["topic"], sent["key"], sent["value"]) == (topics.RAW_RECORDS, b"key", b"chunk of one")
    headers = json.loads(sent["headers"])
    assert headers == {
        "customer": "acme", "stream": "GLAccounts", "division": "nl/7", "call": "c1",
        "dataset": str(registry.dataset), header.REPLAY_ID: str(replay),
    }  # fmt: skip
    assert await registry.progress(replay) == ("running", 1, 0, 0)

    await registry.gate(20, 1)
    await registry.look(2)
    assert await registry.progress(replay) == ("done", 1, 1, 0)


async def test_an_item_that_fails_again_is_failed_and_its_failure_stays(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed())
    replay = await registry.plan()
    await registry.move(replay, "run")
    await registry.look()
    (sent,) = await registry.published()

    again = registry.origin(chunk=sent["id"], **{header.REPLAY_ID: str(replay)})
    await registry.report(again, registry.failed())
    await registry.look(2)

    assert await registry.progress(replay) == ("done", 1, 0, 1)
    assert await registry.states() == ["open"]


async def test_a_canary_that_fails_pauses_the_replay(registry: Registry) -> None:
    for number in range(3):
        await registry.report(
            registry.origin(chunk=number + 1), registry.failed(record=str(uuid.UUID(int=100 + number)))
        )
    replay = await registry.plan()
    await registry.move(replay, "run", canary=1)
    await registry.look()
    (sent,) = await registry.published()

    item = await registry.pool.fetchval("select failure from replay_item where state = 'sent'")
    failed = await registry.pool.fetchval("select record from failure where id = $1", item)
    await registry.report(
        registry.origin(chunk=sent["id"], **{header.REPLAY_ID: str(replay)}), registry.failed(record=failed)
    )
    await registry.look(2)

    assert (await registry.progress(replay))[0] == "paused"
    assert len(await registry.published()) == 1


async def test_pause_stops_and_cancel_ends(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed())
    replay = await registry.plan()
    await registry.move(replay, "run")
    await registry.move(replay, "pause")
    await registry.look()
    assert await registry.published() == []

    await registry.move(replay, "cancel")
    assert await registry.progress(replay) == ("cancelled", 1, 0, 1)
    with pytest.raises(ConfigurationError):
        await registry.move(replay, "run")


async def test_one_replay_of_a_customer_at_a_time(registry: Registry) -> None:
    first, second = await registry.plan(), await registry.plan()
    await registry.move(first, "run")

    with pytest.raises(ConfigurationError):
        await registry.move(second, "run")


async def test_live_traffic_goes_first(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed())
    await registry.move(await registry.plan(), "run")
    await registry.pool.execute("insert into consumer_lag values ('rows', 'pbi-pusher', 0, 3, clock_timestamp())")
    await registry.look()
    assert await registry.published() == []

    await registry.pool.execute("delete from consumer_lag")
    await registry.look()
    assert len(await registry.published()) == 1


async def test_refetch_asks_exact_for_the_record(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed())
    await registry.move(await registry.plan("refetch"), "run")
    await registry.look()

    (sent,) = await registry.published()
    assert sent["topic"] == topics.ENTITY_KEYS
    assert changes.decoder.decode(unpack(sent["value"])).keys == [changes.ChangedKey(RECORD, "upsert")]


async def test_mapped_rows_that_failed_go_back_to_the_raw_chunk(registry: Registry) -> None:
    fetched = records.RecordsFetched(
        customer="acme", site="nl", division=7, stream="GLAccounts", generation=1, seen=1, fetched_at="", call="c",
        records=[records.FetchedRecord(name, 20, False, None, msgspec.Raw(b"{}")) for name in (RECORD, PARENT)],
    )  # fmt: skip
    chunk = await registry.pool.fetchval(
        "insert into outbox (event_id, topic, key, value) values (gen_random_uuid(), 'raw-records', 'raw', $1) "
        "returning id",
        pack(records.encoder.encode(fetched)),
    )
    rows = replace(registry.origin(chunk=chunk), topic=topics.ROWS)
    await registry.report(rows, registry.failed(), stage="apply")
    await registry.move(await registry.plan(), "run")
    await registry.look()

    sent = (await registry.published())[-1]
    assert (sent["topic"], sent["key"]) == (topics.RAW_RECORDS, b"raw")
    assert [record.id for record in records.decoder.decode(unpack(sent["value"])).records] == [RECORD]


async def test_a_messages_failure_ends_with_its_replay(registry: Registry) -> None:
    await registry.report(registry.origin(), None)
    replay = await registry.plan()
    await registry.move(replay, "run")
    await registry.look()
    assert await registry.states() == ["open"]

    await registry.pool.execute("update outbox set published_at = now()")
    await registry.look(2)
    assert await registry.states() == ["closed"]
    assert await registry.progress(replay) == ("done", 1, 1, 0)
