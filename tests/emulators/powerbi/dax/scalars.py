"""DAX values and what the operators do with them.

Blank is None; Int64 is int, Double float, Decimal Decimal (four decimals), text str (compared without regard to case
and trailing spaces), Boolean bool, DateTime datetime (a number of days since 1899-12-30 where a number is needed).
Semantics: https://learn.microsoft.com/dax/dax-operator-reference,
https://www.sqlbi.com/articles/blank-handling-in-dax/, and, for the types of results, what
https://github.com/d0nk3yhm/pbix-mcp measured on Power BI Desktop 2.152.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import reduce
from math import isclose
from typing import Any, Final

from emulators.powerbi.dax.syntax import DaxError

Value = Any
EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (DAX dates have no zone)
_DAY: Final = timedelta(days=1)
_UNIT: Final = Decimal("0.0001")
_TICKS_PER_SECOND: Final = 300
_TICKS_PER_DAY: Final = 86_400 * _TICKS_PER_SECOND
_MOST: Final = Decimal("922337203685477.5807")
_NO_POWER: Final = "An argument of function 'POWER' has the wrong data type or the result is too large or too small."
TOO_LARGE: Final = "The result of a conversion or arithmetic operation is either too large or too small."
UNITS: Final = 10_000
"""Of a fixed Decimal in one."""


def normal(value: Value) -> Value:
    """What stands for a value where values are told apart: text without case and trailing spaces."""
    return value.rstrip(" ").casefold() if type(value) is str else value


def number(value: Value) -> Any:
    """A value as a number: blank is 0, TRUE is 1, a date its days; DaxError for text that is none."""
    if type(value) in (int, float, Decimal):
        return value
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return (value - EPOCH) / _DAY
    try:
        return int(value) if value.strip().lstrip("-").isdigit() else float(value)
    except ValueError as wrong:
        raise DaxError(f"Cannot convert value '{value}' of type Text to type Number.") from wrong


def truth(value: Value) -> bool:
    """A value as a condition."""
    if isinstance(value, str):
        raise DaxError(f"Cannot convert value '{value}' of type Text to type True/False.")
    return bool(number(value))


def truths(values: Sequence[Value]) -> Sequence[bool]:
    """Many values as conditions."""
    return values if set(map(type, values)) <= {bool} else list(map(truth, values))


def together(left: Any, right: Any) -> tuple[Any, Any]:
    """Two numbers in one Python type."""
    left, right = number(left), number(right)
    if isinstance(right, float):
        return float(left), right
    return (left, float(right)) if isinstance(left, float) else (left, right)


def fixed(value: Decimal | float) -> Decimal:
    """A number as a fixed Decimal: four decimals, half away from zero; DaxError for what is too large for one."""
    try:
        found = Decimal(str(value)).quantize(_UNIT, ROUND_HALF_UP)
    except InvalidOperation as wrong:
        raise DaxError(TOO_LARGE) from wrong
    return _in_range(found)


def _in_range(value: Decimal) -> Decimal:
    if not -_MOST - _UNIT <= value <= _MOST:
        raise DaxError(TOO_LARGE)
    return value


def add(left: Value, right: Value) -> Value:
    if left is None:
        return _alone(right)
    if right is None:
        return _alone(left)
    return _shifted(left, right, operator.add)


def _alone(value: Value) -> Value:
    """A value beside a blank, which is zero: text and TRUE are numbers there, too."""
    return value if value is None or isinstance(value, datetime) else number(value)


def subtract(left: Value, right: Value) -> Value:
    """The result has the left side's type: a date less a date is a date (90 days are 1900-03-30)."""
    if right is None:
        return _alone(left)
    if isinstance(left, datetime):
        return _date(number(left) - float(number(right)))
    if left is None:
        return negate(right)
    one, other = together(left, right)
    return one - other


def _shifted(left: Value, right: Value, apply: Callable[[Any, Any], Any]) -> Value:
    if isinstance(left, datetime) or isinstance(right, datetime):
        return _date(apply(float(number(left)), float(number(right))))
    one, other = together(left, right)
    return apply(one, other)


def _date(days: float) -> datetime:
    """A number of days as a date, to the 1/300 s that dates are kept in."""
    try:
        return EPOCH + timedelta(seconds=round(days * _TICKS_PER_DAY) / _TICKS_PER_SECOND)
    except (OverflowError, ValueError) as wrong:
        raise DaxError(TOO_LARGE) from wrong


