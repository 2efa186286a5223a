"""The silhouette that every service has: what it is given, and what it gives back to be run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from exactbi.messages.packing import unpack
from exactbi.messages.topics import CHUNK

if TYPE_CHECKING:
    import asyncpg
    from starlette.routing import BaseRoute

    from exactbi.clock import Clock, Scale
    from exactbi.config.customer import Customer
    from exactbi.config.settings import Settings


@dataclass(frozen=True)
class Message:
    """A record of a topic, as it came. `packed` is its value on the wire; headers are text."""

    topic: str
    key: bytes
    packed: bytes
    headers: Mapping[str, str]
    partition: int
    offset: int

    @cached_property
    def value(self) -> bytes:
        """The unpacked value; PermanentError (UNDECODABLE) where it is no zstd frame."""
        return unpack(self.packed)

    @property
    def chunk(self) -> int:
        """The outbox id of the chunk that this message is; KeyError where the relay did not set it."""
        return int(self.headers[CHUNK])


class Publisher(Protocol):
    """Publishes to a topic and returns when the broker has it (acks=all); TransientError after a timeout."""

    async def publish(self, topic: str, key: bytes, packed: bytes, headers: Mapping[str, str]) -> None:
        """`topic` without the release's prefix; `packed` is a zstd frame."""
        ...


@dataclass(frozen=True)
class Subscription:
    """A handler of one topic in one consumer group. It returns when the message is done with, or raises.

    TransientError: tried again with back-off, the partition waits. PermanentError and unknown errors: the message
    goes to failures (through the outbox) and is done with. Partitions of one topic are handled in order.
    """

    topic: str
    group: str
    handle: Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Worker:
    """A loop that runs until it is cancelled.

    A transient error starts it again after a while; one that ends, or raises any other, ends the process.
    """

    name: str
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Assembly:
    """A built service: everything that runs. `in_flight` tells what work it has in its hands right now, by kind."""

    subscriptions: Sequence[Subscription] = ()
    workers: Sequence[Worker] = ()
    routes: Sequence[BaseRoute] = ()
    in_flight: Callable[[], Mapping[str, int]] = field(default=dict)


@dataclass(frozen=True)
class Resources:
    """What a service is built from."""

    settings: Settings
    pool: asyncpg.Pool
    publisher: Publisher
    customers: Mapping[str, Customer]
    clock: Clock
    scale: Scale


Service = Callable[[Resources], AbstractAsyncContextManager[Assembly]]
"""The entry points of the group `exactbi.services`."""
