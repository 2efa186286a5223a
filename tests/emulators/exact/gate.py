"""Who may read what: the token, the division, the limits, the method, the form of the answer."""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass

from starlette.requests import Request

from emulators.exact import rules as rule
from emulators.exact import standing
from emulators.exact.answers import Format, RefusedError, asked_for
from emulators.exact.entities import Resource
from emulators.exact.limits import BROKEN
from emulators.exact.oauth import Access
from emulators.exact.site import Site


@dataclass
class Call:
    """A request, and what is learned about it on the way. `repeated`: an option came twice."""

    request: Request
    path: str
    query: dict[str, str]
    repeated: bool = False
    route: str = "unknown"
    access: Access | None = None
    division: int = 0
    endpoint: str = ""
    headers: dict[str, str] | None = None
    stale_s: float = 0.0
    """How far behind the state is that is shown."""

    @property
    def base(self) -> str:
        """The address of the site, as the client knows it."""
        return f"{self.request.url.scheme}://{self.request.url.netloc}"


class Gate:
    """Lets calls through, or raises RefusedError."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def identify(self, call: Call) -> Access:
        """Whose call it is."""
        site = self._site
        access = site.authority.access(bearer(call.request) or "")
        if access is None and not site.rules.on(rule.ACCESS):
            access = Access(site.apps[0], site.users[0], math.inf)
        if access is None:
            raise RefusedError(rule.ACCESS, 401, "Authentication Required")
        if site.limits.penalties.blocked(access.app.client_id, call.endpoint):
            told = "The API key is temporarily blocked: too many errors."
            raise RefusedError(rule.ERROR_LIMIT, site.settings.block_status, told)
        call.access = access
        if site.authority.expired(access):
            raise RefusedError(rule.TOKEN_LIFE, 401, "Authentication Required")
        standing.check_user(site, access)
        return access

    def admit(self, call: Call, resource: Resource | None, methods: Container[str] = ("GET",)) -> Access:
        """Let a call of a division through, counted, or refuse it."""
        access, site = self.identify(call), self._site
        standing.check_division(site, access, call.division)
        verdict = site.limits.call((access.app.client_id, call.division))
        call.headers = verdict.headers
        if verdict.refused:
            raise RefusedError(BROKEN[verdict.refused], 429, verdict.message)
        if resource:
            standing.check_resource(site, resource)
        self.method(call, methods)
        return access

    def method(self, call: Call, methods: Container[str] = ("GET",)) -> None:
        """Reads only, at most addresses."""
        if call.request.method not in methods:
            raise RefusedError(rule.METHODS, 405, "Method not allowed.")

    def form(self, call: Call, *, counted: bool = False) -> Format:
        """JSON or Atom, as the Accept header asks; a count is text, which nobody should ask for as JSON."""
        if call.repeated and self._site.rules.on(rule.OPTIONS_KNOWN):
            raise RefusedError(rule.OPTIONS_KNOWN, 400, "Query parameters must be specified exactly once.")
        accept = call.request.headers.get("accept", "")
        if counted:
            plain = any(kind in accept for kind in ("text/plain", "*/*")) or not accept
            if not plain and self._site.rules.on(rule.COUNT_PLAIN):
                raise RefusedError(rule.COUNT_PLAIN, 415, "Unsupported media type requested.")
            return "json"
        asked = asked_for(accept)
        if asked is None and self._site.rules.on(rule.NO_XML):
            raise RefusedError(rule.NO_XML, 415, "Unsupported media type requested.")
        return (asked or "atom") if self._site.rules.on(rule.JSON_ASKED) else "json"


def bearer(request: Request) -> str | None:
    """The access token that a request carries."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None
