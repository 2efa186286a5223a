"""Exact Online's dates: `/Date(ms)/` counts Dutch wall time as if it were UTC. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

# "REST API FAQ's": date and time values are UNIX time "in the CET time and not GMT".
EXACT_ZONE: Final = ZoneInfo("Europe/Amsterdam")
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock's zero, without a zone
MODIFIED_OVERLAP: Final = timedelta(hours=2)
"""A filter on Modified reaches back further than the hour that Dutch wall time repeats in autumn."""

_DAY_MS: Final = 86_400_000
_DATE: Final = re.compile(r"/Date\((-?\d+)\)/")


@dataclass(frozen=True)
class Modified:
    """A moment for a filter on Modified, as Dutch wall time to the second."""

    wall: datetime

    @property
    def literal(self) -> str:
        """As OData writes it; a time part is always given, since date-only literals proved unreliable."""
        return f"datetime'{self.wall:%Y-%m-%dT%H:%M:%S}'"


def modified_since(instant: datetime, overlap: timedelta = MODIFIED_OVERLAP) -> Modified:
    """The filter that misses nothing modified since `instant` (aware): its wall time, less more than an hour."""
    wall = instant.astimezone(EXACT_ZONE).replace(tzinfo=None, fold=0)
    return Modified(wall.replace(microsecond=0) - overlap)


def parse_wall(text: str) -> datetime:
    """`/Date(ms)/` as Dutch wall time, without a zone; ValueError for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date of Exact's: {text[:40]!r}")
    return EPOCH + timedelta(milliseconds=int(match[1]))


def day_number(told: object) -> int | None:
    """The days of a wall time since 1970; None for anything else than `/Date(ms)/`."""
    match = _DATE.fullmatch(told) if isinstance(told, str) else None
    return None if match is None else int(match[1]) // _DAY_MS


def parse_day(text: str) -> date:
    """A date-only field: the date part, never moved by a zone."""
    return parse_wall(text).date()


def to_utc(wall: datetime, later: bool = False) -> datetime:
    """The instant of a Dutch wall time; of the hour that autumn repeats the first, or the second if `later`."""
    return wall.replace(tzinfo=EXACT_ZONE, fold=int(later)).astimezone(UTC)


def to_wall(instant: datetime) -> datetime:
    """Dutch wall time of an aware instant, without a zone."""
    return instant.astimezone(EXACT_ZONE).replace(tzinfo=None, fold=0)


def format_wall(wall: datetime) -> str:
    """The inverse of `parse_wall`."""
    return f"/Date({(wall - EPOCH) // timedelta(milliseconds=1)})/"
