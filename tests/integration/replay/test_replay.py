"""Failures from their report to their end, on a real database."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import asyncpg
import msgspec
import pytest

from exactbi.clock import Scale, SystemClock
from exactbi.errors import CONFIG_INVALID, DUPLICATE_KEY, MAP_FIELD, ConfigurationError, ExactbiError, PermanentError
from exactbi.failures import query, replays
from exactbi.failures.closing import close_mended
from exactbi.failures.query import Filter
from exactbi.kafka.service import Message
from exactbi.messages import changes, records, topics
from exactbi.messages import failures as header
from exactbi.messages.packing import pack, unpack
from exactbi.outbox.failures import FailedRecord, failure_event
from exactbi.outbox.outgoing import Outgoing
from exactbi.postgres.lease import hold
from replay.handlers import Keeper
from replay.run import Runner

RECORD = str(uuid.UUID(int=11))
PARENT = str(uuid.UUID(int=12))
BROKEN = PermanentError(MAP_FIELD, "Code: no text")


class House:
    """A customer with a dataset and a division; reports come as the relay would bring them."""

    def __init__(self, pool: asyncpg.Pool, dsn: str) -> None:
        self.pool, self.dsn = pool, dsn
        self.dataset = self.division = 0

    async def furnish(self) -> None:
        await self.pool.execute("insert into customer (id) values ('acme')")
        self.dataset = await self.pool.fetchval(
            "insert into dataset (customer, name, workspace, schema) values ('acme', 'finance', 'w', '{}') returning id"
        )
        self.division = await self.pool.fetchval(
            "insert into division (customer, connection, site, code) values ('acme', 'main', 'nl', 7) returning id"
        )

    def failed(self, version: int = 20, **changed: Any) -> FailedRecord:
        found = FailedRecord(self.dataset, "GLAccounts", "nl/7", RECORD, 1, version, b"chunk of one", "Code")
        return replace(found, **changed)

    def origin(self, chunk: int = 5, **headers: str) -> Message:
        carried = {topics.CUSTOMER: "acme", topics.STREAM: "GLAccounts", topics.DIVISION: "nl/7", "call": "c1"}
        event = {topics.CHUNK: str(chunk), topics.EVENT: str(uuid.UUID(int=chunk))}
        return Message(topics.RAW_RECORDS, b"key", b"whole chunk", carried | event | headers, 0, 0)

    async def report(
        self,
        origin: Message,
        record: FailedRecord | None,
        revision: int = 1,
        stage: str = "transformer",
        error: ExactbiError = BROKEN,
    ) -> Message:
        event = failure_event(origin, error, stage, at=1e9, record=record, revisions=(revision, 0))
        message = await self.relayed(event)
        await Keeper(self.pool).handle(message)
        return message

    async def relayed(self, event: Outgoing) -> Message:
        chunk = await self.pool.fetchval("select nextval(pg_get_serial_sequence('outbox', 'id'))")
        sent = {**event.headers, topics.CHUNK: str(chunk), topics.EVENT: str(event.event_id)}
        return Message(event.topic, event.key, event.packed, sent, 0, 0)

    async def gate(
        self, version: int, rev: int, state: str = "live", record: str = RECORD, parent: str | None = None
    ) -> None:
        await self.pool.execute(
            "insert into record (dataset, stream, division, record, generation, version, mapping_rev, parent, state, "
            "chunk) values ($1, 'GLAccounts', $2, $3, 1, $4, $5, $6, $7, 1) "
            "on conflict (dataset, stream, division, record) "
            "do update set version = $4, mapping_rev = $5, parent = $6, state = $7",
            self.dataset, self.division, record, version, rev, parent, state,
        )  # fmt: skip

    async def states(self) -> list[str]:
        await close_mended(self.pool)
        return [row["state"] for row in await self.pool.fetch("select state from failure order by first_at, id")]

    async def plan(self, mode: str = "as-is", **wanted: Any) -> int:
        async with self.pool.acquire() as connection:
            return await replays.plan(
                connection, Filter(**{"customer": "acme", "code": "MAP_FIELD"} | wanted), mode, "", "me"
            )

    async def move(self, replay: int, verb: str, canary: int | None = None) -> None:
        async with self.pool.acquire() as connection:
            await replays.move(connection, replay, verb, "me", canary)

    async def look(self, times: int = 1) -> None:
        runner = Runner(self.pool, self.dsn, SystemClock(), Scale())
        async with hold(self.dsn, "replay", SystemClock()) as lease:
            for _ in range(times):
                await close_mended(self.pool)
                await runner.look(lease)

    async def progress(self, replay: int) -> tuple[str, int, int, int]:
        (shown,) = await replays.show(self.pool, replay)
        return shown["state"], shown["total"], shown["done"], shown["failed"]

    async def published(self) -> list[asyncpg.Record]:
        return await self.pool.fetch("select * from outbox order by id")


@pytest.fixture
async def house(pool: asyncpg.Pool, dsn: str) -> House:
    built = House(pool, dsn)
    await built.furnish()
    return built


async def test_a_report_is_kept_and_noted_as_applied(house: House) -> None:
    message = await house.report(house.origin(), house.failed())

    (found,) = await query.list_failures(house.pool, Filter(customer="acme"), "open", 10)
    assert (found["code"], found["stage"], found["key"], found["field"]) == ("MAP_FIELD", "transformer", RECORD, "Code")
    assert found["remedy"]
    assert await house.pool.fetchval("select chunk from applied_chunk where application = 'replay'") == message.chunk


async def test_the_same_report_again_counts_once_and_another_one_counts_more(house: House) -> None:
    message = await house.report(house.origin(), house.failed())
    await Keeper(house.pool).handle(message)
    assert await house.pool.fetchval("select attempts from failure") == 1

    await house.report(house.origin(chunk=6), house.failed())
    assert await house.pool.fetchval("select attempts from failure") == 2
    assert await house.pool.fetchval("select count(*) from failure") == 1


async def test_junk_on_the_topic_is_kept_too(house: House) -> None:
    await Keeper(house.pool).handle(
        Message(topics.FAILURES, b"", b"\xff", {header.VERSION: "x", "dataset": "-1"}, 0, 0)
    )

    assert await house.pool.fetchval("select code from failure") == "UNEXPECTED"


@pytest.mark.parametrize(
    ("version", "rev", "state", "mended"),
    [
        (19, 9, "live", False),
        (20, 1, "live", False),
        (20, 2, "live", True),
        (21, 1, "live", True),
        (20, 1, "deleted", True),
        (19, 9, "deleted", False),
        (25, 9, "none", False),
    ],
)
async def test_a_records_failure_closes_by_what_the_gate_holds(
    house: House, version: int, rev: int, state: str, mended: bool
) -> None:
    await house.report(house.origin(), house.failed(), revision=2)
    await house.gate(version, rev, state)

    assert await house.states() == ["closed" if mended else "open"]


async def test_a_line_whose_parent_was_deleted_later_is_mended(house: House) -> None:
    await house.report(house.origin(), house.failed())
    await house.gate(3, 1, "deleted", parent=PARENT)
    assert await house.states() == ["open"]

    await house.gate(30, 1, "deleted", record=PARENT)
    assert await house.states() == ["closed"]


async def test_a_failure_stays_open_while_its_row_is_due(house: House) -> None:
    await house.report(house.origin(), house.failed())
    await house.gate(20, 1)
    await row(house, image=1, refused=None)
    assert await house.states() == ["open"]

    await house.pool.execute("delete from due")
    assert await house.states() == ["closed"]


async def test_a_refused_image_keeps_its_failure_open_until_it_is_another_one(house: House) -> None:
    await house.report(house.origin(), house.failed(), stage="deliver")
    await house.gate(20, 1)
    await row(house, image=1, refused=1)
    assert await house.states() == ["open"]

    await house.pool.execute("update row_wanted set image = 2")
    assert await house.states() == ["closed"]


async def test_a_refused_removal_keeps_its_failure_open_until_the_row_is_wanted_again(house: House) -> None:
    await house.report(house.origin(), house.failed(), stage="deliver")
    await house.gate(20, 1)
    await row(house, image=None, refused=0)
    assert await house.states() == ["open"]

    await house.pool.execute("update row_wanted set image = 2")
    assert await house.states() == ["closed"]


async def test_a_duplicate_key_stays_a_failure_until_the_row_is_alone(house: House) -> None:
    await house.report(house.origin(), house.failed(), stage="deliver", error=PermanentError(DUPLICATE_KEY, "key 'x'"))
    await house.gate(20, 1)
    await row(house, image=2, refused=None)
    await house.pool.execute("update row_wanted set dim_key = 'x'")
    await house.pool.execute(
        "insert into row_wanted (dataset, stream, division, record, tbl, ordinal, row_id, image, hash, unit, dim_key) "
        "select dataset, stream, division, $1, tbl, ordinal, 76, 1, hash, unit, dim_key from row_wanted",
        PARENT,
    )
    assert await house.states() == ["open"]

    await house.pool.execute("update row_wanted set image = null where row_id = 76")
    assert await house.states() == ["closed"]


async def test_a_closed_failure_that_is_seen_again_is_open_again(house: House) -> None:
    await house.report(house.origin(), house.failed())
    await house.gate(20, 1)
    assert await house.states() == ["closed"]

    await house.report(house.origin(chunk=9), house.failed(), revision=2)
    assert await house.states() == ["open"]


async def test_a_replay_needs_a_filter_and_freezes_what_it_found(house: House) -> None:
    await house.report(house.origin(), house.failed())
    async with house.pool.acquire() as connection:
        with pytest.raises(ConfigurationError) as refused:
            await replays.plan(connection, Filter(customer="acme"), "as-is", "", "me")
    assert refused.value.code is CONFIG_INVALID

    replay = await house.plan()
    await house.report(house.origin(chunk=8), house.failed(record=PARENT))

    assert await house.progress(replay) == ("planned", 1, 0, 0)
    assert await house.published() == []


async def test_a_replay_publishes_the_bytes_as_a_new_event_and_ends_when_the_gate_has_them(house: House) -> None:
    await house.report(house.origin(), house.failed())
    replay = await house.plan()
    await house.move(replay, "run")
    await house.look()

    (sent,) = await house.published()
    assert (sent["topic"], sent["key"], sent["value"]) == (topics.RAW_RECORDS, b"key", b"chunk of one")
    headers = json.loads(sent["headers"])
    assert headers == {
        "customer": "acme", "stream": "GLAccounts", "division": "nl/7", "call": "c1",
        "dataset": str(house.dataset), header.REPLAY_ID: str(replay),
    }  # fmt: skip
    assert await house.progress(replay) == ("running", 1, 0, 0)

    await house.gate(20, 1)
    await house.look(2)
    assert await house.progress(replay) == ("done", 1, 1, 0)


async def test_an_item_that_fails_again_is_failed_and_its_failure_stays(house: House) -> None:
    await house.report(house.origin(), house.failed())
    replay = await house.plan()
    await house.move(replay, "run")
    await house.look()
    (sent,) = await house.published()

    again = house.origin(chunk=sent["id"], **{header.REPLAY_ID: str(replay)})
    await house.report(again, house.failed())
    await house.look(2)

    assert await house.progress(replay) == ("done", 1, 0, 1)
    assert await house.states() == ["open"]


async def test_a_canary_that_fails_pauses_the_replay(house: House) -> None:
    for number in range(3):
        await house.report(house.origin(chunk=number + 1), house.failed(record=str(uuid.UUID(int=100 + number))))
    replay = await house.plan()
    await house.move(replay, "run", canary=1)
    await house.look()
    (sent,) = await house.published()

    item = await house.pool.fetchval("select failure from replay_item where state = 'sent'")
    failed = await house.pool.fetchval("select record from failure where id = $1", item)
    await house.report(house.origin(chunk=sent["id"], **{header.REPLAY_ID: str(replay)}), house.failed(record=failed))
    await house.look(2)

    assert (await house.progress(replay))[0] == "paused"
    assert len(await house.published()) == 1


async def test_pause_stops_and_cancel_ends(house: House) -> None:
    await house.report(house.origin(), house.failed())
    replay = await house.plan()
    await house.move(replay, "run")
    await house.move(replay, "pause")
    await house.look()
    assert await house.published() == []

    await house.move(replay, "cancel")
    assert await house.progress(replay) == ("cancelled", 1, 0, 1)
    with pytest.raises(ConfigurationError):
        await house.move(replay, "run")


async def test_one_replay_of_a_customer_at_a_time(house: House) -> None:
    first, second = await house.plan(), await house.plan()
    await house.move(first, "run")

    with pytest.raises(ConfigurationError):
        await house.move(second, "run")


async def test_live_traffic_goes_first(house: House) -> None:
    await house.report(house.origin(), house.failed())
    await house.move(await house.plan(), "run")
    await house.pool.execute("insert into consumer_lag values ('rows', 'pbi-pusher', 0, 3, clock_timestamp())")
    await house.look()
    assert await house.published() == []

    await house.pool.execute("delete from consumer_lag")
    await house.look()
    assert len(await house.published()) == 1


async def test_refetch_asks_exact_for_the_record(house: House) -> None:
    await house.report(house.origin(), house.failed())
    await house.move(await house.plan("refetch"), "run")
    await house.look()

    (sent,) = await house.published()
    assert sent["topic"] == topics.ENTITY_KEYS
    assert changes.decoder.decode(unpack(sent["value"])).keys == [changes.ChangedKey(RECORD, "upsert")]


async def test_mapped_rows_that_failed_go_back_to_the_raw_chunk(house: House) -> None:
    fetched = records.RecordsFetched(
        customer="acme", site="nl", division=7, stream="GLAccounts", generation=1, seen=1, fetched_at="", call="c",
        records=[records.FetchedRecord(name, 20, False, None, msgspec.Raw(b"{}")) for name in (RECORD, PARENT)],
    )  # fmt: skip
    chunk = await house.pool.fetchval(
        "insert into outbox (event_id, topic, key, value) values (gen_random_uuid(), 'raw-records', 'raw', $1) "
        "returning id",
        pack(records.encoder.encode(fetched)),
    )
    rows = replace(house.origin(chunk=chunk), topic=topics.ROWS)
    await house.report(rows, house.failed(), stage="apply")
    await house.move(await house.plan(), "run")
    await house.look()

    sent = (await house.published())[-1]
    assert (sent["topic"], sent["key"]) == (topics.RAW_RECORDS, b"raw")
    assert [record.id for record in records.decoder.decode(unpack(sent["value"])).records] == [RECORD]


async def test_a_messages_failure_ends_with_its_replay(house: House) -> None:
    await house.report(house.origin(), None)
    replay = await house.plan()
    await house.move(replay, "run")
    await house.look()
    assert await house.states() == ["open"]

    await house.pool.execute("update outbox set published_at = now()")
    await house.look(2)
    assert await house.states() == ["closed"]
    assert await house.progress(replay) == ("done", 1, 1, 0)


async def row(house: House, image: int | None, refused: int | None) -> None:
    """A wanted row of the record, due in the one sink."""
    sink = await house.pool.fetchval("insert into sink (dataset) values ($1) returning id", house.dataset)
    await house.pool.execute(
        "insert into row_wanted (dataset, stream, division, record, tbl, ordinal, row_id, image, hash, unit) "
        "values ($1, 'GLAccounts', $2, $3, 'GL Accounts', 0, 77, $4, 'h', 'u')",
        house.dataset, house.division, RECORD, image,
    )  # fmt: skip
    await house.pool.execute(
        "insert into due (sink, tbl, row_id, unit, first_chunk, refused_image) "
        "values ($1, 'GL Accounts', 77, 'u', 1, $2)",
        sink,
        refused,
    )
