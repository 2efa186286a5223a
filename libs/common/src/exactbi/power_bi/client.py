"""The HTTP client of Power BI and Entra: it sends, times and reports, and decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from exactbi.clock import Clock
from exactbi.errors import PBI_UNREACHABLE, TransientError
from exactbi.power_bi.auth import TokenRequest
from exactbi.power_bi.limits import REQUEST_TIMEOUT, TOKEN_TIMEOUT
from exactbi.power_bi.protocol import Request

CONNECT_TIMEOUT: Final = 15.0
KEPT_ALIVE: Final = 60.0
_WRITES: Final = "http11.send_request_headers.started"


@dataclass(frozen=True)
class Answer:
    """An answer; times are Unix seconds, headers are in lower case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    received_at: float


class NotSentError(TransientError):
    """No byte of the request left: it may be sent again."""


class PowerBiClient:
    """Sends requests over kept connections; it follows no redirect, since a redirect would carry the token along."""

    def __init__(self, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._clock = clock
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(REQUEST_TIMEOUT, connect=CONNECT_TIMEOUT),
            limits=httpx.Limits(keepalive_expiry=KEPT_ALIVE),
            headers={"accept": "application/json", "user-agent": "exactbi"},
        )

    async def send(self, request: Request, access_token: str, before_write: Callable[[], None]) -> Answer:
        """Send; `before_write` runs right before the socket is written and may raise to give up.

        NotSentError where no byte left, TransientError where no whole answer came within the request's timeout.
        """
        headers = {"authorization": f"Bearer {access_token}"}
        if request.body is not None:
            headers["content-type"] = "application/json; charset=utf-8"
        built = self._http.build_request(request.method, request.url, content=request.body, headers=headers)
        return await self._send(built, before_write, request.timeout)

    async def token(self, request: TokenRequest) -> Answer:
        """POST a token request; as `send`, within 30 s."""
        return await self._send(
            self._http.build_request("POST", request.url, data=dict(request.form)), lambda: None, TOKEN_TIMEOUT
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send(self, request: httpx.Request, before_write: Callable[[], None], timeout: float) -> Answer:
        async def trace(event: str, _info: dict[str, Any]) -> None:
            if event == _WRITES:
                before_write()

        before_write()
        timeouts = httpx.Timeout(timeout, connect=CONNECT_TIMEOUT).as_dict()
        request.extensions = {**request.extensions, "trace": trace, "timeout": timeouts}
        try:
            async with asyncio.timeout(timeout):
                response = await self._http.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSentError(PBI_UNREACHABLE, f"no connection to {request.url.host}: {_name(error)}") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise TransientError(PBI_UNREACHABLE, f"no answer of {request.url.host}: {_name(error)}") from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, response.content, headers, self._clock.now())


def _name(error: Exception) -> str:
    return type(error).__name__
