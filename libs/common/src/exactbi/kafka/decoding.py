"""From a consumer's record to our `Message`, whatever its bytes are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias

from faststream import StreamMessage

from exactbi.kafka.subscription import Message

Record: TypeAlias = Any
"""aiokafka's ConsumerRecord, which carries no types."""


def readable(record: Record) -> Record:
    """The record with header values that are text: the framework skips a record with any other, for good."""
    return replace(record, headers=tuple((name, _text(value)) for name, value in record.headers))


async def parse(
    record: Record, original: Callable[[Record], Awaitable[StreamMessage[Record]]]
) -> StreamMessage[Record]:
    """The framework's parser, made safe."""
    return await original(readable(record))


async def decode(message: StreamMessage[Record]) -> Message:
    """Never fails: what the value says is the handler's to find out."""
    record = message.raw_message
    return Message(
        topic=record.topic,
        key=record.key or b"",
        packed=record.value or b"",
        headers={name: value.decode() for name, value in record.headers},
        partition=record.partition,
        offset=record.offset,
    )


def _text(value: bytes | None) -> bytes:
    return (value or b"").decode("utf-8", "backslashreplace").encode()
