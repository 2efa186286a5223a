"""A clock that tests move."""

from __future__ import annotations

import time


class HeldClock:
    """Starts at the machine's time, and goes on only by `advance`."""

    def __init__(self) -> None:
        self._now = time.time()
        self._monotonic = 1_000.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def set_back(self, seconds: float) -> None:
        """What an operator does to the machine's time; nobody does it to the monotonic clock."""
        self._now -= seconds

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._monotonic += seconds
