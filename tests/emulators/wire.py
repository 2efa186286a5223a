"""Answers as they leave: JSON, lists of JSON lines, and answers that break off or never come."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, Protocol

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

TRANSPORT: Final = "emulators.transport"
_LINES_PER_WRITE: Final = 2000


class Transport(Protocol):
    """What this module needs of an asyncio transport."""

    def get_extra_info(self, name: str) -> Any: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


class Reset(Response):
    """No answer: the connection is reset (RST where the platform allows it)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reset(scope)
        await _gone(receive)


class Truncated(Response):
    """The status, the headers and half of the body of another answer; then the connection is closed."""

    def __init__(self, whole: Response) -> None:
        super().__init__(status_code=whole.status_code)
        self.raw_headers = whole.raw_headers
        self.body = whole.body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        transport = _transport(scope)
        if transport is not None:
            transport.close()
        await _gone(receive)


def reset(scope: Scope) -> None:
    """Drop the connection of a request at once, with what was not yet written."""
    transport = _transport(scope)
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    with suppress(OSError, AttributeError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def json_lines(items: Iterable[Any]) -> StreamingResponse:
    """One JSON object a line; `items` must already be a snapshot. Items that are str are lines already."""
    return StreamingResponse(_lines(iter(items)), media_type="application/x-ndjson")


def _lines(items: Iterator[Any]) -> Iterator[bytes]:
    block: list[str] = []
    for item in items:
        block.append(item if isinstance(item, str) else json.dumps(item))
        if len(block) == _LINES_PER_WRITE:
            yield ("\n".join(block) + "\n").encode()
            block.clear()
    if block:
        yield ("\n".join(block) + "\n").encode()


def _transport(scope: Scope) -> Transport | None:
    found: Transport | None = scope.get("extensions", {}).get(TRANSPORT)
    return found


async def _gone(receive: Receive) -> None:
    """Wait until the server has noticed that the connection is gone, so that it does not complain."""
    with suppress(asyncio.TimeoutError):
        async with asyncio.timeout(5):
            while (await receive())["type"] != "http.disconnect":
                pass
