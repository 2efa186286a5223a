"""The six data types of a push model: what a posted value must be, and the whole number that stands for it in a column.

Codes: Int64 itself, Decimal in units of 0.0001, DateTime in 1/300 s since 1899-12-30, Boolean 0 or 1, Double itself.
The smallest Int64 (which the vendor does not allow) stands for blank; in a Double column NaN does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from emulators.powerbi.settings import TEXT_LENGTH

BLANK: Final = -(2**63)
LARGEST: Final = 2**63 - 1
UNITS: Final = 10_000
TICKS_PER_SECOND: Final = 300
"""https://learn.microsoft.com/power-bi/developer/automation/api-dataset-properties: days are quantised to 1/300 s."""
EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (the model's dates have no zone)
TYPES: Final = {
    "int64": "Int64", "double": "Double", "bool": "Boolean", "boolean": "Boolean", "datetime": "DateTime",
    "string": "String", "decimal": "Decimal",
}  # fmt: skip
"""Microsoft's own samples mix these spellings."""
_LARGEST_DOUBLE: Final = sys.float_info.max
_DIGITS: Final = 27
"""A number of more digits than a Decimal's 28 is too large, whatever its scale."""
_DECIMAL_RANGE: Final = "Decimal values lie within 922,337,203,685,477.5807"
_AMERICAN = re.compile(r"(\d{2})/(\d{2})/(\d{4})(?: (\d{2}):(\d{2}):(\d{2}))?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
"""What .NET reads as ISO 8601: no weeks, no dates without hyphens, ticks of 100 ns."""
_ZONE = re.compile(r"\d(?:Z|[+-]\d{2}:?\d{2})$", re.ASCII)
_NONE = type(None)


class Wrong(NamedTuple):
    """A value that its column does not take: the rule, and what to say."""

    rule: str
    message: str


def encode(kind: str, values: Sequence[Any]) -> list[Any] | Wrong:
    """The codes of a column's posted values (None: blank or left out), or the first rule that they break.

    Numbers with a point or an exponent come as Decimal, so that their text has survived. Strings stay strings.
    """
    return _ENCODERS[kind](values)


def _int64(values: Sequence[Any]) -> list[Any] | Wrong:
    kinds = set(map(type, values))
    if not kinds <= {int, _NONE}:
        return _wrong_type("Int64", kinds - {int, _NONE})
    present = [value for value in values if value is not None] if _NONE in kinds else values
    if present and not (min(present) > BLANK and max(present) < LARGEST):
        return Wrong("rows.int64", "Int64 values lie above MinValue and below MaxValue")
    return [BLANK if value is None else value for value in values] if _NONE in kinds else list(values)


def _double(values: Sequence[Any]) -> list[Any] | Wrong:
    kinds = set(map(type, values))
    if not kinds <= {int, Decimal, _NONE}:
        return _wrong_type("Double", kinds - {int, Decimal, _NONE})
    try:
        codes = [float("nan") if value is None else float(value) for value in values]
    except OverflowError:
        codes = [_LARGEST_DOUBLE]
    if any(abs(code) >= _LARGEST_DOUBLE for code in codes):
        return Wrong("rows.double", "Double values are finite and lie above MinValue and below MaxValue")
    return codes


def _decimal(values: Sequence[Any]) -> list[Any] | Wrong:
    kinds = set(map(type, values))
    if not kinds <= {int, Decimal, _NONE}:
        return _wrong_type("Decimal", kinds - {int, Decimal, _NONE})
    if any(type(value) is Decimal and value.adjusted() > _DIGITS for value in values):
        return Wrong("rows.scale", _DECIMAL_RANGE)
    scaled = [BLANK if value is None else value * UNITS for value in values]
    codes = list(map(int, scaled))
    if codes != scaled:
        return Wrong("rows.scale", "Decimal values have at most four decimals")
    if any(not BLANK <= code < LARGEST for code in codes):
        return Wrong("rows.scale", _DECIMAL_RANGE)
    return codes


def _boolean(values: Sequence[Any]) -> list[Any] | Wrong:
    kinds = set(map(type, values))
    if not kinds <= {bool, _NONE}:
        return _wrong_type("Boolean", kinds - {bool, _NONE})
    return [BLANK if value is None else int(value) for value in values]


def _string(values: Sequence[Any]) -> list[Any] | Wrong:
    kinds = set(map(type, values))
    if not kinds <= {str, _NONE}:
        return _wrong_type("String", kinds - {str, _NONE})
    longest = max((len(value) for value in values if value is not None), default=0)
    if longest > TEXT_LENGTH // 2 and any(
        len(value.encode("utf-16-le")) > 2 * TEXT_LENGTH for value in values if value is not None
    ):
        return Wrong("rows.string", f"String values have at most {TEXT_LENGTH} characters")
    return list(values)


def _datetime(values: Sequence[Any]) -> list[Any] | Wrong:
    kinds = set(map(type, values))
    if not kinds <= {str, _NONE}:
        return _wrong_type("DateTime", kinds - {str, _NONE})
    known: dict[Any, int] = {None: BLANK}
    for text in set(values) - {None}:
        try:
            known[text] = ticks(moment(text))
        except (ValueError, OverflowError):
            return Wrong("rows.type", f"'{text}' is not a DateTime")
        if not _FIRST <= known[text] < _END:
            return Wrong("rows.date", f"'{text}' is not between the years 1900 and 9999")
    return [known[value] for value in values]


def zoned(value: object) -> bool:
    """Whether it is a DateTime with an offset or a Z."""
    return isinstance(value, str) and _ZONE.search(value) is not None


def has_parts(value: object) -> bool:
    """Whether it is a DateTime with a part of a second."""
    return isinstance(value, str) and "." in value


def moment(text: str, keep: bool = False) -> datetime:
    """ISO 8601 or MM/dd/yyyy, as in Microsoft's samples; ValueError for others.

    An offset is counted out to UTC; with `keep` it is dropped.
    """
    american = _AMERICAN.fullmatch(text)
    if american:
        month, day, year, hour, minute, second = (int(part or 0) for part in american.groups())
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (the model's dates have no zone)
    if not _ISO.fullmatch(text):
        raise ValueError(text)
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo and not keep else found.replace(tzinfo=None)


def ticks(at: datetime) -> int:
    """The nearest 1/300 s since 1899-12-30."""
    return round((at - EPOCH) / timedelta(seconds=1) * TICKS_PER_SECOND)


_FIRST: Final = ticks(datetime(1900, 1, 1))  # noqa: DTZ001 (the model's dates have no zone)
_END: Final = ticks(datetime(9999, 12, 31)) + 86_400 * TICKS_PER_SECOND  # noqa: DTZ001 (likewise)
"""https://learn.microsoft.com/power-bi/connect-data/desktop-data-types: the years that a DateTime may have."""


def _wrong_type(kind: str, found: set[type]) -> Wrong:
    names = sorted("number" if one in (int, Decimal) else one.__name__ for one in found)
    return Wrong("rows.type", f"a column of type {kind} does not take {', '.join(names)}")


_ENCODERS: Final = {
    "Int64": _int64,
    "Double": _double,
    "Decimal": _decimal,
    "Boolean": _boolean,
    "String": _string,
    "DateTime": _datetime,
}
