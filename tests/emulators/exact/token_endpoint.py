"""The token endpoint over HTTP: forms, credentials as form fields or Basic, blocks, error bodies."""

from __future__ import annotations

import base64
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.exact import rules as rule
from emulators.exact.answers import RefusedError, off
from emulators.exact.penalties import Caller
from emulators.exact.site import Site

_ENDPOINT: Final = "oauth2/token"


async def token_answer(site: Site, request: Request) -> Response:
    """Answer a call; its errors count towards the app's error limit."""
    if request.method != "POST":
        raise RefusedError(rule.METHODS, 405, "Method not allowed.")
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and site.rules.on(rule.NO_BEARER):
        site.refusals[rule.NO_BEARER.id] += 1
        return JSONResponse({"error": "invalid_client"}, 401)
    form = await form_of(request)
    if scheme.lower() == "basic":
        form |= _basic(credentials)
    client = form.get("client_id", "").strip("{}").lower()
    if site.limits.penalties.blocked(client, _ENDPOINT):
        site.refusals[rule.ERROR_LIMIT.id] += 1
        return JSONResponse({"error": "access_denied"}, site.settings.block_status)
    outcome = site.authority.token(form)
    if outcome.broken is not None:
        if not site.rules.on(outcome.broken):
            return off(outcome.broken)
        site.refusals[outcome.broken.id] += 1
    if client in site.authority.apps:
        site.limits.penalties.error(Caller(client, "", 0, _ENDPOINT), outcome.status)
    return JSONResponse(outcome.body, outcome.status, {"Reason": outcome.reason} if outcome.reason else None)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form-encoded body."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


def _basic(credentials: str) -> dict[str, str]:
    try:
        client, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": client, "client_secret": secret}
