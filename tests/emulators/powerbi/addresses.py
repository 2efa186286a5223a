"""Addresses as ASP.NET reads them: without regard to case, to doubled slashes and to one at the end.

Clients rely on it: one writes `groups/{id}//datasets`, another `/reports/{id}/rebind` (both seen in pypowerbi 0.27).
"""

from __future__ import annotations

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

SENT: Final = "emulators.sent_path"
"""Where a request's scope keeps its path as it was sent."""
_WORDS: Final = {
    word.lower(): word
    for word in [
        "v1.0", "myorg", "groups", "datasets", "tables", "rows", "sequenceNumbers", "refreshes", "executeQueries",
        "refreshSchedule", "reports", "Clone", "Rebind", "RefreshUserPermissions",
    ]
}  # fmt: skip
_NAMES_FOLLOW: Final = frozenset(["groups", "datasets", "tables", "reports"])
"""What follows one of these is somebody's id or name."""


def normalised(app: ASGIApp) -> ASGIApp:
    """The application behind addresses of one spelling."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": spelled(scope["path"]), SENT: scope["path"]}
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
