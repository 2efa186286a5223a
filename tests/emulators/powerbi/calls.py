"""The last calls that were answered, for whoever rehearses and wants to see what a client did."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

_KEPT: Final = 10_000


class Calls:
    """Calls, numbered from 1; the oldest are forgotten."""

    def __init__(self) -> None:
        self._calls: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._n = 0

    def add(self, at: float, route: str | None, method: str, path: str, status: int | None) -> None:
        """`route` is None where none fits, `status` where the connection was reset; `path` is as it was sent."""
        self._n += 1
        self._calls.append({"n": self._n, "at": at, "route": route, "method": method, "path": path, "status": status})

    def after(self, n: int) -> list[dict[str, Any]]:
        """Those with a number above `n`."""
        return [call for call in self._calls if call["n"] > n]