def multiply(left: Value, right: Value) -> Value:
    """Fixed by fixed is a Double, fixed by any other number is fixed."""
    if left is None or right is None:
        return None
    one, other = number(left), number(right)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return float(one) * float(other)
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        exact, factor = (one, other) if isinstance(one, Decimal) else (other, one)
        return _in_range(exact * factor) if isinstance(factor, int) else _of_units(float(exact * UNITS) * factor)
    return one * other


def divide(left: Value, right: Value) -> Value:
    """Fixed by a whole number or a Double is fixed (by zero: an error); all else is a Double (by zero: infinity)."""
    if left is None:
        return None
    one, other = number(left), number(right)
    if isinstance(one, Decimal) and not isinstance(other, Decimal):
        if other == 0:
            raise DaxError("Division by zero was encountered.")
        return _of_units(float(one * UNITS) / float(other))
    if other == 0:
        return float("nan") if one == 0 else float("inf") * (1 if one > 0 else -1)
    return float(one) / float(other)


def _of_units(units: float) -> Decimal:
    try:
        found = Decimal(units).quantize(Decimal(1), ROUND_HALF_UP) / UNITS
    except InvalidOperation as wrong:
        raise DaxError(TOO_LARGE) from wrong
    return _in_range(found)


def power(left: Value, right: Value) -> Value:
    """A Double; of a negative number only a whole power or an odd root. DaxError for 0 to the 0 and below."""
    if left is None:
        return None
    one, other = float(number(left)), float(number(right))
    root = 1 / other if other else 0.0
    try:
        if one < 0 and not other.is_integer() and isclose(root, round(root)) and round(root) % 2:
            return -((-one) ** other)
        found = one**other if one or other else None
    except (ArithmeticError, ValueError) as wrong:
        raise DaxError(_NO_POWER) from wrong
    if not isinstance(found, float):
        raise DaxError(_NO_POWER)
    return found


def negate(value: Value) -> Value:
    return None if value is None else -number(value)


def total(values: Sequence[Value]) -> Value:
    """The sum of values, blank if all are."""
    present = [value for value in values if value is not None]
    kinds = set(map(type, present))
    if kinds <= {int} or kinds <= {float} or kinds <= {Decimal}:
        return sum(present[1:], present[0]) if present else None
    return reduce(add, present, None)


def text(value: Value) -> str:
    """A value as text, for `&`, as an American model writes it; 15 digits of a Double."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float):
        return f"{value:.15g}".replace("e", "E")
    return _american(value) if isinstance(value, datetime) else str(value)


def _american(at: datetime) -> str:
    day = f"{at.month}/{at.day}/{at.year}"
    if at.time() == time():
        return day
    return f"{day} {at.hour % 12 or 12}:{at:%M:%S} {'PM' if at.hour >= 12 else 'AM'}"


def join(left: Value, right: Value) -> Value:
    """Two blanks are blank."""
    return None if left is None and right is None else text(left) + text(right)


def compare(left: Value, right: Value) -> int:
    """Less than, equal or greater than 0; blank is as small as the other's zero, empty text or FALSE."""
    if isinstance(left, str) or isinstance(right, str):
        if left is not None and right is not None and not (isinstance(left, str) and isinstance(right, str)):
            raise DaxError("DAX comparison operations do not support comparing values of type Text with other types.")
        one, other = normal(left or ""), normal(right or "")
    elif isinstance(left, bool) != isinstance(right, bool) and left is not None and right is not None:
        raise DaxError("DAX comparison operations do not support comparing values of type True/False with other types.")
    else:
        one, other = together(left, right)
    return int(one > other) - int(one < other)


def same(left: Value, right: Value) -> bool:
    """The operator `==`: blank equals blank only."""
    if left is None or right is None:
        return left is right
    return compare(left, right) == 0


OPERATORS: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "^": power,
    "&": join,
    "=": lambda left, right: compare(left, right) == 0,
    "==": same,
    "<>": lambda left, right: compare(left, right) != 0,
    "<": lambda left, right: compare(left, right) < 0,
    "<=": lambda left, right: compare(left, right) <= 0,
    ">": lambda left, right: compare(left, right) > 0,
    ">=": lambda left, right: compare(left, right) >= 0,
}
INTEGER_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq, "==": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip
"""What comparisons come to where both sides are whole numbers and none is blank."""


class Order:
    """A sort key: blank first, text without case, all in the order of `compare`."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def __lt__(self, other: Order) -> bool:
        if self.value is None or other.value is None:
            return self.value is None and other.value is not None
        return compare(self.value, other.value) < 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Order) and same(self.value, other.value)

    __hash__ = None  # type: ignore[assignment]
