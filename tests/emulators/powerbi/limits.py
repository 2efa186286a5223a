"""How much of each limit is used: rolling windows and calls in flight, with their peaks."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Window:
    """What was used in the last `seconds` (wall), at most `limit`; the limit may depend on the model and be changed."""

    name: str
    seconds: float
    limit: int
    peak: int = 0
    total: int = 0
    first_at: float | None = None
    last_at: float | None = None
    _used: int = 0
    _uses: deque[tuple[float, int]] = field(default_factory=deque)

    def used(self, now: float) -> int:
        """How much of the limit is used at `now`."""
        while self._uses and self._uses[0][0] <= now - self.seconds:
            self._used -= self._uses.popleft()[1]
        return self._used

    def wait(self, now: float, cost: int = 1) -> float:
        """Wall seconds until `cost` fits; 0 when it does."""
        over = self.used(now) + cost - self.limit
        if over <= 0:
            return 0.0
        for at, used in self._uses:
            over -= used
            if over <= 0:
                return at + self.seconds - now
        return self.seconds

    def use(self, now: float, cost: int = 1) -> None:
        """Count a use; also one that was over the limit."""
        self.used(now)
        self._uses.append((now, cost))
        self._used += cost
        self.total += cost
        self.peak = max(self.peak, self._used)
        self.first_at = now if self.first_at is None else self.first_at
        self.last_at = now

    def shown(self, now: float) -> dict[str, float | int | str | None]:
        """For `GET /control/stats`. `bound_s`: the least wall seconds in which the limit allows the total."""
        windows = max(0, -(-self.total // self.limit) - 1)
        return {
            "limit": self.limit,
            "window_s": self.seconds,
            "use": self.used(now),
            "peak": self.peak,
            "total": self.total,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "bound_s": windows * self.seconds,
        }


@dataclass
class InFlight:
    """Calls that have begun and not been answered."""

    limit: int
    use: int = 0
    peak: int = 0

    def enter(self) -> bool:
        """Count a call in; False (and counted all the same) when there are too many."""
        self.use += 1
        self.peak = max(self.peak, self.use)
        return self.use <= self.limit

    def leave(self) -> None:
        self.use -= 1

    def shown(self) -> dict[str, int]:
        return {"limit": self.limit, "use": self.use, "peak": self.peak}
