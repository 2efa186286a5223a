"""Exact Online's limits as numbers, and what its answers say about them. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

# "API limits", support.exactonline.com/community/s/article/All-All-DNO-Simulation-gen-apilimits
MINUTE_CALLS: Final = 60
"""Calls per app and division in a clock minute."""
MINUTE_CALLS_USED: Final = 58
"""What we use of it: two below, for calls that reach Exact in the next minute."""
MINUTE: Final = 60.0
DAY_CALLS: Final = 5_000
"""Calls per app and division in a day; seen to begin at 00:00 UTC, X-RateLimit-Reset says when."""
DAY: Final = 86_400.0
CONTRACT_DAY_CALLS: Final = 20_000
"""Fair use: calls a day over all divisions of one Exact contract."""
ERRORS_PER_HOUR: Final = 10
"""Errors (400, 401, 403, 404) per app, user, division and endpoint, before the app is blocked for an hour or more."""
ERRORS_PER_HOUR_USED: Final = 8
HOUR: Final = 3_600.0
COUNTED_ERRORS: Final = frozenset({400, 401, 403, 404})

# The same article, and "OAuth step 3": a new access token 570 seconds after the last was received, it lives 600.
TOKEN_LIFE: Final = 600.0
TOKEN_WAIT: Final = 570.0
# forums.invantive.com/t/1040: token calls per app and user a day.
TOKEN_CALLS_PER_DAY: Final = 200
TOKEN_CALLS_PER_DAY_USED: Final = 190
# "OAuth step 2": three minutes; other sources say one.
CODE_LIFE: Final = 60.0

# "REST API - Restrictions", All-All-DNO-Content-rest-restrictions
URL_LENGTH: Final = 6_000
"""Characters of an encoded URL."""
NORMAL_PAGE: Final = 60
SYNC_PAGE: Final = 1_000

DELETED_KEPT: Final = 60 * DAY
"""The log of deletes holds two months."""
DELETED_TRUSTED: Final = 45 * DAY
"""We trust it only this long after its last complete run."""

REQUEST_TIMEOUT: Final = 60.0
TOKEN_TIMEOUT: Final = 30.0
RETRY_WITHOUT_ADVICE: Final = 60.0
"""Seconds to wait after a 429 that says nothing; scaled, since it is a window of the vendor's."""
LONGEST_MINUTE: Final = 2 * MINUTE
LONGEST_DAY: Final = DAY + HOUR
RESET_AHEAD: Final = 2 * DAY
"""A reset further away than this is not believed."""


@dataclass(frozen=True)
class Allowance:
    """What an answer's headers say is left. Times are Unix seconds by the clock that `now` came from."""

    minute_remaining: int | None = None
    minute_resets_at: float | None = None
    day_remaining: int | None = None
    day_resets_at: float | None = None
    retry_after: float | None = None
    """Seconds."""


def parse_allowance(headers: Mapping[str, str], now: float) -> Allowance:
    """Read the rate-limit headers; `headers` is looked up in lower case, values that make no sense are left out."""
    return Allowance(
        minute_remaining=_count(headers.get("x-ratelimit-minutely-remaining")),
        minute_resets_at=_moment(headers.get("x-ratelimit-minutely-reset"), now, LONGEST_MINUTE),
        day_remaining=_count(headers.get("x-ratelimit-remaining")),
        day_resets_at=_moment(headers.get("x-ratelimit-reset"), now, LONGEST_DAY),
        retry_after=_delay(headers.get("retry-after"), now),
    )


def parse_date(headers: Mapping[str, str]) -> datetime | None:
    """Exact's clock at its answer, UTC, from the Date header."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


def suspended_for(allowance: Allowance, now: float, minute: float, unadvised: float) -> float:
    """Seconds to wait after a 429.

    Exact sends only the headers of the window that is spent; some answers carry none. `minute` and `unadvised` are
    the (scaled) seconds of a minute and of a wait without any advice.
    """
    if allowance.retry_after is not None:
        return allowance.retry_after
    if allowance.minute_remaining is not None and allowance.day_remaining is None:
        resets_at = allowance.minute_resets_at
        return minute if resets_at is None or resets_at <= now else resets_at - now
    resets_at = allowance.day_resets_at
    if allowance.day_remaining is not None and resets_at is not None and resets_at > now:
        return resets_at - now
    return unadvised


def _count(text: str | None) -> int | None:
    """A number of calls; None for anything else."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _moment(text: str | None, now: float, longest: float) -> float | None:
    """A reset time as Unix seconds.

    Documented as epoch milliseconds; other pages say seconds, or what remains, in either unit. Of the epochs the one
    within two days of `now` is taken; what remains is in seconds where a window of `longest` seconds may last so long.
    """
    value = _count(text)
    if value is None:
        return None
    for reading in (value / 1_000, float(value)):
        if now - DAY < reading < now + RESET_AHEAD:
            return reading
    for remains in (float(value), value / 1_000):
        if remains <= longest:
            return now + remains
    return None


def _delay(text: str | None, now: float) -> float | None:
    """Retry-After in seconds or as an HTTP date, as seconds from `now`."""
    if text is None:
        return None
    seconds = _count(text)
    if seconds is not None:
        return float(seconds)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None
