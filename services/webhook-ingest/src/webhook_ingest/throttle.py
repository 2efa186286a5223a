"""A token bucket for each customer. [no I/O]"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Throttle:
    """At most `burst` at once and `per_second` in the long run, for each name."""

    per_second: float
    burst: float
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def allows(self, name: str, now: float) -> bool:
        """Take one, if there is one; `now` is monotonic seconds."""
        left, since = self._left.get(name, (self.burst, now))
        left = min(self.burst, left + max(0.0, now - since) * self.per_second)
        allowed = left >= 1.0
        self._left[name] = (left - 1.0 if allowed else left, now)
        return allowed
