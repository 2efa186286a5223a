"""Time: the wall clock, the monotonic clock, and the vendors' windows under a time scale."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Seconds; passed in wherever time decides something, so that tests can hold it."""

    def now(self) -> float:
        """Unix seconds, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(frozen=True)
class Scale:
    """How many times shorter every vendor window is (1 in production, up to 60 in a demo).

    It scales vendor windows, settle, late, second looks, census, republish and replace periods; never request
    timeouts, heartbeats, locks, stale limits or the overlap of the Modified filter.
    """

    factor: float = 1.0

    def seconds(self, nominal: float) -> float:
        """The wall seconds that `nominal` seconds of a vendor window last."""
        return nominal / self.factor
