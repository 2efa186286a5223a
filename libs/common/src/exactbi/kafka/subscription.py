"""What a handler is given of a topic, and what it gives back: messages, publishing, subscriptions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from exactbi.messages.packing import unpack
from exactbi.messages.topics import CHUNK


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
