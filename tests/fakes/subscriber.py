"""A subscriber's callback: a small HTTP server on this machine that keeps what it was sent."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Subscriber:
    """`statuses` are answered one after the other, the last one for good; `bodies` is what came."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    bodies: list[bytes] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        head = await reader.readuntil(b"\r\n\r\n")
        lines = [line.partition(b":") for line in head.lower().split(b"\r\n")]
        length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
        self.bodies.append(await reader.readexactly(length))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        writer.write(f"HTTP/1.1 {status} .\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        self.came.set()

    async def received(self, n: int) -> list[bytes]:
        """The bodies, once there are `n` of them."""
        async with asyncio.timeout(5):
            while len(self.bodies) < n:
                self.came.clear()
                await self.came.wait()
        return self.bodies


@asynccontextmanager
async def listening(*statuses: int, tls: Path | None = None) -> AsyncIterator[Subscriber]:
    """A subscriber that answers so; over https where `tls` is a file with its key and certificate."""
    made = Subscriber(statuses=list(statuses) or [200])
    context = None
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    made.url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    async with server:
        yield made
