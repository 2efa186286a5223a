"""The relay and its republishing, on a real database with a broker that does as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg

from exactbi.clock import Scale
from exactbi.errors import PART_UNREACHABLE, TransientError
from exactbi.failures.keep import keep
from exactbi.kafka.administer import PLANS, partition_of
from exactbi.kafka.broker import Placed
from exactbi.kafka.subscription import Message
from exactbi.messages import failures as header
from exactbi.messages import topics
from exactbi.outbox.applied import note
from exactbi.outbox.relay import POLL_S, Relay
from exactbi.outbox.republish import Republisher, await_again, republish_chunks
from exactbi.outbox.write import Outgoing, write


@dataclass
class Broker:
    """Remembers what it confirmed; refuses keys that it was told to."""

    sent: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)
    refused: set[bytes] = field(default_factory=set)
    confirmed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, topic: str, key: bytes, packed: bytes, headers: Mapping[str, str]) -> Placed:
        if key in self.refused:
            raise TransientError(PART_UNREACHABLE, "away")
        self.sent.append((topic, packed, headers))
        self.confirmed.set()
        return Placed(partition_of(key, 6), len(self.sent))

    @property
    def chunks(self) -> list[int]:
        return [int(headers[topics.CHUNK]) for _, _, headers in self.sent]


def event(topic: str = topics.RAW_RECORDS, key: bytes = b"k", stream: str = "GLAccounts") -> Outgoing:
    return Outgoing(uuid.uuid4(), topic, key, b"packed", {"customer": "acme", "stream": stream})


async def put(pool: asyncpg.Pool, *events: Outgoing) -> list[int]:
    async with pool.acquire() as connection, connection.transaction():
        await write(connection, events)
    ids = [await pool.fetchval("select id from outbox where event_id = $1", event.event_id) for event in events]
    return [int(chunk) for chunk in ids]


async def dataset(pool: asyncpg.Pool, name: str = "finance", stream: str = "GLAccounts") -> int:
    await pool.execute("insert into customer (id) values ('acme') on conflict do nothing")
    made: int = await pool.fetchval(
        "insert into dataset (customer, name, workspace, schema) values ('acme', $1, 'w', '{}') returning id", name
    )
    await pool.execute(
        "insert into mapping (dataset, stream, rev, hash, configuration) values ($1, $2, 1, 'h', '{}')", made, stream
    )
    return made


async def overdue(pool: asyncpg.Pool, seconds: float = 1.0) -> None:
    """Let the patience of all that is watched have ended so long ago."""
    await pool.execute(
        "update outbox set republish_at = clock_timestamp() - make_interval(secs => $1) where republish_at is not null",
        seconds,
    )


async def test_the_same_event_is_written_once_and_a_write_is_told_of_once(pool: asyncpg.Pool) -> None:
    heard: list[object] = []
    listener = await pool.acquire()

    def hear(*heard_of: object) -> None:
        heard.append(heard_of)

    await listener.add_listener("outbox", hear)
    one = event()
    await put(pool, one, event())
    await put(pool, one)
    await asyncio.sleep(0.1)
    await listener.remove_listener("outbox", hear)
    await pool.release(listener)

    assert await pool.fetchval("select count(*) from outbox") == 2
    assert len(heard) == 2


async def test_rows_are_sent_with_their_ids_and_marked(pool: asyncpg.Pool) -> None:
    broker = Broker()
    one = event()
    (chunk,) = await put(pool, one)

    assert await Relay(pool, broker, Scale()).round() == (1, 1)

    ((topic, packed, headers),) = broker.sent
    assert (topic, packed) == (topics.RAW_RECORDS, b"packed")
    assert headers[topics.CHUNK] == str(chunk)
    assert headers[topics.EVENT] == str(one.event_id)
    row = await pool.fetchrow('select published_at, "offset", republish_at from outbox')
    assert row is not None
    assert row["offset"] == 1
    assert 59 < (row["republish_at"] - row["published_at"]).total_seconds() < 61


async def test_what_the_broker_did_not_confirm_stays_and_its_neighbours_go(pool: asyncpg.Pool) -> None:
    broker = Broker(refused={b"bad"})
    await put(pool, event(), event(key=b"bad"), event())
    relay = Relay(pool, broker, Scale())

    assert await relay.round() == (3, 2)
    assert await relay.round() == (1, 0)
    broker.refused.clear()
    assert await relay.round() == (1, 1)
    assert sorted(broker.chunks) == [1, 2, 3]


async def test_relays_share_the_rows(pool: asyncpg.Pool) -> None:
    broker = Broker()
    await put(pool, *(event() for _ in range(500)))

    rounds = await asyncio.gather(*(Relay(pool, broker, Scale()).round() for _ in range(3)))

    assert sum(sent for _, sent in rounds) == len(broker.sent) == len(set(broker.chunks))


async def test_a_relay_killed_between_send_and_mark_sends_again(pool: asyncpg.Pool) -> None:
    broker = Broker()
    (chunk,) = await put(pool, event())

    class Dying(Broker):
        async def send(self, topic: str, key: bytes, packed: bytes, headers: Mapping[str, str]) -> Placed:
            await broker.send(topic, key, packed, headers)
            raise asyncio.CancelledError

    with contextlib.suppress(asyncio.CancelledError):
        await Relay(pool, Dying(), Scale()).round()
    await Relay(pool, broker, Scale()).round()

    assert broker.chunks == [chunk, chunk]


async def test_a_running_relay_wakes_by_notification(pool: asyncpg.Pool) -> None:
    broker = Broker()
    running = asyncio.create_task(Relay(pool, broker, Scale()).run())
    waits: list[float] = []
    for _ in range(5):
        broker.confirmed.clear()
        begun = asyncio.get_running_loop().time()
        await put(pool, event())
        await asyncio.wait_for(broker.confirmed.wait(), 30.0)
        waits.append(asyncio.get_running_loop().time() - begun)

    assert min(waits) < POLL_S / 2, "each came with the next look"
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_chunk_is_published_again_until_every_dataset_has_applied_it(pool: asyncpg.Pool) -> None:
    first, second = await dataset(pool), await dataset(pool, "sales")
    broker, scale = Broker(), Scale()
    relay, republisher = Relay(pool, broker, scale), Republisher(pool, scale)
    (chunk,) = await put(pool, event())
    await relay.round()

    assert await republisher.look() == 0
    await overdue(pool)
    await note_applied(pool, chunk, f"dataset:{first}")
    assert await republisher.look() == 1
    await relay.round()
    waits = await pool.fetchval("select extract(epoch from republish_at - published_at) from outbox")
    assert 119 < waits < 121

    await overdue(pool)
    await note_applied(pool, chunk, f"dataset:{second}")
    assert await republisher.look() == 0
    assert broker.chunks == [chunk, chunk]
    assert await pool.fetchval("select republish_at is null from outbox")


async def test_notices_and_reports_are_awaited_too(pool: asyncpg.Pool) -> None:
    broker, scale = Broker(), Scale()
    notice, report, nobodys = await put(
        pool, event(topics.ENTITY_KEYS), event(topics.FAILURES), event(topics.RAW_RECORDS, stream="Unmapped")
    )
    await Relay(pool, broker, scale).round()
    await overdue(pool)
    await note_applied(pool, notice, "poller")

    assert await Republisher(pool, scale).look() == 1
    assert await pool.fetchval("select id from outbox where published_at is null") == report
    assert nobodys not in broker.chunks[3:]


async def test_lag_of_its_partition_or_of_the_datasets_rows_holds_a_chunk_back_for_a_while(pool: asyncpg.Pool) -> None:
    await dataset(pool)
    scale = Scale()
    republisher = Republisher(pool, scale)
    await put(pool, event())
    await Relay(pool, Broker(), scale).round()
    rows = partition_of(topics.dataset_key("acme", "finance"), PLANS[topics.ROWS].partitions)
    for topic, partition in ((topics.RAW_RECORDS, partition_of(b"k", 6)), (topics.ROWS, rows)):
        await pool.execute("delete from consumer_lag")
        await pool.execute("insert into consumer_lag values ($1, 'g', $2, 5, clock_timestamp())", topic, partition)
        await overdue(pool, 890.0)
        assert await republisher.look() == 0

    await overdue(pool, 901.0)
    assert await republisher.look() == 1


async def test_lag_of_others_and_lag_that_nobody_renews_hold_nothing_back(pool: asyncpg.Pool) -> None:
    await dataset(pool)
    other = (partition_of(b"k", 6) + 1) % 6
    await put(pool, event())
    await Relay(pool, Broker(), Scale()).round()
    await overdue(pool)
    await pool.execute(
        "insert into consumer_lag values ('raw-records', 'g', $1, 5, clock_timestamp()), "
        "('raw-records', 'old', $2, 5, clock_timestamp() - interval '1 minute')",
        other,
        partition_of(b"k", 6),
    )

    assert await Republisher(pool, Scale()).look() == 1


async def test_an_open_failure_of_the_whole_chunk_ends_the_wait(pool: asyncpg.Pool) -> None:
    await dataset(pool)
    (chunk,) = await put(pool, event())
    await Relay(pool, Broker(), Scale()).round()
    await overdue(pool)
    await failure(pool, chunk, record="")

    assert await Republisher(pool, Scale()).look() == 0
    assert await pool.fetchval("select republish_at is null from outbox")


async def test_a_failed_record_does_not(pool: asyncpg.Pool) -> None:
    await dataset(pool)
    (chunk,) = await put(pool, event())
    await Relay(pool, Broker(), Scale()).round()
    await overdue(pool)
    await failure(pool, chunk, record=str(uuid.uuid4()))

    assert await Republisher(pool, Scale()).look() == 1


async def test_a_dataset_that_begins_to_use_a_stream_awaits_its_stored_chunks(pool: asyncpg.Pool) -> None:
    first = await dataset(pool)
    (chunk,) = await put(pool, event())
    broker, scale = Broker(), Scale()
    await Relay(pool, broker, scale).round()
    await overdue(pool)
    await note_applied(pool, chunk, f"dataset:{first}")
    await Republisher(pool, scale).look()

    await dataset(pool, "sales")
    async with pool.acquire() as connection:
        await await_again(connection, "acme", ["GLAccounts"])

    assert await Republisher(pool, scale).look() == 1


async def test_a_chunk_is_not_done_with_while_its_customer_is_being_activated(pool: asyncpg.Pool) -> None:
    first = await dataset(pool)
    (chunk,) = await put(pool, event())
    await Relay(pool, Broker(), Scale()).round()
    await overdue(pool)
    await note_applied(pool, chunk, f"dataset:{first}")

    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("select id from customer where id = 'acme' for update")
        await await_again(connection, "acme", ["GLAccounts"])
        await Republisher(pool, Scale()).look()
        await connection.execute(
            "with made as (insert into dataset (customer, name, workspace, schema) values ('acme', 'sales', 'w', '{}') "
            "returning id) insert into mapping (dataset, stream, rev, hash, configuration) "
            "select id, 'GLAccounts', 1, 'h', '{}' from made"
        )

    assert await Republisher(pool, Scale()).look() == 1


async def test_chunks_are_published_again_on_demand(pool: asyncpg.Pool) -> None:
    broker = Broker()
    chunks = await put(pool, event(), event())
    await Relay(pool, broker, Scale()).round()

    async with pool.acquire() as connection:
        await republish_chunks(connection, chunks[:1])
    await Relay(pool, broker, Scale()).round()

    assert broker.chunks == [*chunks, chunks[0]]


async def note_applied(pool: asyncpg.Pool, chunk: int, application: str) -> None:
    async with pool.acquire() as connection:
        await note(connection, [chunk], application)


async def failure(pool: asyncpg.Pool, chunk: int, record: str) -> None:
    """A report of replay's: of the chunk as a whole, or of one record."""
    headers = {topics.CHUNK: "1", header.ORIGIN_CHUNK: str(chunk), header.RECORD: record}
    async with pool.acquire() as connection:
        await keep(connection, Message(topics.FAILURES, b"k", b"packed", headers, 0, 0))
