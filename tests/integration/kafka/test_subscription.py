"""What a subscription promises, on a real broker (embedded, or Apache Kafka)."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from exactbi.clock import SystemClock
from exactbi.errors import MAP_FIELD, PART_UNREACHABLE, PermanentError, TransientError
from exactbi.kafka import administer
from exactbi.kafka.broker import Bus
from exactbi.kafka.profile import PROFILES
from exactbi.kafka.subscription import Message, Subscription
from exactbi.kafka.watchdog import Watchdog
from exactbi.messages import failures as header
from exactbi.messages import topics
from exactbi.messages.packing import pack, unpack
from exactbi.process.handling import Handling

pytestmark = pytest.mark.kafka

Handle = Callable[[Message], Awaitable[None]]
WAIT_S = 30.0


class Inbox:
    """Remembers what it was given; `behave` may raise before."""

    def __init__(self, behave: Callable[[str, int], None] = lambda *_: None) -> None:
        self.bodies: list[str] = []
        self.messages: list[Message] = []
        self._behave = behave
        self._times: dict[str, int] = {}
        self._came = asyncio.Condition()

    async def handle(self, message: Message) -> None:
        body = message.packed.decode("utf-8", "replace")
        self._times[body] = self._times.get(body, 0) + 1
        self._behave(body, self._times[body])
        self.messages.append(message)
        self.bodies.append(body)
        async with self._came:
            self._came.notify_all()

    async def count(self, wanted: int) -> None:
        async with asyncio.timeout(WAIT_S), self._came:
            await self._came.wait_for(lambda: len(self.bodies) >= wanted)


class House:
    """Buses on one prefix of one broker, with a database for failures."""

    def __init__(self, bootstrap: str, profile: str, pool: asyncpg.Pool) -> None:
        self.bootstrap, self.profile, self.pool = bootstrap, PROFILES[profile], pool
        self.prefix = f"bus-{uuid.uuid4().hex[:8]}-"
        self.buses: list[Bus] = []

    async def bus(self, *subscriptions: Subscription) -> Bus:
        bus = Bus(self.bootstrap, self.profile, self.prefix)
        for subscription in subscriptions:
            bus.subscribe(subscription, Handling(subscription, "transformer", self.pool, SystemClock()))
        await bus.start()
        self.buses.append(bus)
        return bus

    async def stop(self, bus: Bus) -> None:
        self.buses.remove(bus)
        await bus.stop()


@pytest.fixture
async def house(kafka: str, kafka_profile: str, pool: asyncpg.Pool) -> AsyncIterator[House]:
    built = House(kafka, kafka_profile, pool)
    await administer.apply(kafka, built.prefix)
    yield built
    for bus in list(built.buses):
        await built.stop(bus)


def raw(handle: Handle) -> Subscription:
    return Subscription(topics.RAW_RECORDS, "transformer", handle)


async def send(bus: Bus, bodies: Sequence[str], key: bytes = b"k") -> None:
    for body in bodies:
        await bus.publish(topics.RAW_RECORDS, key, body.encode(), {"customer": "acme"})


async def test_messages_of_a_key_come_in_order_with_key_and_headers(house: House) -> None:
    inbox = Inbox()
    bus = await house.bus(raw(inbox.handle))

    await send(bus, [str(n) for n in range(20)])
    await inbox.count(20)

    assert inbox.bodies == [str(n) for n in range(20)]
    first = inbox.messages[0]
    assert (first.topic, first.key, first.headers["customer"]) == (topics.RAW_RECORDS, b"k", "acme")
    assert first.partition == administer.partition_of(b"k", 6)


async def test_a_message_that_time_mends_is_tried_again_and_its_partition_waits(house: House) -> None:
    def behave(body: str, times: int) -> None:
        if body == "1" and times < 4:
            raise TransientError(PART_UNREACHABLE, "not yet")

    inbox = Inbox(behave)
    bus = await house.bus(raw(inbox.handle))

    await send(bus, ["0", "1", "2"])
    await inbox.count(3)

    assert inbox.bodies == ["0", "1", "2"]


@pytest.mark.parametrize("error", [PermanentError(MAP_FIELD, "no number"), ValueError("a bug")])
async def test_a_message_that_a_person_mends_goes_to_failures_and_its_neighbours_flow(
    house: House, error: Exception
) -> None:
    def behave(body: str, times: int) -> None:
        if body == "1":
            raise error

    inbox = Inbox(behave)
    bus = await house.bus(raw(inbox.handle))

    await send(bus, ["0", "1", "2"])
    await inbox.count(2)

    assert inbox.bodies == ["0", "2"]
    row = await house.pool.fetchrow("select topic, value, headers ->> $1 as code from outbox", header.CODE)
    assert row is not None
    assert (row["topic"], row["value"]) == (topics.FAILURES, b"1")
    assert row["code"] == ("MAP_FIELD" if isinstance(error, PermanentError) else "UNEXPECTED")


async def test_what_was_done_is_not_done_again_after_a_restart_and_the_rest_is(house: House) -> None:
    first = Inbox()
    bus = await house.bus(raw(first.handle))
    await send(bus, ["0", "1"])
    await first.count(2)
    await house.stop(bus)

    second = Inbox()
    sender = await house.bus()
    await send(sender, ["2"])
    await house.bus(raw(second.handle))
    await second.count(1)
    await asyncio.sleep(0.3)

    assert second.bodies == ["2"]


async def test_a_message_in_hand_at_the_end_is_ended_and_not_delivered_again(house: House) -> None:
    begun = asyncio.Event()
    ended: list[bytes] = []

    async def slow(message: Message) -> None:
        begun.set()
        await asyncio.sleep(1.0)
        ended.append(message.packed)

    bus = await house.bus(raw(slow))
    await send(bus, ["0"])
    await asyncio.wait_for(begun.wait(), WAIT_S)
    await house.stop(bus)
    assert ended == [b"0"]

    again = Inbox()
    sender = await house.bus(raw(again.handle))
    await send(sender, ["1"])
    await again.count(1)
    assert again.bodies == ["1"]


async def test_a_message_being_tried_again_lets_the_process_end_and_comes_back(house: House) -> None:
    tried = asyncio.Event()

    async def never(_: Message) -> None:
        tried.set()
        raise TransientError(PART_UNREACHABLE, "away")

    bus = await house.bus(raw(never))
    await send(bus, ["0"])
    await asyncio.wait_for(tried.wait(), WAIT_S)
    await asyncio.sleep(2.0)
    begun = time.monotonic()
    await house.stop(bus)
    assert time.monotonic() - begun < 15.0

    again = Inbox()
    await house.bus(raw(again.handle))
    await again.count(1)
    assert again.bodies == ["0"]


async def test_headers_that_are_no_text_do_not_make_a_message_vanish(house: House) -> None:
    inbox = Inbox()
    await house.bus(raw(inbox.handle))
    producer = AIOKafkaProducer(bootstrap_servers=house.bootstrap)
    await producer.start()
    for number, headers in enumerate([[("a", None)], [("a", b"\xff\xfe")], [], [("a", b"plain")]]):
        await producer.send_and_wait(house.prefix + topics.RAW_RECORDS, str(number).encode(), key=b"k", headers=headers)
    await producer.send_and_wait(house.prefix + topics.RAW_RECORDS, None, key=b"k")
    await producer.stop()

    await inbox.count(5)

    assert inbox.bodies == ["0", "1", "2", "3", ""]
    assert [message.headers.get("a") for message in inbox.messages] == ["", "\\xff\\xfe", None, "plain", None]


async def test_two_members_share_the_partitions_and_nothing_is_lost_or_done_twice(house: House) -> None:
    done: list[str] = []

    async def handle(message: Message) -> None:
        await asyncio.sleep(0.01)
        done.append(message.packed.decode())

    bus = await house.bus(raw(handle))
    for number in range(60):
        await bus.publish(topics.RAW_RECORDS, str(number).encode(), str(number).encode(), {})
        if number == 20:
            other = await house.bus(raw(handle))
        if number == 40:
            await house.stop(other)
    async with asyncio.timeout(WAIT_S):
        while len(done) < 60:  # noqa: ASYNC110 (two members write the list)
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)

    assert sorted(done, key=int) == [str(n) for n in range(60)]


async def test_a_message_of_15_megabytes_arrives(house: House) -> None:
    inbox = Inbox()
    bus = await house.bus(raw(inbox.handle))
    value = pack(uuid.uuid4().bytes) + bytes(15 * 2**20)

    await bus.publish(topics.RAW_RECORDS, b"k", value, {})
    await inbox.count(1)

    assert inbox.messages[0].packed == value
    assert unpack(pack(b"small")) == b"small"


async def test_the_watchdog_sees_what_waits_behind_a_message_in_hand(house: House) -> None:
    begun, release = asyncio.Event(), asyncio.Event()

    async def hold(_: Message) -> None:
        begun.set()
        await release.wait()

    bus = await house.bus(raw(hold))
    watchdog = Watchdog(bus.consuming, time.monotonic)

    async def until(lag: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while not watchdog.lags or sum(partition.lag for partition in watchdog.lags) != lag:
                await watchdog.look()
                await asyncio.sleep(0.1)

    await send(bus, ["0"])
    await asyncio.wait_for(begun.wait(), WAIT_S)
    await send(bus, ["1", "2"])
    await until(2)
    assert watchdog.assigned

    release.set()
    await until(0)


async def test_topics_that_are_there_are_left_alone_and_differing_ones_are_told(house: House) -> None:
    assert await administer.apply(house.bootstrap, house.prefix) == []
    assert await administer.missing(house.bootstrap, house.prefix) == {}
    assert set(await administer.missing(house.bootstrap, f"absent-{house.prefix}")) == set(topics.TOPICS)


async def test_a_broker_that_is_away_is_a_matter_of_time() -> None:
    with pytest.raises(TransientError):
        await administer.apply("127.0.0.1:1", "")
