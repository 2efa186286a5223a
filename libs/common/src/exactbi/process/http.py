"""The HTTP server of a process: health, metrics, and the routes of its services."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from exactbi.errors import ADDRESS_TAKEN, ConfigurationError
from exactbi.observability import metrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def application(
    services: Sequence[str],
    routes: Sequence[BaseRoute],
    in_flight: Callable[[], Mapping[str, int]],
    is_live: Callable[[], bool],
    is_ready: Callable[[], Awaitable[bool]],
) -> Starlette:
    """/livez says that the loops turn, /readyz that work can be done, /health (JSON) what is in hand."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("live" if is_live() else "stuck", 200 if is_live() else 503)

    async def readyz(_: Request) -> Response:
        ready = await is_ready()
        return PlainTextResponse("ready" if ready else "not ready", 200 if ready else 503)

    async def health(_: Request) -> Response:
        return JSONResponse({"services": list(services), "ready": await is_ready(), "in_flight": dict(in_flight())})

    async def exposition(_: Request) -> Response:
        return Response(metrics.exposition(), headers={"content-type": CONTENT_TYPE})

    own = [
        Route("/livez", livez),
        Route("/readyz", readyz),
        Route("/health", health),
        Route("/metrics", exposition),
    ]
    return Starlette(routes=[*own, *routes])


class Server(uvicorn.Server):
    """uvicorn on a socket that listens already, leaving signals to the process."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        self._listening = listening

    async def answer(self) -> None:
        """Answer requests until `should_exit` is set."""
        await self.serve(sockets=[self._listening])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: Starlette, host: str, port: int) -> Server:
    """A server that listens on `host` and `port` (0: a free one); ConfigurationError (ADDRESS_TAKEN) where it can't."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
    )
    return Server(config, _listen(host, port))


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigurationError(ADDRESS_TAKEN, f"can't listen on {host} port {port}: {error.strerror}") from error
