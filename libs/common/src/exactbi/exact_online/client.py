"""The HTTP client of one connection to Exact Online: it sends, times and reports, and decides nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from exactbi.clock import Clock
from exactbi.errors import EXACT_UNREACHABLE
from exactbi.exact_online.auth import TokenRequest
from exactbi.exact_online.limits import REQUEST_TIMEOUT, TOKEN_TIMEOUT, parse_date
from exactbi.http import Sender, lower_headers


@dataclass(frozen=True)
class Answer:
    """An answer of Exact's. Times are Unix seconds, ours; `exact_time` is Exact's clock; headers are in lower case.

    `took`: seconds from sending to answer by our monotonic clock, since the other may be set meanwhile.
    """

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    sent_at: float
    received_at: float
    took: float
    exact_time: datetime | None
    call: str


class ExactClient:
    """Sends requests of one connection."""

    def __init__(self, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._clock = clock
        self._sender = Sender(EXACT_UNREACHABLE, transport)

    async def get(self, url: str, access_token: str, before_write: Callable[[], None]) -> Answer:
        """GET. `before_write` runs right before the socket is written and may raise NotSentError or another to give up.

        NotSentError where no byte left, TransientError where no whole answer came within 60 s.
        """
        request = self._sender.request("GET", url, headers={"authorization": f"Bearer {access_token}"})
        return await self._send(request, before_write, REQUEST_TIMEOUT)

    async def token(self, request: TokenRequest, before_write: Callable[[], None]) -> Answer:
        """POST a token request; as `get`, within 30 s."""
        return await self._send(
            self._sender.request("POST", request.url, form=request.form), before_write, TOKEN_TIMEOUT
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._sender.aclose()

    async def _send(self, request: httpx.Request, before_write: Callable[[], None], timeout: float) -> Answer:
        sent_at, begun = self._clock.now(), self._clock.monotonic()
        response = await self._sender.send(request, before_write, timeout)
        headers = lower_headers(response)
        return Answer(
            response.status_code,
            response.content,
            headers,
            sent_at,
            self._clock.now(),
            self._clock.monotonic() - begun,
            parse_date(headers),
            str(uuid.uuid4()),
        )
