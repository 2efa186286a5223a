"""The functions of expressions, as they run: null stays null, anything unusable is refused."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

NONE: Final = "(none)"
"""The key of what is referenced by nothing; every dimension has a row of this key."""

ELLIPSIS: Final = "…"

DIGITS: Final = 100
"""A number further than this from 1 is nobody's amount."""

EPOCH: Final = datetime.date(1970, 1, 1).toordinal()
DAY_MS: Final = 86_400_000


class Refused(Exception):  # noqa: N818 - not an error that people meet; the mapping turns it into one
    """A value that an expression or a column can't use; the text never holds the value itself."""


def described(value: Any) -> str:
    """The class of a value, without the value: what a failure may say of it."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"text of {len(value)} characters"
    names = {bool: "boolean", int: "whole number", Decimal: "decimal number", list: "list", dict: "object"}
    return names.get(type(value), type(value).__name__)


def company_key(site: str, division: int) -> str:
    """The key of a company: what expressions call `company`."""
    return f"{site.lower()}-{division}"


def key(value: Any) -> str:
    """A GUID as a key: lower case, `(none)` where there is none."""
    if value is None or value == "":
        return NONE
    return _text(value).lower()


def code_key(company: Any, value: Any) -> str:
    """A code as a key of a company: trimmed, upper case, `(none)` where it is blank."""
    code = "" if value is None else _text(value).strip().upper()
    return f"{_text(company)}|{code}" if code else NONE


def trim(value: Any) -> str | None:
    """Text without blanks at both ends."""
    return None if value is None else _text(value).strip()


def upper(value: Any) -> str | None:
    """Text in upper case."""
    return None if value is None else _text(value).upper()


def cut(value: Any, length: int) -> str | None:
    """Text of at most `length` code points; longer text ends in an ellipsis."""
    if value is None:
        return None
    whole = _text(value)
    return whole if len(whole) <= length else whole[: length - 1] + ELLIPSIS


def text(value: Any, width: int = 0) -> str | None:
    """A number as text, filled with zeros to `width`; text as it is."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.zfill(width)
    if type(value) is int:
        return str(value).zfill(width)
    if isinstance(value, Decimal):
        if abs(value.adjusted()) > DIGITS:
            raise Refused("the number is out of range")
        return format(value, "f").zfill(width)
    raise Refused(f"text or a number is expected, not {described(value)}")


def date(value: Any) -> str | None:
    """The day of a date as Exact sends it: `/Date(<ms>)/`, Dutch wall time written as if it were UTC.

    https://support.exactonline.com/community/s/knowledge-base - dates are in CET, so they are never shifted.
    """
    if value is None:
        return None
    if not isinstance(value, str) or value[:6] != "/Date(" or value[-2:] != ")/":
        raise Refused(f"a date is expected, not {described(value)}")
    try:
        return _day(int(value[6:-2]) // DAY_MS)
    except (ValueError, OverflowError) as error:
        raise Refused("the date is out of range") from error


@lru_cache(maxsize=8192)
def _day(number: int) -> str:
    return f"{datetime.date.fromordinal(EPOCH + number).isoformat()}T00:00:00"


def band(table: tuple[Sequence[int | Decimal], Sequence[str]], value: Any) -> str | None:
    """The label of the first limit that a number is below; the last label from there on."""
    if value is None:
        return None
    limits, labels = table
    return labels[bisect_right(limits, number(value))]


def choose(cases: Mapping[Any, Any], value: Any, default: Any) -> Any:
    """The result of the case that equals the value, else the default."""
    try:
        return cases.get(value, default)
    except TypeError as error:
        raise Refused(f"a plain value is expected, not {described(value)}") from error


def absolute(value: Any) -> int | Decimal | None:
    """A number without its sign."""
    if value is None:
        return None
    amount = number(value)
    return -amount if amount < 0 else amount


def number(value: Any) -> int | Decimal:
    """A number; text that holds one (Exact sends Int64 as text) is read."""
    kind = type(value)
    if kind is int or kind is Decimal:
        return value  # type: ignore[no-any-return]
    if kind is str:
        try:
            read = Decimal(value)
        except InvalidOperation:
            pass
        else:
            if read.is_finite():
                return read
    raise Refused(f"a number is expected, not {described(value)}")


def plus(left: Any, right: Any) -> Any:
    """The sum of two numbers, or two texts joined."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return number(left) + number(right)


def minus(left: Any, right: Any) -> int | Decimal:
    """The difference of two numbers."""
    return number(left) - number(right)


def times(left: Any, right: Any) -> int | Decimal:
    """The product of two numbers."""
    return number(left) * number(right)


def divided(left: Any, right: Any) -> Decimal:
    """The quotient of two numbers, as a decimal."""
    divisor = number(right)
    if divisor == 0:
        raise Refused("a division by zero")
    return Decimal(number(left)) / Decimal(divisor)


def negative(value: Any) -> int | Decimal:
    """A number with the opposite sign."""
    return -number(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    raise Refused(f"text is expected, not {described(value)}")
