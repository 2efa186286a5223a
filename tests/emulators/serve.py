"""One emulator process: its command line, its two ports, its ready file, its end.

    serve.run("Power BI", build)          # build(options) -> Emulator

`build` gets the parsed options and gives the data application, the control application and a function that makes the
ready document from the addresses (`pid`, `control` and `ca` are added to it).
Each request's scope carries its transport in `extensions`, so that `wire` can break the connection.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from emulators.ready import write_ready
from emulators.tls import Authority, throwaway_authority
from emulators.wire import TRANSPORT

SINGLE, GROUP, WITH_BRITISH = BOOKS = ("single", "group", "group-with-british")
"""One company; the group of four; the group and a company whose books are kept in pounds."""
SIZES = {"small": 2_000, "medium": 1_000_000, "large": 10_000_000}
LEAST = {SINGLE: 2, GROUP: 100, WITH_BRITISH: 100}
"""Records of the streams: of one company its ledger lines; of the group also its payment terms, rows of sales invoices
and purchase orders, hours and costs. Master data comes on top. An entry has two lines at least, and four companies with
an opening, an invoice, hours and a fee each have a hundred records."""
_HOST = "127.0.0.1"
_BACKLOG = 2048


@dataclass(frozen=True)
class Options:
    """The command line. `size` is a number of records; `state` is the folder of the ready file; `books` is of Exact."""

    port: int
    control_port: int
    ready: Path
    seed: int
    size: int
    scale: float
    limits: bool
    tls: Path | None
    books: str = GROUP

    @property
    def state(self) -> Path:
        return self.ready.parent


@dataclass(frozen=True)
class Addresses:
    """Where the emulator listens: base URLs without a trailing slash, and the authority's certificate. `others`: those
    of further data ports, by name."""

    data: str
    control: str
    ca: str | None
    others: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Emulator:
    """What one process serves. `background` runs beside the servers and is cancelled at the end.

    `dated`: the data applications set Date themselves, by their own clock. `others`: further data applications by
    name, each on a free port of its own.
    """

    data: ASGIApp
    control: ASGIApp
    describe: Callable[[Addresses], dict[str, Any]]
    background: Callable[[], Awaitable[None]] | None = None
    dated: bool = False
    others: Mapping[str, ASGIApp] = field(default_factory=dict)


def options(arguments: list[str] | None = None, description: str | None = None) -> Options:
    """Parse the command line; `--limits` defaults to EXACTBI_LIMITS, else on."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="data port of 127.0.0.1 (0: a free one)")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--ready", type=Path, required=True, help="file written once it serves")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", default="small", help="small, medium, large or a number of records")
    parser.add_argument("--scale", type=float, default=1.0, help="how many times shorter vendor windows are")
    parser.add_argument("--limits", choices=["on", "off"], default=os.environ.get("EXACTBI_LIMITS") or "on")
    parser.add_argument("--tls", type=Path, default=None, help="folder of a throwaway authority; serves HTTPS")
    parser.add_argument("--books", choices=BOOKS, default=GROUP, help="companies of the Exact emulator")
    found = parser.parse_args(arguments)
    size = _size(parser, found.size, found.books)
    ready = found.ready.absolute()
    return Options(
        found.port, found.control_port, ready, found.seed, size, found.scale, found.limits == "on", found.tls,
        found.books,
    )  # fmt: skip


def _size(parser: argparse.ArgumentParser, text: str, books: str) -> int:
    """A number of records, or a name for one; anything else ends the process with what is wrong."""
    number = SIZES.get(text) or (int(text) if text.isascii() and text.isdecimal() else 0)
    if number < LEAST[books]:
        parser.error(
            f"--size is {', '.join(SIZES)} or a number, for {books} books at least {LEAST[books]}; not {text!r}"
        )
    return number


def run(description: str, build: Callable[[Options], Emulator], arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    chosen = options(arguments, description)
    chosen.state.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(chosen, build(chosen)))


async def serve(chosen: Options, emulator: Emulator) -> None:
    """Serve both ports in this loop until a signal; the ready file is written once both listen."""
    authority = throwaway_authority(chosen.tls) if chosen.tls else None
    data = listener(chosen.port)
    control = listener(chosen.control_port)
    others = {name: listener(0) for name in emulator.others}
    scheme = "https" if authority else "http"
    addresses = Addresses(
        f"{scheme}://{_HOST}:{data.getsockname()[1]}",
        f"http://{_HOST}:{control.getsockname()[1]}",
        str(authority.certificate) if authority else None,
        {name: f"{scheme}://{_HOST}:{sock.getsockname()[1]}" for name, sock in others.items()},
    )
    servers = [
        _Server(_config(emulator.data, authority, dated=emulator.dated)),
        _Server(_config(emulator.control, None, dated=False)),
        *(_Server(_config(app, authority, dated=emulator.dated)) for app in emulator.others.values()),
    ]
    _end_on_signals(servers)
    sockets = (data, control, *others.values())
    running = [asyncio.ensure_future(server.serve([sock])) for server, sock in zip(servers, sockets, strict=True)]
    beside = asyncio.ensure_future(emulator.background()) if emulator.background else None
    for server in servers:
        await server.listening.wait()
    identity = {"pid": os.getpid(), "control": addresses.control, "ca": addresses.ca}
    write_ready(chosen.ready, emulator.describe(addresses) | identity)
    await asyncio.gather(*running)
    if beside:
        beside.cancel()


def listener(port: int) -> socket.socket:
    """A listening socket of 127.0.0.1; port 0 takes a free one."""
    # Named TCP, since asyncio turns Nagle off for such sockets only; with it on, each kept connection waits 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((_HOST, port))
    sock.listen(_BACKLOG)
    sock.setblocking(False)
    return sock


class _Server(uvicorn.Server):
    """A uvicorn server that says when it listens, and leaves the signals to this module: two share a process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(HttpToolsProtocol):
    """Hands each request its transport."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]


def _config(app: ASGIApp, authority: Authority | None, *, dated: bool) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=not dated,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        ssl_certfile=authority.server if authority else None,
        ssl_keyfile=authority.server if authority else None,
    )


def _end_on_signals(servers: list[_Server]) -> None:
    def end() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
