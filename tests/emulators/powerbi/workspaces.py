"""Workspaces, who has which role in them, and what a call needs of its caller."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from emulators.powerbi.settings import Settings

ROLES: Final = ("None", "Viewer", "Contributor", "Member", "Admin")
"""Each may what those before it may."""


@dataclass
class Workspace:
    """A workspace; `members` are roles by the caller's id, `owner` is set for somebody's own ("My workspace")."""

    id: str
    name: str
    tenant: str
    members: dict[str, str] = field(default_factory=dict)
    owner: str | None = None

    def shown(self, capacity: str) -> dict[str, Any]:
        """As `GET /groups` has it."""
        dedicated = capacity == "premium"
        found = {"id": self.id, "isReadOnly": False, "isOnDedicatedCapacity": dedicated, "name": self.name}
        return found | {"type": "Workspace"} | ({"capacityId": _CAPACITY} if dedicated else {})


_CAPACITY: Final = "0F084DF7-C13D-451B-AF5F-ED0C466403B2"


def suffices(role: str, need: str, settings: Settings) -> bool:
    """Whether a role may `read`, `build` (query, bind a report) or `write`.

    Build comes with Contributor: https://learn.microsoft.com/power-bi/connect-data/service-datasets-build-permissions
    """
    least = {"read": "Viewer", "build": "Contributor", "write": settings.writer}[need]
    return ROLES.index(role) >= ROLES.index(least)
