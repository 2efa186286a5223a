"""Messages of entity-keys make work wanted."""

from __future__ import annotations

import asyncpg
import pytest

from exactbi.errors import PermanentError
from exactbi.kafka.subscription import Message
from exactbi.messages import changes, topics
from exactbi.messages.changes import ChangedKey, ChangesNotified
from exactbi.messages.packing import pack
from exactbi.work import divisions
from exactbi.work.divisions import Seen
from poller import tables
from poller.handlers import Notices


@pytest.fixture
async def notices(pool: asyncpg.Pool) -> Notices:
    await pool.execute("insert into customer (id) values ('demo')")
    dataset = await pool.fetchval(
        "insert into dataset (customer, name, workspace, schema) values ('demo', 'exactbi', 'w', '{}') returning id"
    )
    for stream in ("GLAccounts", "Costcenters"):
        await pool.execute(
            "insert into mapping (dataset, stream, rev, hash, configuration) values ($1, $2, 1, '', '{}')",
            dataset,
            stream,
        )
    await divisions.keep(pool, "demo", "nl", "nl", [Seen(1)])
    return Notices(pool)


def message(stream: str, *keys: ChangedKey, division: int = 1, origin: str = "webhook", chunk: int = 7) -> Message:
    notified = ChangesNotified(
        customer="demo", site="nl", division=division, stream=stream, keys=list(keys), origin=origin, noticed_at=0.0
    )
    packed = pack(changes.encoder.encode(notified))
    return Message(topics.ENTITY_KEYS, b"demo/nl/1", packed, {topics.CHUNK: str(chunk)}, 0, 0)


async def wanted(pool: asyncpg.Pool) -> set[tuple[str, str, str]]:
    rows = await pool.fetch("select stream, kind, reason from work where requested_seq > done_seq")
    return {(row["stream"], row["kind"], row["reason"]) for row in rows}


async def test_a_notice_makes_a_sync_stream_due_and_is_noted_as_applied(notices: Notices, pool: asyncpg.Pool) -> None:
    await notices.handle(message("GLAccounts", ChangedKey("a", "upsert")))

    assert await wanted(pool) == {("GLAccounts", "incremental", "notice")}
    assert await pool.fetchval("select application from applied_chunk where chunk = 7") == "poller"


async def test_a_notice_of_a_delete_makes_the_log_due_too(notices: Notices, pool: asyncpg.Pool) -> None:
    await notices.handle(message("GLAccounts", ChangedKey("a", "delete")))

    assert await wanted(pool) == {("GLAccounts", "incremental", "notice"), ("Deleted", "incremental", "notice")}


async def test_a_notice_of_another_stream_names_keys_to_get(notices: Notices, pool: asyncpg.Pool) -> None:
    await notices.handle(message("Costcenters", ChangedKey("A", "upsert")))
    await notices.handle(message("Costcenters", ChangedKey("b", "delete")))
    await notices.handle(message("Costcenters", ChangedKey("a", "upsert")))

    keys = await pool.fetch("select key, seq, action from work_key order by key")
    assert [tuple(row) for row in keys] == [("a", 3, "upsert"), ("b", 2, "delete")]
    assert await wanted(pool) == {("Costcenters", "keys", "notice")}


async def test_a_backfill_without_keys_asks_for_a_pass(notices: Notices, pool: asyncpg.Pool) -> None:
    await notices.handle(message("GLAccounts", origin="backfill"))

    assert await wanted(pool) == {("GLAccounts", "pass", "resync")}


async def test_unknown_divisions_and_unused_streams_are_done_with(notices: Notices, pool: asyncpg.Pool) -> None:
    await notices.handle(message("GLAccounts", division=2, chunk=8))
    await notices.handle(message("TransactionLines", chunk=9))

    assert await wanted(pool) == set()
    assert await pool.fetchval("select count(*) from applied_chunk") == 2


async def test_what_is_no_notice_goes_to_failures(notices: Notices) -> None:
    with pytest.raises(PermanentError):
        await notices.handle(Message(topics.ENTITY_KEYS, b"", pack(b"{}"), {topics.CHUNK: "1"}, 0, 0))


async def test_what_only_a_dataset_reads_that_was_taken_out_is_not_fetched(
    notices: Notices, pool: asyncpg.Pool
) -> None:
    async with pool.acquire() as connection:
        before = await tables.used_streams(connection, "demo")
        await connection.execute("update dataset set active = false")
        after = await tables.used_streams(connection, "demo")

    assert before == {"GLAccounts", "Costcenters"}
    assert after == set()
