"""The control port: truth, records, history, calls, statistics, changes, notices, settings, rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.control import body, refusal, shared_routes
from emulators.exact import truth
from emulators.exact.changes import Change, Changes
from emulators.exact.entities import STORED
from emulators.exact.limits import CALL_LIMITS
from emulators.exact.notices import notices, send
from emulators.exact.rules import ALL
from emulators.exact.settings import Settings
from emulators.exact.site import Site
from emulators.exact.values import iso
from emulators.faults import Faults
from emulators.wire import json_lines


def control_port(site: Site, faults: Faults, changes: Changes) -> Starlette:
    """The application of the control port."""
    port = _Control(site, changes)
    routes = [
        Route("/control/truth", port.truth),
        Route("/control/records/{entity}", port.records),
        Route("/control/history/{entity}", port.history),
        Route("/control/journal", port.journal),
        Route("/control/stats", port.stats),
        Route("/control/change", port.change, methods=["POST"]),
        Route("/control/notify", port.notify, methods=["POST"]),
        Route("/control/revoke", port.revoke, methods=["POST"]),
        Route("/control/settings", port.settings, methods=["GET", "POST"]),
        Route("/control/rules", port.rules),
        *shared_routes(site.clock, faults),
    ]
    return Starlette(routes=routes)


class _Control:
    def __init__(self, site: Site, changes: Changes) -> None:
        self._site, self._changes = site, changes

    async def truth(self, _: Request) -> Response:
        self._site.commits.settle()
        return JSONResponse(truth.truth(self._site.store, self._site.clock.now()))

    async def records(self, request: Request) -> Response:
        return self._lines(request, truth.records)

    async def history(self, request: Request) -> Response:
        return self._lines(request, truth.history)

    def _lines(self, request: Request, read: Any) -> Response:
        self._site.commits.settle()
        entity = request.path_params["entity"]
        if entity not in STORED:
            return JSONResponse({"error": f"entities are {sorted(STORED)}"}, 404)
        lines: Iterator[str] = read(self._site.store, entity)
        return json_lines(lines)

    async def journal(self, _: Request) -> Response:
        return json_lines([call | {"at": iso(call["at"])} for call in self._site.calls])

    async def stats(self, _: Request) -> Response:
        return JSONResponse(_stats(self._site))

    async def change(self, request: Request) -> Response:
        """`{"entity":E|null,"n":N,"kinds":[...]|null,"notify":true}`; answered with what changed."""
        try:
            asked = await body(request)
            done = self._changes.change(asked.get("entity"), int(asked.get("n", 1)), asked.get("kinds"))
            sent = await self._send(done) if asked.get("notify") else []
        except (TypeError, ValueError) as error:
            return refusal(error)
        return JSONResponse({"changed": [change.shown() for change in done], "sent": sent})

    async def notify(self, request: Request) -> Response:
        """`{"n":N,"callback":URL}`: signed notices of the last changes; the callback is remembered."""
        try:
            asked = await body(request)
            n = int(asked.get("n", 1))
            if asked.get("callback"):
                self._site.settings.callback = str(asked["callback"])
            sent = await self._send(self._changes.made[-n:] if n > 0 else [])
        except (TypeError, ValueError) as error:
            return refusal(error)
        return JSONResponse({"sent": sent})

    async def _send(self, changes: list[Change]) -> list[dict[str, Any]]:
        callback = self._site.settings.callback
        if callback is None:
            raise ValueError("no callback: give one here, or in the settings")
        return await send(callback, notices(changes, self._site.apps[0], self._site.base))

    async def revoke(self, _: Request) -> Response:
        self._site.authority.revoke()
        return JSONResponse({"revoked": True})

    async def settings(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                merged = msgspec.to_builtins(self._site.settings) | await body(request)
                self._site.apply(msgspec.convert(merged, Settings))
            except (TypeError, ValueError) as error:
                return refusal(error)
        return JSONResponse(msgspec.to_builtins(self._site.settings))

    async def rules(self, _: Request) -> Response:
        on = self._site.rules.on
        return JSONResponse([{"id": rule.id, "what": rule.what, "source": rule.source, "on": on(rule)} for rule in ALL])


def _stats(site: Site) -> dict[str, Any]:
    calls: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for answer, n in site.answers.items():
        route, status = answer.rsplit(" ", 1)
        calls[route] += n
        if int(status) >= 400:
            refused[status] += n
    limits = site.limits.stats()
    uses = limits["limits"]
    return {
        "calls": dict(calls),
        "answers": dict(site.answers),
        "refused": dict(refused),
        "refused_by_limit": limits["refused"],
        "s429": refused["429"],
        "peak_use": max(
            (use["peak"] / use["limit"] for use in uses if use["limit"] and use["name"] in CALL_LIMITS), default=0.0
        ),
        "limits": uses,
        "bound": limits["bound"],
        "bound_s": limits["bound"]["least_s"],
    }
