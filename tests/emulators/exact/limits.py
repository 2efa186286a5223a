"""The limits of calls: per clock minute and day of an app in a division, per day of the contract, and at a time.

Source of the numbers: Exact's knowledge base, API limits and REST API restrictions. All under the time scale.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from emulators.clock import Clock, retry_after
from emulators.exact import rules as rule
from emulators.exact.penalties import Penalties
from emulators.exact.rules import Rules
from emulators.exact.settings import Settings
from emulators.exact.windows import Window, day_ahead

MINUTE_S, DAY_S = 60, 86_400
CONTRACT_CALLS: Final = {"standard": 20_000, "premium": 30_000}
CALL_LIMITS: Final = frozenset({"minute", "day", "contract"})
MESSAGES: Final = {
    "minute": "Minutely rate limit exceeded",
    "day": "Daily rate limit exceeded",
    "contract": "Daily rate limit exceeded",
    "in_flight": "Too many simultaneous requests",
}
"""The texts are this emulator's: no source quotes the body of a 429."""
BROKEN: Final = {
    "minute": rule.MINUTE_LIMIT,
    "day": rule.DAY_LIMIT,
    "contract": rule.CONTRACT_LIMIT,
    "in_flight": rule.IN_FLIGHT,
}

Scope = tuple[str, int]
"""An app's client id and a division's code."""


@dataclass(frozen=True)
class Verdict:
    """`refused` says which limit does not allow the call; headers go on the answer in any case."""

    refused: str | None
    headers: dict[str, str]

    @property
    def message(self) -> str:
        return MESSAGES.get(self.refused or "", "")


class Limits:
    """Counts every call that names a division; a refused call is not counted."""

    def __init__(
        self, clock: Clock, rules: Callable[[], Rules], settings: Callable[[], Settings] = Settings, *, on: bool
    ) -> None:
        self._clock, self._rules, self._settings, self._on = clock, rules, settings, on
        self._minutes: dict[Scope, Window] = defaultdict(lambda: Window("minute"))
        self._days: dict[Scope, Window] = defaultdict(lambda: Window("day"))
        self._contract = Window("contract")
        self._flying: Counter[Scope] = Counter()
        self._most_flying: Counter[Scope] = Counter()
        self._refused: Counter[str] = Counter()
        self.penalties = Penalties(clock, rules, settings, on=on)

    def call(self, scope: Scope) -> Verdict:
        """Count a call, unless a limit refuses it."""
        now = self._clock.now()
        minute, day, contract = self._at(scope, now)
        refused = self._over(scope, minute, day, contract)
        if refused is None:
            for window in (minute, day, contract):
                window.take(now)
        else:
            self._refused[refused] += 1
            for window in (minute, day, contract):
                window.refused += window.name == refused
        headers = self._headers(minute, day, refused) if self._on and self._rules().on(rule.LIMIT_HEADERS) else {}
        return Verdict(refused, headers)

    @contextmanager
    def flying(self, scope: Scope) -> Iterator[None]:
        """A request of this scope is being answered."""
        self._flying[scope] += 1
        self._most_flying[scope] = max(self._most_flying[scope], self._flying[scope])
        try:
            yield
        finally:
            self._flying[scope] -= 1

    @property
    def counted(self) -> int:
        """Calls that were let through."""
        return self._contract.total

    def _over(self, scope: Scope, minute: Window, day: Window, contract: Window) -> str | None:
        """The limit that a call would break."""
        if not self._on:
            return None
        on, settings = self._rules().on, self._settings()
        if on(rule.IN_FLIGHT) and 0 < settings.in_flight < self._flying[scope]:
            return "in_flight"
        if on(rule.CONTRACT_LIMIT) and contract.left <= settings.used_elsewhere:
            return "contract"
        if on(rule.DAY_LIMIT) and not day.left and settings.contract == "standard":
            return "day"
        return "minute" if on(rule.MINUTE_LIMIT) and not minute.left else None

    def _at(self, scope: Scope, now: float) -> tuple[Window, Window, Window]:
        settings, contract = self._settings(), self._contract_at(now)
        minute_s, day_s = self._clock.window(MINUTE_S * settings.minutes), self._clock.window(DAY_S)
        a_day = settings.calls_a_day if settings.contract == "standard" else contract.most
        return (
            self._minutes[scope].at(now, minute_s, settings.calls_a_minute),
            self._days[scope].at(now, day_s, a_day, contract.ahead),
            contract,
        )

    def _contract_at(self, now: float) -> Window:
        settings = self._settings()
        ahead = day_ahead(settings.day_zone, now, self._clock.scale)
        return self._contract.at(now, self._clock.window(DAY_S), CONTRACT_CALLS[settings.contract], ahead)

    def _headers(self, minute: Window, day: Window, refused: str | None) -> dict[str, str]:
        """A refusal carries the headers of its own limit only (picqer README, #646)."""
        settings, now = self._settings(), self._clock.now()
        daily = _three("X-RateLimit", day, settings, now)
        minutely = _three("X-RateLimit-Minutely", minute, settings, now)
        if not settings.minutely_reset:
            del minutely["X-RateLimit-Minutely-Reset"]
        if refused is None:
            return daily | minutely
        own = {"minute": minutely, "day": daily, "contract": daily}.get(refused, {})
        shown = {"own": own, "all": daily | minutely, "none": {}}[settings.headers_on_429]
        ends = minute.ends if refused == "minute" else day.ends
        wait = settings.retry_after and refused != "in_flight"
        return shown | ({"Retry-After": str(retry_after(ends - now))} if wait else {})

    def stats(self) -> dict[str, Any]:
        """Use and peak use of every limit, refusals, and the least time that the limits allow for these calls."""
        contract = self._contract_at(self._clock.now())
        uses = [use for scope in list(self._days) for use in self._uses(scope)] + [contract.shown()]
        took = 0.0 if contract.first is None or contract.last is None else contract.last - contract.first
        least = max(use.get("least_s", 0.0) for use in uses)
        return {
            "limits": uses + self.penalties.shown(),
            "refused": dict(self._refused) | ({"errors": self.penalties.blocks} if self.penalties.blocks else {}),
            "bound": {"calls": contract.total, "first_to_last_s": round(took, 3), "least_s": least},
        }

    def _uses(self, scope: Scope) -> list[dict[str, Any]]:
        """The limits of one app in one division."""
        whose = {"app": scope[0], "division": scope[1]}
        flying = {"name": "in_flight", "limit": self._settings().in_flight or None}
        flying |= {"used": self._flying[scope], "peak": self._most_flying[scope]}
        windows = self._at(scope, self._clock.now())[:2]
        return [*(whose | window.shown() for window in windows), whose | flying]


def _three(prefix: str, window: Window, settings: Settings, now: float) -> dict[str, str]:
    reset = {
        "epoch_ms": window.ends * 1000, "epoch_s": window.ends, "remaining_ms": (window.ends - now) * 1000,
    }[settings.reset_unit]  # fmt: skip
    left = {"Limit": window.most, "Remaining": window.left, "Reset": int(reset)}
    return {f"{prefix}-{name}": str(value) for name, value in left.items()}
