"""HTTP out: one request on kept connections, given up right before the socket or answered whole; it decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from exactbi.errors import CONFIG_INVALID, Code, ConfigurationError, TransientError

CONNECT_TIMEOUT: Final = 15.0
# github.com/picqer clients saw new TLS connections to Exact take 5 seconds: connections are kept.
KEPT_ALIVE: Final = 60.0
_WRITES: Final = "http11.send_request_headers.started"
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""No connection to the vendor was had: a proxy's refusal ends its CONNECT, before the request."""


class NotSentError(TransientError):
    """No byte of the request left: it may be sent again at once."""


class Sender:
    """Sends requests to one vendor; it follows no redirect, since a redirect would carry the token along."""

    def __init__(self, unreachable: Code, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._unreachable = unreachable
        self._http = _client(transport)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """A request with the headers that all of them have."""
        data = None if form is None else dict(form)
        return self._http.build_request(method, url, headers=headers, content=content, data=data)

    async def send(self, request: httpx.Request, before_write: Callable[[], None], timeout: float) -> httpx.Response:
        """Send, within `timeout` wall seconds for all of it.

        `before_write` runs right before the socket is written and may raise to give up. NotSentError where no byte
        left, TransientError where no whole answer came.
        """

        async def trace(event: str, _info: dict[str, Any]) -> None:
            if event == _WRITES:
                before_write()

        before_write()
        timeouts = httpx.Timeout(timeout, connect=CONNECT_TIMEOUT).as_dict()
        request.extensions = {**request.extensions, "trace": trace, "timeout": timeouts}
        try:
            async with asyncio.timeout(timeout):
                return await self._http.send(request)
        except _NOT_SENT as error:
            raise NotSentError(self._unreachable, f"no connection to {request.url.host}: {_name(error)}") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise TransientError(self._unreachable, f"no answer of {request.url.host}: {_name(error)}") from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _client(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """ConfigurationError (CONFIG_INVALID) where the environment names a proxy that can't be used."""
    try:
        return httpx.AsyncClient(
            transport=transport,
            limits=httpx.Limits(keepalive_expiry=KEPT_ALIVE),
            headers={"accept": "application/json", "user-agent": "exactbi"},
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ConfigurationError(
            CONFIG_INVALID,
            "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names no HTTP proxy: set http://host:port, or unset it",
        ) from error


def lower_headers(response: httpx.Response) -> dict[str, str]:
    """A response's headers, their names in lower case."""
    return {name.lower(): value for name, value in response.headers.items()}


def _name(error: Exception) -> str:
    return type(error).__name__
