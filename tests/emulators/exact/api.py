"""The data port of one site: routes, authentication, limits, then the read itself."""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from email.utils import formatdate
from typing import Final
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from emulators.exact import login, reads
from emulators.exact import rules as rule
from emulators.exact.answers import RefusedError, document, refusal
from emulators.exact.entities import BY_PATH
from emulators.exact.feed import Address
from emulators.exact.oauth import Access
from emulators.exact.penalties import Caller
from emulators.exact.site import Site
from emulators.faults import Fault, Faults
from emulators.wire import Reset, Truncated

_AUTH, _TOKEN, _ME = "/api/oauth2/auth", "/api/oauth2/token", "/api/v1/current/me"
_DIVISIONS: Final = "hrm/divisions"
_DATA: Final = re.compile(r"/api/v1/(?P<beta>beta/)?(?P<division>\d+)/(?P<path>[^()]+?)(?:\((?P<key>[^()]*)\))?")
_LONGEST_URL: Final = 6000
_TOKEN_ENDPOINT: Final = "oauth2/token"


@dataclass
class Call:
    """A request, and what is learned about it on the way."""

    request: Request
    path: str
    query: dict[str, str]
    route: str = "unknown"
    access: Access | None = None
    division: int = 0
    endpoint: str = ""
    headers: dict[str, str] | None = None


_Serve = Callable[[Call], Awaitable[Response]]


