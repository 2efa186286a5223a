"""The control port: truth, records, history, calls, statistics, changes, notices, settings, rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.control import body, refusal, shared_routes
from emulators.exact import truth
from emulators.exact.changes import Change, Changes
from emulators.exact.entities import STORED
from emulators.exact.notices import Notice, event, notices, send
from emulators.exact.revival import revive
from emulators.exact.rules import RULES
from emulators.exact.settings import Settings
from emulators.exact.site import Site
from emulators.exact.stats import stats
from emulators.exact.store import Store
from emulators.exact.values import iso
from emulators.faults import Faults
from emulators.wire import json_lines

MOST_AT_ONCE: Final = 1_000_000
"""Of changes, returns and notices in one call."""
_MOVES: Final = {"move": "DivisionMoveDate", "link": "DivisionHRLinkUnlinkDate"}


def control_port(sites: Sequence[Site], faults: Faults, changes: Changes) -> Starlette:
    """The application of the control port, for all sites of the process."""
    port = _Control(sites, faults, changes)
    routes = [
        Route("/control/truth", port.truth),
        Route("/control/records/{entity}", port.records),
        Route("/control/history/{entity}", port.history),
        Route("/control/journal", port.journal),
        Route("/control/notices", port.notices),
        Route("/control/stats", port.stats),
        Route("/control/change", port.change, methods=["POST"]),
        Route("/control/return", port.bring_back, methods=["POST"]),
        Route("/control/move", port.move, methods=["POST"]),
        Route("/control/notify", port.notify, methods=["POST"]),
        Route("/control/revoke", port.revoke, methods=["POST"]),
        Route("/control/settings", port.settings, methods=["GET", "POST"]),
        Route("/control/rules", port.rules),
        *shared_routes(sites[0].clock, faults),
    ]
    return Starlette(routes=routes)


class _Control:
    def __init__(self, sites: Sequence[Site], faults: Faults, changes: Changes) -> None:
        self._sites, self._faults, self._changes = sites, faults, changes

    async def truth(self, _: Request) -> Response:
        """Records per entity over all sites, and each site's sums."""
        records: Counter[str] = Counter()
        sums: list[dict[str, Any]] = []
        for site in self._settled():
            found = truth.truth(site.store, site.clock.now())
            records.update(found["records"])
            sums += [{"site": site.name} | one for one in found["sums"]]
        return JSONResponse({"at": iso(self._sites[0].clock.now()), "records": dict(records), "sums": sums})

    async def records(self, request: Request) -> Response:
        return self._lines(request, truth.records)

    async def history(self, request: Request) -> Response:
        return self._lines(request, truth.history)

    def _settled(self) -> Sequence[Site]:
        """The sites, with every commit visible that is due."""
        for site in self._sites:
            site.commits.settle()
        return self._sites

    def _lines(self, request: Request, read: Callable[[Store, str, str], Iterator[str]]) -> Response:
        entity = request.path_params["entity"]
        if entity not in STORED:
            return JSONResponse({"error": f"entities are {sorted(STORED)}"}, 404)
        return json_lines(chain.from_iterable([read(site.store, entity, site.name) for site in self._settled()]))

    async def journal(self, _: Request) -> Response:
        """Every call, by time."""
        calls = [{"site": site.name} | call | {"at": iso(call["at"])} for site in self._sites for call in site.calls]
        return json_lines(sorted(calls, key=itemgetter("at")))

    async def notices(self, _: Request) -> Response:
        """Every notice to a subscriber, with its answer."""
        return json_lines([{"site": site.name} | note for site in self._sites for note in site.webhooks.deliveries.log])

    async def stats(self, _: Request) -> Response:
        return JSONResponse(stats(self._sites))

    async def change(self, request: Request) -> Response:
        """`{"entity":E|null,"n":N,"kinds":[...]|null,"notify":true}`; answered with what changed."""
        try:
            asked = await body(request)
            done = self._changes.change(asked.get("entity"), _count(asked), asked.get("kinds"))
            return await self._changed(done, notify=bool(asked.get("notify")))
        except (TypeError, ValueError) as error:
            return refusal(error)

    async def bring_back(self, request: Request) -> Response:
        """`{"entity":E,"n":N}`: the last deleted records come back under their old ids."""
        try:
            asked = await body(request)
            site = self._site(asked.get("site"))
            done = revive(site, str(asked.get("entity")), _count(asked))
            self._changes.made.extend(done)
            return await self._changed(done, notify=bool(asked.get("notify")))
        except (TypeError, ValueError) as error:
            return refusal(error)

    async def move(self, request: Request) -> Response:
        """`{"division":code,"kind":"move"|"link"}`: another database, new Timestamps, another date in the lists."""
        try:
            asked = await body(request)
            division, kind = int(asked["division"]), str(asked.get("kind", "move"))
            site = next((site for site in self._sites if division in site.divisions), None)
            if site is None or kind not in _MOVES:
                raise ValueError(f"kinds are {sorted(_MOVES)}, and a division of one of the sites is named")
            site.move(division, _MOVES[kind])
        except (KeyError, TypeError, ValueError) as error:
            return refusal(error)
        return JSONResponse({"division": division, _MOVES[kind]: iso(site.moved[division][_MOVES[kind]])})

    async def _changed(self, done: list[Change], *, notify: bool) -> Response:
        """Tell the subscribers, and the callback if asked to."""
        for change in done:
            self._tell(change)
        sent = await self._send(done) if notify else []
        return JSONResponse({"changed": [change.shown() for change in done], "sent": sent})

    def _tell(self, change: Change) -> None:
        site = self._of(change)
        told = event(change, site.settings.created_action)
        if told is not None:
            fault = self._faults.take(f"notice.{told.topic}", f"{site.name}:notice.{told.topic}")
            site.webhooks.deliveries.tell(told, site.base, fault)
            site.webhooks.deliveries.start()

    async def notify(self, request: Request) -> Response:
        """`{"n":N,"callback":URL,"site":S}`: signed notices of the last changes, of a site where one is named; its
        callback is remembered. Where none was ever given, the site's subscribers get them."""
        try:
            asked = await body(request)
            n, name = _count(asked), asked.get("site")
            sites = [self._site(name)] if name else self._sites
            if asked.get("callback"):
                for site in sites:
                    site.settings.callback = str(asked["callback"])
            changes = [change for change in self._changes.made if self._of(change) in sites]
            sent = await self._send(changes[-n:] if n > 0 else [])
        except (TypeError, ValueError) as error:
            return refusal(error)
        return JSONResponse({"sent": sent})

    async def _send(self, changes: list[Change]) -> list[dict[str, Any]]:
        if changes and not any(self._hears(self._of(change)) for change in changes):
            raise ValueError("nobody hears of it: give a callback here or in the settings, or subscribe")
        return await send([notice for change in changes for notice in self._notices(change)])

    def _hears(self, site: Site) -> bool:
        return site.settings.callback is not None or len(site.webhooks.subscriptions) > 0

    def _notices(self, change: Change) -> list[Notice]:
        site = self._of(change)
        told = event(change, site.settings.created_action)
        if told is None:
            return []
        subscribed = site.webhooks.subscriptions.about(told.topic, told.division)
        return notices(told, subscribed, site.settings.callback, site.apps[0], site.base)

    def _of(self, change: Change) -> Site:
        """The site of a change: division codes are distinct over all sites."""
        return next(site for site in self._sites if change.division in site.divisions)

    def _site(self, name: str | None) -> Site:
        """A site by its name, or the first; ValueError where there is no such site."""
        for site in self._sites:
            if name in (None, site.name):
                return site
        raise ValueError(f"sites are {[site.name for site in self._sites]}")

    async def revoke(self, _: Request) -> Response:
        for site in self._sites:
            site.authority.revoke()
        return JSONResponse({"revoked": True})

    async def settings(self, request: Request) -> Response:
        """Of all sites, or of the one that `?site=` names."""
        name = request.query_params.get("site")
        try:
            chosen = [self._site(name)] if name else list(self._sites)
            if request.method == "POST":
                wanted = await body(request)
                made = [msgspec.convert(msgspec.to_builtins(site.settings) | wanted, Settings) for site in chosen]
                for site, one in zip(chosen, made, strict=True):
                    site.apply(one)
        except (TypeError, ValueError) as error:
            return refusal(error)
        return JSONResponse(msgspec.to_builtins(chosen[0].settings))

    async def rules(self, _: Request) -> Response:
        on = self._sites[0].rules.on
        return JSONResponse(
            [{"id": rule.id, "what": rule.what, "source": rule.source, "on": on(rule)} for rule in RULES.values()]
        )


def _count(asked: dict[str, Any]) -> int:
    """How many are asked for; ValueError where nobody could make so many."""
    n = int(asked.get("n", 1))
    if not 0 <= n <= MOST_AT_ONCE:
        raise ValueError(f"n is a number from 0 to {MOST_AT_ONCE}")
    return n
