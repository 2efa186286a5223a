"""One limit's window: calls of the running clock window, the peak of all windows, and the bound of a load."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


@dataclass
class Window:
    """Calls in windows that follow each other by the clock. `length` is in wall seconds, `most` the calls of one.

    `ahead`: by how many wall seconds the clock that the windows keep is ahead of UTC.
    """

    name: str
    length: float = 1.0
    most: int = 0
    ahead: float = 0.0
    index: int = -1
    used: int = 0
    peak: int = 0
    total: int = 0
    refused: int = 0
    first: float | None = None
    last: float | None = None

    def at(self, now: float, length: float, most: int, ahead: float = 0.0) -> Window:
        """The window as it stands now; its length and limit may have changed."""
        self.length, self.most, self.ahead = length, most, ahead
        index = int((now + ahead) // length)
        if index != self.index:
            self.index, self.used = index, 0
        return self

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)

    @property
    def ends(self) -> float:
        """The window's end, Unix seconds."""
        return (self.index + 1) * self.length - self.ahead

    def take(self, now: float) -> None:
        self.used += 1
        self.total += 1
        self.peak = max(self.peak, self.used)
        self.first = now if self.first is None else self.first
        self.last = now

    def least_s(self) -> float:
        """The least wall seconds from the first call to the last that this limit allows: the rest of the first
        window, and whole windows between it and the last one."""
        windows = math.ceil(self.total / self.most) if self.most else 0
        if self.first is None or windows < 2:
            return 0.0
        rest = self.length - (self.first + self.ahead) % self.length
        return rest + (windows - 2) * self.length

    def shown(self) -> dict[str, Any]:
        """For the control port."""
        return {
            "name": self.name, "limit": self.most, "window_s": self.length, "used": self.used, "peak": self.peak,
            "calls": self.total, "refused": self.refused, "first_at": self.first, "last_at": self.last,
            "least_s": round(self.least_s(), 3),
        }  # fmt: skip


def day_ahead(zone: str, now: float, scale: float) -> float:
    """By how many wall seconds a zone's days begin before those of UTC, under the scale."""
    offset = datetime.fromtimestamp(now, ZoneInfo(zone)).utcoffset()
    return offset.total_seconds() / scale if offset else 0.0
