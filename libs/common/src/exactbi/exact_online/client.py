"""The HTTP client of one connection to Exact Online: it sends, times and reports, and decides nothing."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx

from exactbi.clock import Clock
from exactbi.errors import EXACT_UNREACHABLE, TransientError
from exactbi.exact_online.auth import TokenRequest
from exactbi.exact_online.limits import REQUEST_TIMEOUT, TOKEN_TIMEOUT, parse_date

CONNECT_TIMEOUT: Final = 15.0
# github.com/picqer clients saw new TLS connections take 5 seconds: connections are kept.
KEPT_ALIVE: Final = 60.0
_WRITES: Final = "http11.send_request_headers.started"


@dataclass(frozen=True)
class Answer:
    """An answer of Exact's. Times are Unix seconds, ours; `exact_time` is Exact's clock; headers are in lower case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    sent_at: float
    received_at: float
    exact_time: datetime | None
    call: str


class NotSentError(TransientError):
    """No byte of the request left: it may be sent again at once."""


class ExactClient:
    """Sends requests over kept connections; it follows no redirect, since a redirect would carry the token along."""

    def __init__(self, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._clock = clock
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(REQUEST_TIMEOUT, connect=CONNECT_TIMEOUT),
            limits=httpx.Limits(keepalive_expiry=KEPT_ALIVE),
            headers={"accept": "application/json", "user-agent": "exactbi"},
        )

    async def get(self, url: str, access_token: str, before_write: Callable[[], None]) -> Answer:
        """GET. `before_write` runs right before the socket is written and may raise NotSentError or another to give up.

        NotSentError where no byte left, TransientError where no whole answer came within 60 s.
        """
        request = self._http.build_request("GET", url, headers={"authorization": f"Bearer {access_token}"})
        return await self._send(request, before_write, REQUEST_TIMEOUT)

    async def token(self, request: TokenRequest, before_write: Callable[[], None]) -> Answer:
        """POST a token request; as `get`, within 30 s."""
        built = self._http.build_request("POST", request.url, data=dict(request.form))
        return await self._send(built, before_write, TOKEN_TIMEOUT)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send(self, request: httpx.Request, before_write: Callable[[], None], timeout: float) -> Answer:
        async def trace(event: str, _info: dict[str, Any]) -> None:
            if event == _WRITES:
                before_write()

        before_write()
        request.extensions = {**request.extensions, "trace": trace}
        sent_at = self._clock.now()
        try:
            async with asyncio.timeout(timeout):
                response = await self._http.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSentError(EXACT_UNREACHABLE, f"no connection to {request.url.host}: {_name(error)}") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise TransientError(EXACT_UNREACHABLE, f"no answer of {request.url.host}: {_name(error)}") from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(
            response.status_code,
            response.content,
            headers,
            sent_at,
            self._clock.now(),
            parse_date(headers),
            str(uuid.uuid4()),
        )


def _name(error: Exception) -> str:
    return type(error).__name__
