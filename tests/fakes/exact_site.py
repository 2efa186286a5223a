"""A site of Exact in memory: single-use refresh tokens, and a data endpoint that says what it is told to say."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx

Answering = Callable[[], httpx.Response] | Exception


@dataclass
class ExactSite:
    """Serves through `transport`. `token_faults` and `data_faults` are used up before the honest answer.

    A fault may be an exception: where it is raised after Exact did its work, set `rotates_first`.
    """

    secret: str = "s3cret"
    client_id: str = "app"
    refresh: str = ""
    access: str = ""
    issued: int = 0
    presented: list[str] = field(default_factory=list)
    calls: list[httpx.Request] = field(default_factory=list)
    token_faults: deque[Answering] = field(default_factory=deque)
    data_faults: deque[Answering] = field(default_factory=deque)
    rotates_first: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    before_token: Callable[[], Awaitable[None]] | None = None
    _heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._serve)

    def rotate(self) -> httpx.Response:
        """New tokens; the ones before are dead."""
        self.issued += 1
        self.refresh, self.access = f"refresh-{self.issued}", f"access-{self.issued}"
        granted = {"access_token": self.access, "refresh_token": self.refresh, "expires_in": "600"}
        return httpx.Response(200, json=granted)

    async def served(self, presented: str) -> None:
        """Returns once this token or code was presented."""
        async with self._heard:
            await self._heard.wait_for(lambda: presented in self.presented)

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            return await self._token(parse_qs(request.content.decode()))
        self.calls.append(request)
        if self.data_faults:
            return _done(self.data_faults.popleft())
        if request.headers.get("authorization") != f"Bearer {self.access}":
            return httpx.Response(401, json={"error": {"message": {"value": "Authentication Required"}}})
        return httpx.Response(200, json={"d": {"results": []}}, headers=self.headers)

    async def _token(self, form: dict[str, list[str]]) -> httpx.Response:
        self.presented.append(form.get("refresh_token", form.get("code", [""]))[0])
        async with self._heard:
            self._heard.notify_all()
        if self.before_token is not None:
            await self.before_token()
        honest = self._honest(form) if self.rotates_first or not self.token_faults else None
        if self.token_faults:
            return _done(self.token_faults.popleft())
        assert honest is not None
        return honest

    def _honest(self, form: dict[str, list[str]]) -> httpx.Response:
        if form["client_secret"] != [self.secret] or form["client_id"] != [self.client_id]:
            return httpx.Response(400, json={"error": "invalid_request"})
        if form["grant_type"] == ["refresh_token"] and form["refresh_token"] != [self.refresh]:
            told = {"error": "unauthorized_client", "error_description": "Old refresh token used."}
            return httpx.Response(401, json=told)
        return self.rotate()


def _done(fault: Answering) -> httpx.Response:
    if isinstance(fault, Exception):
        raise fault
    return fault()
