"""Scalar functions of the values of their arguments: numbers, texts, dates, logic."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from emulators.powerbi.dax.scalars import EPOCH, Value, fixed, number, text, truth
from emulators.powerbi.dax.syntax import DaxError


def _int(value: Value) -> Value:
    return None if value is None else math.floor(number(value))


def _round(value: Value, digits: Value) -> Value:
    if value is None:
        return None
    found = Decimal(str(number(value))).quantize(Decimal(1).scaleb(-int(number(digits))), ROUND_HALF_UP)
    return found if isinstance(value, Decimal) else type(number(value))(found)


def _mod(value: Value, divisor: Value) -> Value:
    one, other = number(value), number(divisor)
    if other == 0:
        raise DaxError("An argument of function 'MOD' has the wrong data type or the result is too large or too small.")
    return one - other * math.floor(one / other)


def _abs(value: Value) -> Value:
    return None if value is None else abs(number(value))


def _date(year: Value, month: Value, day: Value) -> Value:
    return datetime(int(number(year)), int(number(month)), int(number(day)))  # noqa: DTZ001 (DAX dates have no zone)


def _moment(value: Value) -> datetime:
    """A value as a date; blank is the first one."""
    if isinstance(value, datetime):
        return value
    if value is None:
        return EPOCH
    raise DaxError("An argument of a date function has the wrong data type.")


def _part(name: str) -> Callable[[Value], Value]:
    return lambda value: None if value is None else getattr(_moment(value), name)


def _month_on(value: Value, months: Value, end: bool) -> Value:
    """EDATE and EOMONTH: the same day some months on, or the last of that month."""
    at = _moment(value)
    years, month = divmod(at.year * 12 + at.month - 1 + int(number(months)), 12)
    last = calendar.monthrange(years, month + 1)[1]
    return datetime(years, month + 1, last if end else min(at.day, last))  # noqa: DTZ001 (DAX dates have no zone)


VALUES: Final[dict[str, tuple[int, int, Callable[..., Value]]]] = {
    "ABS": (1, 1, _abs),
    "AND": (2, 2, lambda one, other: truth(one) and truth(other)),
    "BLANK": (0, 0, lambda: None),
    "CONCATENATE": (2, 2, lambda one, other: text(one) + text(other)),
    "CURRENCY": (1, 1, lambda value: None if value is None else fixed(number(value))),
    "DATE": (3, 3, _date),
    "DAY": (1, 1, _part("day")),
    "EDATE": (2, 2, lambda value, months: _month_on(value, months, end=False)),
    "EOMONTH": (2, 2, lambda value, months: _month_on(value, months, end=True)),
    "FALSE": (0, 0, lambda: False),
    "INT": (1, 1, _int),
    "ISBLANK": (1, 1, lambda value: value is None),
    "LEFT": (1, 2, lambda value, count=1: text(value)[: int(number(count))]),
    "LEN": (1, 1, lambda value: len(text(value))),
    "LOWER": (1, 1, lambda value: text(value).lower()),
    "MOD": (2, 2, _mod),
    "MONTH": (1, 1, _part("month")),
    "NOT": (1, 1, lambda value: not truth(value)),
    "OR": (2, 2, lambda one, other: truth(one) or truth(other)),
    "ROUND": (2, 2, _round),
    "TRUE": (0, 0, lambda: True),
    "UPPER": (1, 1, lambda value: text(value).upper()),
    "YEAR": (1, 1, _part("year")),
}
"""Functions of the values of their arguments."""
