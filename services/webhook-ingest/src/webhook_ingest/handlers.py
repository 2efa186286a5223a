"""The routes: notices of Exact, and the page that a consent ends on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import asyncpg
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from exactbi.clock import Clock
from exactbi.errors import ExactbiError
from exactbi.observability import metrics
from exactbi.outbox.outgoing import Outgoing
from exactbi.postgres.pool import OUTAGES
from webhook_ingest.known import Directory
from webhook_ingest.notice import Origin, Refusal, RefusedError, check, outgoing, parse
from webhook_ingest.settings import MAX_BODY_BYTES, READ_TIMEOUT_S
from webhook_ingest.signature import sliced
from webhook_ingest.throttle import Throttle

STATUS: Final[Mapping[Refusal, int]] = {
    Refusal.OVERSIZE: 413,
    Refusal.SLOW: 408,
    Refusal.MALFORMED: 400,
    Refusal.FORGED: 401,
    Refusal.UNKNOWN_TOPIC: 422,
    Refusal.FOREIGN_CLIENT: 403,
    Refusal.FOREIGN_DIVISION: 403,
    Refusal.THROTTLED: 429,
    Refusal.BUSY: 503,
}
CALLBACK: Final = """<!doctype html><meta charset="utf-8"><title>exactbi</title>
<p>Exact Online has answered. Copy the whole address of this page and paste it into the terminal where
<code>exactbi login</code> waits. It is good for a minute.</p>"""
UNCACHED: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}

log = structlog.get_logger(__name__)


class Accepts(Protocol):
    """Makes events durable."""

    async def accept(self, events: Sequence[Outgoing]) -> None:
        """Return once they are; RefusedError (BUSY) where they may not be."""
        ...


class Ingest:
    """Takes notices: signed and for us, or refused and counted."""

    def __init__(self, directory: Directory, acceptor: Accepts, throttle: Throttle, clock: Clock) -> None:
        self._directory = directory
        self._acceptor = acceptor
        self._throttle = throttle
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """`/exact/callback`, and `/exact/<path of a connection>`."""
        return [
            Route("/exact/callback", callback, methods=["GET"]),
            Route("/exact/{path}", self.notice, methods=["POST"]),
        ]

    async def notice(self, request: Request) -> Response:
        """Answer 200 once what the notice says is durable."""
        origin = self._directory.origin(request.path_params["path"])
        if origin is None:
            metrics.INGEST_NOTICES.labels("unknown_path").inc()
            return Response(status_code=404)
        with metrics.INGEST_SECONDS.time():
            try:
                outcome, status = await self._take(request, origin), 200
            except RefusedError as refused:
                outcome, status = refused.reason.value, STATUS[refused.reason]
                log.warning("notice refused", reason=outcome, customer=origin.customer, connection=origin.connection)
        metrics.INGEST_NOTICES.labels(outcome).inc()
        return Response(status_code=status)

    async def _take(self, request: Request, origin: Origin) -> str:
        body = await read_body(request)
        if not body:
            # Exact posts nothing once when a subscription is made, and wants a 200.
            return "validation"
        signed = sliced(body)
        if signed is None:
            raise RefusedError(Refusal.MALFORMED)
        try:
            known = await self._directory.known(origin)
        except (ExactbiError, *OUTAGES, asyncpg.PostgresError) as error:
            log.warning("notice can't be checked", customer=origin.customer, error=repr(error))
            raise RefusedError(Refusal.BUSY) from error
        if not signed.is_by(known.secrets):
            raise RefusedError(Refusal.FORGED)
        notice = parse(signed.content)
        check(notice, origin, known.divisions)
        if not self._throttle.allows(origin.customer, self._clock.monotonic()):
            raise RefusedError(Refusal.THROTTLED)
        await self._acceptor.accept(outgoing(notice, signed.content, origin, self._clock.now()))
        return "accepted"


async def read_body(request: Request) -> bytes:
    """The whole body; RefusedError where it is too long or comes too slowly."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise RefusedError(Refusal.OVERSIZE)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY_BYTES:
                    raise RefusedError(Refusal.OVERSIZE)
    except (TimeoutError, ClientDisconnect):
        raise RefusedError(Refusal.SLOW) from None
    return bytes(body)


async def callback(_: Request) -> Response:
    """The page that Exact sends a person to after consent; the code in its address is neither read nor logged."""
    return HTMLResponse(CALLBACK, headers=UNCACHED)
