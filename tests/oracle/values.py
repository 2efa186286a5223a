"""How a field of an Exact record reads: numbers, dates, codes and keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Record = Mapping[str, Any]
"""A record as Exact's JSON has it, with fractions as `Decimal`."""

NONE = "(none)"
"""The key of the member that stands for nothing."""

LONGEST_TEXT = 4_000
LAST_OF_BASIC_PLANE = 0xFFFF
_EPOCH = date(1970, 1, 1)
_DATE = re.compile(r"/Date\((-?\d+)\)/")
_MS_A_DAY = 86_400_000
_MS_A_MINUTE = 60_000
_SCALE = Decimal("0.0001")


def number(value: Any) -> Decimal | None:
    """The number in full precision."""
    return None if value is None else Decimal(value)


def amount(value: Any) -> Decimal:
    """An additive value: 4 decimals, ties away from zero; nothing counts as zero."""
    return Decimal(0) if value is None else Decimal(value).quantize(_SCALE, ROUND_HALF_UP)


def exact(value: Any) -> Decimal:
    """The number in full precision; nothing counts as zero."""
    return Decimal(0) if value is None else Decimal(value)


def rounded(value: Any) -> Decimal | None:
    """A Decimal column of a dimension: rounded as an amount is, but nothing stays nothing."""
    return None if value is None else amount(value)


def date_of(value: str | None) -> date | None:
    """The date part of a moment in Dutch wall time, as it is sent."""
    return None if value is None else _EPOCH + timedelta(days=_milliseconds(value) // _MS_A_DAY)


def shown(on: date | None) -> str | None:
    """A date as a DateTime column has it: at midnight."""
    return None if on is None else f"{on}T00:00:00"


def day(value: str | None) -> str | None:
    """The date part of a moment as a DateTime column has it."""
    return shown(date_of(value))


def clock(value: str | None) -> str | None:
    """The time of day of a moment, "09:30" on the Dutch clock."""
    if value is None:
        return None
    minute = _milliseconds(value) % _MS_A_DAY // _MS_A_MINUTE
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _milliseconds(value: str) -> int:
    match = _DATE.fullmatch(value)
    assert match, f"not a date of Exact: {value!r}"
    return int(match[1])


def text(value: str | None, longest: int | None = None) -> str | None:
    """At most `longest` code points, and always at most 4,000 UTF-16 units; an ellipsis where something was cut off."""
    if value is None:
        return None
    if longest is not None and len(value) > longest:
        value = value[: longest - 1] + "…"
    kept = units = 0
    for character in value:
        units += 1 + (ord(character) > LAST_OF_BASIC_PLANE)
        kept += units <= LONGEST_TEXT - 1
    return value if units <= LONGEST_TEXT else value[:kept] + "…"


def reference(value: str | None) -> str:
    """A reference by GUID."""
    return value.lower() if value else NONE


def company(site: str, record: Record) -> str:
    """The company's key."""
    return f"{site}-{record['Division']}"


def code_key(site: str, record: Record, code: str | None) -> str:
    """A reference by code: codes are compared without regard to case and blanks around them."""
    bare = (code or "").strip().upper()
    return f"{company(site, record)}|{bare}" if bare else NONE


def trimmed(value: str | None) -> str | None:
    """A code or short text without the blanks around it."""
    return None if value is None else value.strip()


def named(names: Mapping[int, str], value: int | None) -> str | None:
    """The label of a number; an unknown number is its own label."""
    return None if value is None else names.get(value, str(value))


def label(code: str | None, description: str | None) -> str:
    """Code and name together: visuals group by text, and two things may share a name."""
    return f"{(code or '').strip()} {description or ''}".strip()
