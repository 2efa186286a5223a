"""The limits of the data API: calls per clock minute and day, and errors per hour, all under the time scale."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from emulators.clock import Clock
from emulators.exact import rules as rule
from emulators.exact.rules import Rules

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
CALLS_A_MINUTE: Final = 60
CALLS_A_DAY: Final = 5_000
ERRORS_AN_HOUR: Final = 10
COUNTED_ERRORS: Final = frozenset({400, 401, 403, 404})

Scope = tuple[str, int]
"""An app's client id and a division's code."""


@dataclass
class Window:
    """Calls in the running clock window."""

    length: float
    most: int
    index: int = -1
    used: int = 0
    peak: int = 0

    def at(self, now: float) -> Window:
        index = int(now // self.length)
        if index != self.index:
            self.index, self.used = index, 0
        return self

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)

    @property
    def ends_ms(self) -> int:
        """The window's end in milliseconds of UTC."""
        return int((self.index + 1) * self.length * 1000)

    def take(self) -> None:
        self.used += 1
        self.peak = max(self.peak, self.used)


@dataclass(frozen=True)
class Verdict:
    """`refused` says which limit does not allow the call; headers go on the answer in any case."""

    refused: str | None
    headers: dict[str, str]


@dataclass
class Block:
    """An app's penalty: until when, and how many times so far (each lasts twice as long)."""

    until: float = 0.0
    times: int = 0


@dataclass
class _Bound:
    """The calls that were let through."""

    first: float | None = None
    last: float | None = None
    calls: int = 0
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Limits:
    """Counts every call that names a division."""

    def __init__(self, clock: Clock, rules: Callable[[], Rules], *, on: bool) -> None:
        self._clock, self._rules, self._on = clock, rules, on
        self._windows: dict[Scope, tuple[Window, Window]] = {}
        self._errors: dict[tuple[str, str, int, str], deque[float]] = defaultdict(deque)
        self._blocks: dict[str, Block] = defaultdict(Block)
        self.bound = _Bound()

    def call(self, scope: Scope) -> Verdict:
        """Count a call, unless a limit refuses it; a refused call is not counted."""
        minute, day = self._of(scope)
        rules, headers = self._rules(), {}
        refused = None
        if self._on and rules.on(rule.DAY_LIMIT) and not day.left:
            refused = "day"
        elif self._on and rules.on(rule.MINUTE_LIMIT) and not minute.left:
            refused = "minute"
        if refused is None:
            minute.take()
            day.take()
            self._noted()
        else:
            self.bound.refused[refused] += 1
        if self._on and rules.on(rule.LIMIT_HEADERS):
            headers = _headers(minute, day, refused)
        return Verdict(refused, headers)

    def blocked(self, client: str) -> bool:
        """Whether the app is blocked for its errors."""
        return self._on and self._clock.now() < self._blocks[client].until

    def error(self, client: str, user: str, division: int, endpoint: str, status: int) -> None:
        """Count an error; the eleventh within an hour blocks the app for an hour, the next time for two."""
        if not self._on or status not in COUNTED_ERRORS or not self._rules().on(rule.ERROR_LIMIT):
            return
        now, hour = self._clock.now(), self._clock.window(HOUR_S)
        seen = self._errors[(client, user, division, endpoint)]
        seen.append(now)
        while seen and seen[0] <= now - hour:
            seen.popleft()
        if len(seen) > ERRORS_AN_HOUR:
            block = self._blocks[client]
            block.until, block.times = now + hour * 2**block.times, block.times + 1
            seen.clear()
            self.bound.refused["errors"] += 1

    def _of(self, scope: Scope) -> tuple[Window, Window]:
        if scope not in self._windows:
            minute, day = self._clock.window(MINUTE_S), self._clock.window(DAY_S)
            self._windows[scope] = Window(minute, CALLS_A_MINUTE), Window(day, CALLS_A_DAY)
        minute_window, day_window = self._windows[scope]
        now = self._clock.now()
        return minute_window.at(now), day_window.at(now)

    def _noted(self) -> None:
        now = self._clock.now()
        self.bound.first = now if self.bound.first is None else self.bound.first
        self.bound.last, self.bound.calls = now, self.bound.calls + 1

    def stats(self) -> dict[str, Any]:
        """Use and peak use of every limit, refusals, and what the limits alone would have allowed."""
        uses = []
        for (client, division), windows in self._windows.items():
            for name, window in zip(("minute", "day"), windows, strict=True):
                use = {"used": window.used, "peak": window.peak, "limit": window.most, "window_s": window.length}
                uses.append({"name": name, "app": client, "division": division} | use)
        bound = self.bound
        seconds = 0.0 if bound.first is None or bound.last is None else bound.last - bound.first
        least = max(0, -(-bound.calls // CALLS_A_MINUTE) - 1) * self._clock.window(MINUTE_S)
        return {
            "limits": uses,
            "refused": dict(bound.refused),
            "bound": {"calls": bound.calls, "first_to_last_s": round(seconds, 3), "least_s": round(least, 3)},
        }


def _headers(minute: Window, day: Window, refused: str | None) -> dict[str, str]:
    """A refusal carries the headers of its own limit only (picqer README, #646)."""
    daily = {
        "X-RateLimit-Limit": str(day.most),
        "X-RateLimit-Remaining": str(day.left),
        "X-RateLimit-Reset": str(day.ends_ms),
    }
    minutely = {
        "X-RateLimit-Minutely-Limit": str(minute.most),
        "X-RateLimit-Minutely-Remaining": str(minute.left),
        "X-RateLimit-Minutely-Reset": str(minute.ends_ms),
    }
    return {"day": daily, "minute": minutely}.get(refused or "", daily | minutely)
