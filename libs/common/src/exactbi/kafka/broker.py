"""The one FastStream broker of a process: how we publish, and how subscriptions are consumed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from exactbi.errors import PART_UNREACHABLE, TransientError
from exactbi.kafka.decoding import decode, parse
from exactbi.kafka.profile import Profile
from exactbi.kafka.subscription import Message, Subscription

MAX_REQUEST_BYTES: Final = 16 * 2**20
MAX_BATCH_BYTES: Final = 256 * 2**10
REQUEST_TIMEOUT_MS: Final = 6_000
PUBLISH_TIMEOUT_S: Final = 10.0
"""Above the request timeout: a send that the client forgets ends here."""
GRACE_S: Final = 20.0
"""How long a stop or a rebalance waits for the message in hand; then it is delivered again."""
REBALANCE_TIMEOUT_MS: Final = 30_000
MAX_POLL_INTERVAL_MS: Final = 30 * 60_000
MAX_PARTITION_FETCH_BYTES: Final = 4 * 2**20

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Placed:
    """Where the broker put a message."""

    partition: int
    offset: int


@dataclass
class Consuming:
    """A subscription being consumed: what the watchdog looks at, and what tells a waiting handler to let go."""

    subscription: Subscription
    letting_go: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while a partition is taken away or the process stops: waits inside a handler end."""
    busy: bool = False
    """Whether the handler has a message in its hands."""
    last_progress: float = 0.0
    """Monotonic seconds at which a message was last begun or ended."""
    subscriber: Any = None

    @property
    def consumer(self) -> Any:
        """aiokafka's consumer; None while not started."""
        return self.subscriber.consumer


class _DrainOnRevoke(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka carries no types
    """Lets the message in hand end, commit included, before its partition goes to another member."""

    def __init__(self, consuming: Consuming) -> None:
        self._consuming = consuming

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self._consuming.letting_go.set()
        if revoked:
            await self._consuming.subscriber.lock.wait_release(GRACE_S)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:  # noqa: ARG002 (aiokafka's signature)
        self._consuming.letting_go.clear()


class Bus:
    """Publishes and consumes; topics and groups are named without the release's prefix."""

    def __init__(self, bootstrap: str, profile: Profile, prefix: str = "") -> None:
        self._prefix = prefix
        self._profile = profile
        self.consuming: list[Consuming] = []
        self._broker = KafkaBroker(
            bootstrap,
            acks="all",
            enable_idempotence=False,  # one refused batch would poison its partition, and order does not need it
            max_request_size=MAX_REQUEST_BYTES,
            max_batch_size=MAX_BATCH_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            metadata_max_age_ms=profile.metadata_max_age_ms,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            parser=parse,
            decoder=decode,
            graceful_timeout=GRACE_S,
            allow_auto_create_topics=False,
            apply_types=False,
            logger=None,
        )

    def subscribe(
        self, subscription: Subscription, handle: Callable[[Message, Consuming], Awaitable[None]]
    ) -> Consuming:
        """Consume `subscription` by `handle` once started; messages of a partition come one by one."""
        consuming = Consuming(subscription)
        consuming.subscriber = self._broker.subscriber(
            self._prefix + subscription.topic,
            group_id=self._prefix + subscription.group,
            auto_offset_reset="earliest",
            no_reply=True,
            listener=_DrainOnRevoke(consuming),
            session_timeout_ms=self._profile.session_timeout_ms,
            heartbeat_interval_ms=self._profile.heartbeat_interval_ms,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            fetch_max_wait_ms=self._profile.fetch_max_wait_ms,
            max_partition_fetch_bytes=MAX_PARTITION_FETCH_BYTES,
        )

        async def consume(message: Message) -> None:
            await self._consume(consuming, handle, message)

        consuming.subscriber(consume)
        self.consuming.append(consuming)
        return consuming

    async def _consume(
        self, consuming: Consuming, handle: Callable[[Message, Consuming], Awaitable[None]], message: Message
    ) -> None:
        loop = asyncio.get_running_loop()
        consuming.busy, consuming.last_progress = True, loop.time()
        try:
            await handle(self._unprefixed(message), consuming)
        finally:
            consuming.busy, consuming.last_progress = False, loop.time()

    def _unprefixed(self, message: Message) -> Message:
        if not self._prefix:
            return message
        return Message(
            message.topic.removeprefix(self._prefix),
            message.key,
            message.packed,
            message.headers,
            message.partition,
            message.offset,
        )

    async def send(self, topic: str, key: bytes, packed: bytes, headers: Mapping[str, str]) -> Placed:
        """Publish, and say where; TransientError (PART_UNREACHABLE) where no broker confirmed it in time."""
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                placed: Any = await self._broker.publish(packed, self._prefix + topic, key=key, headers=dict(headers))
        except (KafkaError, OSError, TimeoutError) as error:
            raise TransientError(PART_UNREACHABLE, f"Kafka did not confirm a message to {topic}: {error!r}") from error
        return Placed(placed.partition, placed.offset)

    async def publish(self, topic: str, key: bytes, packed: bytes, headers: Mapping[str, str]) -> None:
        """As `send`; what services are given."""
        await self.send(topic, key, packed, headers)

    async def start(self) -> None:
        """Connect and begin to consume; the topics must be there. TransientError (PART_UNREACHABLE) otherwise."""
        try:
            await self._broker.start()
        except (KafkaError, OSError, TimeoutError) as error:
            raise TransientError(PART_UNREACHABLE, f"Kafka: {error!r}") from error

    async def stop(self) -> None:
        """End what is in hand, commit, leave the groups; bounded, whatever the broker does."""
        for consuming in self.consuming:
            consuming.letting_go.set()
        try:
            async with asyncio.timeout(GRACE_S + PUBLISH_TIMEOUT_S):
                await self._broker.stop()
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("broker did not stop in order", error=repr(error))
