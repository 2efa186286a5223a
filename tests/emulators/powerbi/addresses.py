"""Addresses as ASP.NET reads them: without regard to case, to doubled slashes and to one at the end.

Clients rely on it: one writes `groups/{id}//datasets`, another `/reports/{id}/rebind` (both seen in pypowerbi 0.27).
"""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_WORDS: Final = {
    word.lower(): word
    for word in [
        "v1.0", "myorg", "groups", "datasets", "tables", "rows", "sequenceNumbers", "refreshes", "executeQueries",
        "reports", "Clone", "Rebind", "RefreshUserPermissions",
    ]
}  # fmt: skip
_NAMES_FOLLOW: Final = frozenset(["groups", "datasets", "tables", "reports"])
"""What follows one of these is somebody's id or name."""


def normalised(app: ASGIApp) -> ASGIApp:
    """The application behind addresses of one spelling."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": spelled(scope["path"])}
        await app(scope, receive, send)

    return serve


def spelled(path: str) -> str:
    """A path as this API's routes spell it; ids and names stay as they are."""
    found: list[str] = []
    is_name = False
    for part in re.sub(r"/{2,}", "/", path).removesuffix("/").split("/"):
        word = part if is_name else _WORDS.get(part.lower(), part)
        is_name = not is_name and word in _NAMES_FOLLOW
        found.append(word)
    return "/".join(found)


async def _missing(request: Request, wrong: Exception) -> Response:
    body: dict[str, Any] = {"Message": f"No HTTP resource was found that matches the request URI '{request.url}'."}
    return JSONResponse(body, 404)


async def _not_allowed(request: Request, wrong: Exception) -> Response:
    headers = wrong.headers if isinstance(wrong, HTTPException) else None
    message = f"The requested resource does not support http method '{request.method}'."
    return JSONResponse({"Message": message}, 405, headers)


ERRORS: Final[Any] = {404: _missing, 405: _not_allowed}
"""What the service's framework says where no route fits."""
