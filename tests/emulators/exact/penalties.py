"""The error limit: errors per app, user, division, endpoint and hour, and the blocks that they bring on."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from emulators.clock import Clock
from emulators.exact import rules as rule
from emulators.exact.rules import Rules
from emulators.exact.settings import Settings

HOUR_S: Final = 3_600
ERRORS_AN_HOUR: Final = 10
COUNTED_ERRORS: Final = frozenset({400, 401, 403, 404})


@dataclass(frozen=True)
class Caller:
    """Whose error it is: an app's client id, a user's id, a division, an endpoint."""

    client: str
    user: str
    division: int
    endpoint: str


@dataclass
class Errors:
    """A caller's errors of the last hour, and the most that there were in one."""

    times: deque[float] = field(default_factory=deque)
    peak: int = 0


@dataclass
class Block:
    """A penalty: until when, and how many so far (each lasts twice as long as the one before)."""

    until: float = 0.0
    times: int = 0


class Penalties:
    """Counts errors; the eleventh within an hour blocks the app for an hour, the next time for two, and so on."""

    def __init__(self, clock: Clock, rules: Callable[[], Rules], settings: Callable[[], Settings], *, on: bool) -> None:
        self._clock, self._rules, self._settings, self._on = clock, rules, settings, on
        self._errors: dict[Caller, Errors] = defaultdict(Errors)
        self._blocks: dict[tuple[str, str], Block] = defaultdict(Block)
        self.blocks = 0

    def blocked(self, client: str, endpoint: str = "") -> bool:
        """Whether the app, or the app on this endpoint, is blocked for its errors."""
        block = self._blocks.get(self._blamed(client, endpoint))
        return self._on and block is not None and self._clock.now() < block.until

    def error(self, caller: Caller, status: int) -> None:
        """Count an answer of 400, 401, 403 or 404."""
        if not self._on or status not in COUNTED_ERRORS or not self._rules().on(rule.ERROR_LIMIT):
            return
        seen = self._recent(caller)
        seen.times.append(self._clock.now())
        seen.peak = max(seen.peak, len(seen.times))
        if len(seen.times) > ERRORS_AN_HOUR:
            block = self._blocks[self._blamed(caller.client, caller.endpoint)]
            growth = 2**block.times if self._rules().on(rule.BLOCK_GROWS) else 1
            block.until = self._clock.now() + self._clock.window(HOUR_S) * growth
            block.times += 1
            self.blocks += 1
            seen.times.clear()

    def _recent(self, caller: Caller) -> Errors:
        """The caller's errors, without those of hours before."""
        now, hour = self._clock.now(), self._clock.window(HOUR_S)
        start = now - hour if self._settings().error_hour == "rolling" else now - now % hour
        seen = self._errors[caller]
        while seen.times and seen.times[0] <= start:
            seen.times.popleft()
        return seen

    def _blamed(self, client: str, endpoint: str) -> tuple[str, str]:
        return client, endpoint if self._settings().block_scope == "endpoint" else ""

    def shown(self) -> list[dict[str, Any]]:
        """Errors of the last hour by caller."""
        hour = self._clock.window(HOUR_S)
        return [
            {
                "name": "errors", "app": one.client, "user": one.user, "division": one.division,
                "endpoint": one.endpoint, "limit": ERRORS_AN_HOUR, "window_s": hour,
                "used": len(self._recent(one).times), "peak": self._errors[one].peak,
            }
            for one in list(self._errors)
        ]  # fmt: skip
