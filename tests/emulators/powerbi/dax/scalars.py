"""DAX values and what the operators do with them.

Blank is None; Int64 is int, Double float, Decimal Decimal (four decimals), text str (compared without regard to case),
Boolean bool, DateTime datetime (which is a number of days since 1899-12-30 where a number is needed).
Semantics: https://learn.microsoft.com/dax/dax-operator-reference and https://learn.microsoft.com/dax/blank-function-dax
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from emulators.powerbi.dax.syntax import DaxError

Value = Any
EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (DAX dates have no zone)
_DAY: Final = timedelta(days=1)
_CENT: Final = Decimal("0.0001")


def normal(value: Value) -> Value:
    """What stands for a value where values are told apart: text without case."""
    return value.casefold() if type(value) is str else value


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


def _together(left: Any, right: Any) -> tuple[Any, Any]:
    """Two numbers in one Python type."""
    left, right = number(left), number(right)
    if isinstance(left, float) and isinstance(right, Decimal):
        return left, float(right)
    if isinstance(left, Decimal) and isinstance(right, float):
        return float(left), right
    return left, right


def _rounded(value: Any) -> Any:
    return value.quantize(_CENT, ROUND_HALF_EVEN) if isinstance(value, Decimal) else value


def add(left: Value, right: Value) -> Value:
    if left is None:
        return right
    if right is None:
        return left
    return _shifted(left, right, operator.add)


def subtract(left: Value, right: Value) -> Value:
    if right is None:
        return left
    if isinstance(left, datetime) and isinstance(right, datetime):
        return (left - right) / _DAY
    return negate(right) if left is None else _shifted(left, right, operator.sub)


def _shifted(left: Value, right: Value, apply: Callable[[Any, Any], Any]) -> Value:
    if isinstance(left, datetime):
        return apply(left, timedelta(days=float(number(right))))
    if isinstance(right, datetime):
        return EPOCH + timedelta(days=float(apply(number(left), number(right))))
    one, other = _together(left, right)
    return apply(one, other)


def multiply(left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    one, other = _together(left, right)
    return _rounded(one * other)


def divide(left: Value, right: Value) -> Value:
    """The operator: a zero divisor gives infinity; two Decimals a Double; a Decimal by an Int64 a Decimal."""
    if left is None:
        return None if right is not None else float("nan")
    one, other = _together(left, right)
    if other == 0:
        return float("nan") if one == 0 else float("inf") * (1 if one > 0 else -1)
    if isinstance(one, Decimal) and isinstance(other, int):
        return _rounded(one / other)
    return float(one) / float(other)


def power(left: Value, right: Value) -> Value:
    return float(number(left)) ** float(number(right))


def negate(value: Value) -> Value:
    return None if value is None else -number(value)


def text(value: Value) -> str:
    """A value as text, for `&`."""
    if value is None:
        return ""
    return str(value).upper() if isinstance(value, bool) else str(value)


def join(left: Value, right: Value) -> Value:
    return text(left) + text(right)


def compare(left: Value, right: Value) -> int:
    """Less than, equal or greater than 0; blank is as small as the other's zero, empty text or FALSE."""
    if isinstance(left, str) or isinstance(right, str):
        if left is not None and right is not None and not (isinstance(left, str) and isinstance(right, str)):
            raise DaxError("DAX comparison operations do not support comparing values of type Text with other types.")
        one, other = (left or "").casefold(), (right or "").casefold()
    elif isinstance(left, bool) != isinstance(right, bool) and left is not None and right is not None:
        raise DaxError("DAX comparison operations do not support comparing values of type True/False with other types.")
    else:
        one, other = _together(left, right)
    return (one > other) - (one < other)


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
