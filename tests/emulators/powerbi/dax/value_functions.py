"""Scalar functions of the values of their arguments: numbers, texts, dates, logic."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from emulators.powerbi.dax.scalars import EPOCH, TOO_LARGE, Value, fixed, join, number, text, together, truth
from emulators.powerbi.dax.syntax import DaxError

_LAST_YEAR: Final = 9999
_MOST: Final = 2**63
_NO_DATE: Final = "An argument of a date function has the wrong data type or the result is too large or too small."
_DIGITS: Final = 330
"""No Double has a digit that is further from its point."""


def _int(value: Value) -> Value:
    if value is None:
        return None
    found = number(value)
    if not math.isfinite(found):
        raise DaxError(TOO_LARGE)
    return math.floor(found)


def _round(value: Value, digits: Value) -> Value:
    if value is None:
        return None
    exact = number(value)
    if not math.isfinite(exact):
        return exact
    places = max(-_DIGITS, min(_DIGITS, _count(digits)))
    with localcontext(prec=3 * _DIGITS):
        found = Decimal(str(exact)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return found if isinstance(exact, Decimal) else type(exact)(found)


def _count(value: Value) -> int:
    """A number of digits or characters: whole, half away from zero."""
    exact = number(value)
    if not math.isfinite(exact) or abs(exact) > _MOST:
        raise DaxError(TOO_LARGE)
    return int(Decimal(str(exact)).quantize(Decimal(1), ROUND_HALF_UP))


def _left(value: Value, count: Value = 1) -> Value:
    size = _count(count)
    if size < 0:
        raise DaxError("An argument of function 'LEFT' has the wrong data type or has an invalid value.")
    return None if value is None else text(value)[:size]


def _length(value: Value) -> Value:
    """UTF-16 units."""
    return None if value is None else len(text(value).encode("utf-16-le", "surrogatepass")) // 2


def _cased(change: Callable[[str], str]) -> Callable[[Value], Value]:
    """Each character becomes one: the sharp s has no capital."""

    def found(value: Value) -> Value:
        if value is None:
            return None
        return "".join(changed if len(changed := change(one)) == 1 else one for one in text(value))

    return found


def _mod(value: Value, divisor: Value) -> Value:
    one, other = together(value, divisor)
    if other == 0:
        raise DaxError("An argument of function 'MOD' has the wrong data type or the result is too large or too small.")
    return one - other * math.floor(one / other)


def _abs(value: Value) -> Value:
    return None if value is None else abs(number(value))


def _date(year: Value, month: Value, day: Value) -> Value:
    """https://learn.microsoft.com/dax/date-function-dax: months and days count on from the year's and month's first.

    Years below 1899 are counted from 1900 (that of the first date is not: measured on Power BI Desktop, see `scalars`).
    """
    of_year = _count(year)
    if not 0 <= of_year <= _LAST_YEAR:
        raise DaxError(_NO_DATE)
    years, of_month = divmod((of_year + (1900 if of_year < EPOCH.year else 0)) * 12 + _count(month) - 1, 12)
    return _on(years, of_month + 1, _count(day))


def _on(year: int, month: int, day: int) -> datetime:
    """So many days from the month's first, which is day 1."""
    try:
        return datetime(year, month, 1) + timedelta(days=day - 1)  # noqa: DTZ001 (DAX dates have no zone)
    except (OverflowError, ValueError) as wrong:
        raise DaxError(_NO_DATE) from wrong


def _moment(value: Value) -> datetime:
    """A value as a date: a number counts days; blank is the first date."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        raise DaxError(_NO_DATE)
    try:
        return EPOCH + timedelta(days=float(number(value)))
    except (OverflowError, ValueError) as wrong:
        raise DaxError(_NO_DATE) from wrong


def _part(name: str) -> Callable[[Value], Value]:
    return lambda value: None if value is None else getattr(_moment(value), name)


def _month_on(value: Value, months: Value, end: bool) -> Value:
    """EDATE and EOMONTH: the same day some months on, or the last of that month."""
    at = _moment(value)
    years, month = divmod(at.year * 12 + at.month - 1 + _count(months), 12)
    first = _on(years, month + 1, 1)
    last = calendar.monthrange(first.year, first.month)[1]
    return first.replace(day=last if end else min(at.day, last))


VALUES: Final[dict[str, tuple[int, int, Callable[..., Value]]]] = {
    "ABS": (1, 1, _abs),
    "BLANK": (0, 0, lambda: None),
    "CONCATENATE": (2, 2, join),
    "CURRENCY": (1, 1, lambda value: None if value is None else fixed(number(value))),
    "DATE": (3, 3, _date),
    "DAY": (1, 1, _part("day")),
    "EDATE": (2, 2, lambda value, months: _month_on(value, months, end=False)),
    "EOMONTH": (2, 2, lambda value, months: _month_on(value, months, end=True)),
    "FALSE": (0, 0, lambda: False),
    "INT": (1, 1, _int),
    "ISBLANK": (1, 1, lambda value: value is None),
    "LEFT": (1, 2, _left),
    "LEN": (1, 1, _length),
    "LOWER": (1, 1, _cased(str.lower)),
    "MOD": (2, 2, _mod),
    "MONTH": (1, 1, _part("month")),
    "NOT": (1, 1, lambda value: not truth(value)),
    "ROUND": (2, 2, _round),
    "TRUE": (0, 0, lambda: True),
    "UPPER": (1, 1, _cased(str.upper)),
    "YEAR": (1, 1, _part("year")),
}
"""Functions of the values of their arguments."""
