"""Addresses of the data port: `/api/v1/[beta/]DIVISION/SERVICE/RESOURCE[(KEY)][/LINES][/$count]`.

Matched without regard to case (published taps send `sync/financial/GLAccounts`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from emulators.exact.entities import BY_PATH, Resource
from emulators.exact.projection import lines_at

_DATA: Final = re.compile(
    r"/api/v1/(?P<beta>beta/)?(?P<division>\d{1,9})/(?P<path>[^()]+?)"
    r"(?:\((?P<key>[^()]*)\)(?:/(?P<lines>\w+))?)?(?P<count>/\$count)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class Target:
    """What an address names. `resource` is None for what there is not; `endpoint` names it for the error limit."""

    division: int
    endpoint: str
    resource: Resource | None = None
    key: str | None = None
    lines: str | None = None
    count: bool = False

    @property
    def route(self) -> str:
        """The name by which faults and counts know it: that of the resource, `key.Items`, `count.Items`, `lines.X`."""
        if self.resource is None:
            return "unknown"
        if self.lines is not None:
            return f"lines.{self.lines}"
        if self.count:
            return f"count.{self.resource.name}"
        return self.resource.route if self.key is None else f"key.{self.resource.name}"


def target_of(path: str) -> Target | None:
    """The target of a decoded path; None outside the divisions."""
    match = _DATA.fullmatch(path.rstrip("/"))
    if match is None:
        return None
    endpoint = ((match["beta"] or "") + match["path"]).lower()
    resource, lines = BY_PATH.get(endpoint), match["lines"]
    if resource and lines:
        lines = next((name for name in resource.lines if name.lower() == lines.lower()), None)
        if lines is None or lines_at(resource, lines) is None:
            resource = None
    return Target(int(match["division"]), endpoint, resource, match["key"], lines, bool(match["count"]))
