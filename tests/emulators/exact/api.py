"""The data port of one site: routes, faults, and the read itself behind the gate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from email.utils import formatdate
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulators.exact import identity, login, reads
from emulators.exact import rules as rule
from emulators.exact.addresses import Target, target_of
from emulators.exact.answers import Answer, RefusedError, asked_for, off, refusal
from emulators.exact.entities import Resource
from emulators.exact.feed import Address
from emulators.exact.functions import FUNCTIONS
from emulators.exact.gate import Call, Gate, bearer
from emulators.exact.mishaps import with_fault
from emulators.exact.penalties import Caller
from emulators.exact.site import Site
from emulators.exact.token_endpoint import form_of, token_answer
from emulators.faults import Faults
from emulators.wire import Reset

_AUTH, _TOKEN, _ME = "/api/oauth2/auth", "/api/oauth2/token", "/api/v1/current/me"
_LONGEST_URL: Final = 6000
_OF_CONSENT: Final = frozenset({"GET", "HEAD", "POST"})

Serve = Callable[[Call], Awaitable[Response]]


class DataPort:
    """The ASGI application."""

    def __init__(self, site: Site, faults: Faults) -> None:
        self._site, self._faults, self._gate = site, faults, Gate(site)
        self._fixed: dict[str, tuple[str, Serve]] = {
            _AUTH: ("auth", self._auth), _TOKEN: ("token", self._token), _ME: ("me", self._me),
        }  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        answer = await self._answer(request)
        if "Date" not in answer.headers:
            answer.headers["Date"] = formatdate(self._site.clock.now(), usegmt=True)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        call = Call(request, request.url.path, dict(pairs), len(pairs) != len({name for name, _ in pairs}))
        serve = self._route(call)
        fault = self._faults.take(call.route, f"{self._site.name}:{call.route}", f"{request.method} {call.path}")
        if fault:
            await request.body()  # its effect may come when the connection is gone
            call.stale_s = fault.seconds if fault.kind == "stale" else 0.0
        with self._flying(call):
            answer = await with_fault(fault, lambda: self._served(call, serve))
        self._remember(call, answer)
        return answer

    def _flying(self, call: Call) -> AbstractContextManager[None]:
        """Requests of one app for one division are counted while they are answered."""
        access = self._site.authority.access(bearer(call.request) or "")
        return self._site.limits.flying((access.app.client_id, call.division)) if access else nullcontext()

    async def _served(self, call: Call, serve: Serve) -> Response:
        self._site.commits.settle()
        try:
            if len(str(call.request.url)) > _LONGEST_URL and self._site.rules.on(rule.URL_LENGTH):
                raise RefusedError(rule.URL_LENGTH, 414, "The request URI is too long.")
            return await serve(call)
        except RefusedError as error:
            if not self._site.rules.on(error.rule):
                return off(error.rule)
            self._site.refusals[error.rule.id] += 1
            if call.access:
                caller = Caller(call.access.app.client_id, call.access.user.id, call.division, call.endpoint)
                self._site.limits.penalties.error(caller, error.status)
            return refusal(error, call.headers, asked_for(call.request.headers.get("accept", "")) or "json")

    def _route(self, call: Call) -> Serve:
        path = call.path.rstrip("/")
        if path.lower() in self._fixed:
            call.route, serve = self._fixed[path.lower()]
            return serve
        target = target_of(path)
        if target is None:
            return self._unknown
        call.division, call.endpoint = target.division, target.endpoint
        function = FUNCTIONS.get(call.endpoint)
        if function is not None:
            call.route = function.route
            return lambda call: function.serve(self._site, self._gate, call, target)
        resource = target.resource
        if resource is None:
            return self._unknown
        call.route = target.route
        return lambda call: self._read(call, target, resource)

    async def _read(self, call: Call, target: Target, resource: Resource) -> Response:
        self._gate.admit(call, resource)
        if not self._site.settings.hidden_fields:
            resource = resource.of_newer_docs
        address = Address(call.base, call.request.url.path, call.request.url.query)
        form = self._gate.form(call, counted=target.count)
        question = reads.Question(target, resource, call.query, address, form)
        pages = identity.pages_of(self._site, call, resource) or self._site.view(
            resource.entity, target.division, sync=resource.sync, stale_s=call.stale_s
        )
        return reads.answer(self._site, question, pages).response(call.headers)

    async def _unknown(self, call: Call) -> Response:
        self._gate.identify(call)
        raise reads.missing(rule.ADDRESSES, call.path.rstrip("/").rsplit("/", 1)[-1])

    async def _auth(self, call: Call) -> Response:
        self._gate.method(call, _OF_CONSENT)
        if call.request.method == "POST":
            return login.submit(self._site.authority, self._site.rules, call.query, await form_of(call.request))
        return login.page(self._site.authority, self._site.rules, call.query)

    async def _token(self, call: Call) -> Response:
        return await token_answer(self._site, call.request)

    async def _me(self, call: Call) -> Response:
        access = self._gate.identify(call)
        self._gate.method(call)
        answer: Answer = identity.me(self._site, access, call, self._gate.form(call))
        return answer.response({})

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