class DataPort:
    """The ASGI application."""

    def __init__(self, site: Site, faults: Faults) -> None:
        self._site, self._faults = site, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        answer = await self._answer(request)
        if "Date" not in answer.headers:
            answer.headers["Date"] = formatdate(self._site.clock.now(), usegmt=True)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        call = Call(request, unquote(request.url.path), dict(parse_qsl(request.url.query, keep_blank_values=True)))
        serve = self._route(call)
        fault = self._faults.take(call.route, f"{request.method} {call.path}")
        with self._flying(call):
            answer = await self._with_fault(call, serve, fault)
        self._remember(call, answer)
        return answer

    def _flying(self, call: Call) -> AbstractContextManager[None]:
        """Requests of one app for one division are counted while they are answered."""
        access = self._site.authority.access(_bearer(call.request) or "")
        return self._site.limits.flying((access.app.client_id, call.division)) if access else nullcontext()

    async def _with_fault(self, call: Call, serve: _Serve, fault: Fault | None) -> Response:
        kind = fault.kind if fault else ""
        if fault and kind == "latency":
            await asyncio.sleep(fault.seconds)
        if fault and kind == "status":
            return _faulty(fault)
        if kind == "reset_before":
            return Reset()
        answer = await self._served(call, serve)
        if kind == "reset_after":
            return Reset()
        if kind == "truncate":
            return Truncated(answer)
        return _faulty(fault) if fault and kind == "refused_but_done" else answer

    async def _served(self, call: Call, serve: _Serve) -> Response:
        self._site.commits.settle()
        try:
            if len(str(call.request.url)) > _LONGEST_URL and self._site.rules.on(rule.URL_LENGTH):
                raise RefusedError(414, "The request URI is too long.")
            return await serve(call)
        except RefusedError as error:
            if call.access:
                caller = Caller(call.access.app.client_id, call.access.user.id, call.division, call.endpoint)
                self._site.limits.penalties.error(caller, error.status)
            return refusal(error, call.headers)

    def _route(self, call: Call) -> _Serve:
        """Addresses are matched without regard to case (published taps send `sync/financial/GLAccounts`)."""
        path = call.path.lower().rstrip("/")
        fixed = {_AUTH: ("auth", self._auth), _TOKEN: ("token", self._token), _ME: ("me", self._me)}
        if path in fixed:
            call.route, serve = fixed[path]
            return serve
        match = _DATA.fullmatch(path)
        if match is None:
            return self._unknown
        call.division, call.endpoint = int(match["division"]), (match["beta"] or "") + match["path"]
        if call.endpoint == _DIVISIONS:
            call.route = "list.Divisions"
            return self._divisions
        resource = BY_PATH.get(call.endpoint)
        if resource is None:
            return self._unknown
        key = match["key"]
        call.route = resource.route if key is None else f"key.{resource.name}"

        async def serve_data(call: Call) -> Response:
            self._admit(call)
            address = Address(_base(call.request), call.request.url.path, call.request.url.query)
            question = reads.Question(resource, call.division, call.query, address)
            found = reads.collection(self._site, question) if key is None else reads.one(self._site, question, key)
            return document(found, call.headers or {})

        return serve_data

    async def _unknown(self, call: Call) -> Response:
        self._identify(call)
        raise RefusedError(404, f"Resource not found for the segment '{call.path.rsplit('/', 1)[-1]}'.")

    async def _auth(self, call: Call) -> Response:
        if call.request.method == "POST":
            return login.submit(self._site.authority, self._site.rules, call.query, await _form(call.request))
        return login.page(self._site.authority, self._site.rules, call.query)

    async def _token(self, call: Call) -> Response:
        if call.request.method != "POST":
            raise RefusedError(405, "Method not allowed.")
        scheme, _, credentials = call.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._site.rules.on(rule.NO_BEARER):
            return JSONResponse({"error": "invalid_client"}, 401)
        form = await _form(call.request)
        if scheme.lower() == "basic":
            form |= _basic(credentials)
        client = form.get("client_id", "").lower()
        if self._site.limits.penalties.blocked(client, _TOKEN_ENDPOINT):
            return JSONResponse({"error": "access_denied"}, self._site.settings.block_status)
        outcome = self._site.authority.token(form)
        if client in self._site.authority.apps:
            self._site.limits.penalties.error(Caller(client, "", 0, _TOKEN_ENDPOINT), outcome.status)
        return JSONResponse(outcome.body, outcome.status, {"Reason": outcome.reason} if outcome.reason else None)

    async def _me(self, call: Call) -> Response:
        access = self._identify(call)
        self._method(call)
        return document(reads.me(self._site, access, call.query, _base(call.request)), {})

    async def _divisions(self, call: Call) -> Response:
        self._admit(call)
        return document(reads.divisions(self._site, call.query, _base(call.request), call.division), call.headers or {})

    def _admit(self, call: Call) -> None:
        """Let a call of a division through, counted, or refuse it."""
        access = self._identify(call)
        site = self._site
        if call.division not in site.divisions and site.rules.on(rule.DIVISION_SCOPE):
            raise RefusedError(403, "Forbidden - user division is not within division scope", "NoDivisionAccess")
        verdict = site.limits.call((access.app.client_id, call.division))
        call.headers = verdict.headers
        if verdict.refused:
            raise RefusedError(429, verdict.message)
        self._method(call)

    def _identify(self, call: Call) -> Access:
        access = self._site.authority.access(_bearer(call.request) or "")
        if access is None and not self._site.rules.on(rule.ACCESS):
            access = Access(self._site.apps[0], self._site.users[0], math.inf)
        if access is None:
            raise RefusedError(401, "Authentication Required")
        if self._site.limits.penalties.blocked(access.app.client_id, call.endpoint):
            raise RefusedError(self._site.settings.block_status, "The API key is temporarily blocked: too many errors.")
        call.access = access
        if self._site.authority.expired(access):
            raise RefusedError(401, "Authentication Required")
        return access

    def _method(self, call: Call) -> None:
        if call.request.method != "GET":
            raise RefusedError(405, "Method not allowed.")
        asked = call.request.headers.get("accept", "")
        if "json" not in asked and self._site.rules.on(rule.JSON_ASKED):
            raise RefusedError(406, "This emulator answers in JSON only: send Accept: application/json.")

    def _remember(self, call: Call, answer: Response) -> None:
        self._site.served += 1
        status = answer.status_code if not isinstance(answer, Reset) else 0
        self._site.answers[f"{call.route} {status}"] += 1
        self._site.calls.append(
            {
                "n": self._site.served, "at": self._site.clock.now(), "method": call.request.method,
                "route": call.route, "url": f"{call.request.url.path}?{call.request.url.query}".rstrip("?"),
                "status": status,
            }
        )  # fmt: skip


def _faulty(fault: Fault) -> Response:
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if isinstance(fault.body, str):
        return Response(fault.body, fault.status, {"Content-Type": "text/html"} | headers)
    shown = fault.body or {"error": {"code": "", "message": {"lang": "", "value": "Injected."}}}
    return JSONResponse(shown, fault.status, headers)


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


def _basic(credentials: str) -> dict[str, str]:
    try:
        client, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": client, "client_secret": secret}
