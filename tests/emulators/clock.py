"""The emulators' time: the machine's clock, moved on when asked to, and vendor windows under a time scale."""

from __future__ import annotations

import math
import time


class Clock:
    """Wall seconds, plus what `advance` added; a window of the vendor lasts `scale` times shorter than documented."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._added = 0.0

    def now(self) -> float:
        """Unix seconds, UTC, including everything advanced."""
        return time.time() + self._added

    def advance(self, seconds: float) -> None:
        """Move the clock on by wall seconds: tokens age, windows pass, what was to happen later is due."""
        if seconds < 0:
            raise ValueError("the clock only moves on")
        self._added += seconds

    def window(self, documented_seconds: float) -> float:
        """The wall seconds that a documented window lasts under the scale."""
        return documented_seconds / self.scale

    def whole(self, documented_seconds: float) -> int:
        """The same in whole seconds, rounded down, at least one: for `expires_in`."""
        return max(1, math.floor(self.window(documented_seconds)))


def retry_after(seconds: float) -> int:
    """Wall seconds left of a window as a Retry-After header has them: whole, rounded up, at least one."""
    return max(1, math.ceil(seconds))
