"""The HTTP client of Power BI and Entra: it sends, times and reports, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from exactbi.clock import Clock
from exactbi.errors import PBI_UNREACHABLE
from exactbi.http import Sender, lower_headers
from exactbi.power_bi.auth import TokenRequest
from exactbi.power_bi.limits import TOKEN_TIMEOUT
from exactbi.power_bi.protocol import Request


@dataclass(frozen=True)
class Answer:
    """An answer; times are Unix seconds, headers are in lower case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    received_at: float


class PowerBiClient:
    """Sends requests to Power BI's API and to Entra."""

    def __init__(self, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._clock = clock
        self._sender = Sender(PBI_UNREACHABLE, transport)

    async def send(self, request: Request, access_token: str, before_write: Callable[[], None]) -> Answer:
        """Send; `before_write` runs right before the socket is written and may raise to give up.

        NotSentError where no byte left, TransientError where no whole answer came within the request's timeout.
        """
        headers = {"authorization": f"Bearer {access_token}"}
        if request.body is not None:
            headers["content-type"] = "application/json; charset=utf-8"
        built = self._sender.request(request.method, request.url, headers=headers, content=request.body)
        return await self._send(built, before_write, request.timeout)

    async def token(self, request: TokenRequest) -> Answer:
        """POST a token request; as `send`, within 30 s."""
        return await self._send(
            self._sender.request("POST", request.url, form=request.form), lambda: None, TOKEN_TIMEOUT
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._sender.aclose()

    async def _send(self, request: httpx.Request, before_write: Callable[[], None], timeout: float) -> Answer:
        response = await self._sender.send(request, before_write, timeout)
        return Answer(response.status_code, response.content, lower_headers(response), self._clock.now())
