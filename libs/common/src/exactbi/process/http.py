"""The HTTP server of a process: health, metrics, and the routes of its services."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

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
    """uvicorn, leaving signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: Starlette, host: str, port: int) -> Server:
    """A server on `host` and `port`; call `serve`, set `should_exit` to end it."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=5,
        )
    )
