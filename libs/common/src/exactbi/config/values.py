"""How a value of each column type is written in a row's JSON, and how additive numbers become whole units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from json.encoder import encode_basestring as quoted
from typing import Any, Final

from exactbi.config.functions import ELLIPSIS, Refused, described, number
from exactbi.config.tables import ColumnType

PLACES: Final = 4
"""Decimals of a unit; the scale of Power BI's Decimal."""
UNIT: Final = Decimal(1).scaleb(-PLACES)

MOST_UNITS: Final = 2**53 - 1
"""Above this, sums that Power BI computes would not be exact."""

MOST: Final = Decimal(MOST_UNITS).scaleb(-PLACES)
TOO_LARGE: Final = "the amount is too large to be summed exactly"

INT64: Final = 2**63
LONGEST_TEXT: Final = 4000
"""Characters of a text value
(https://learn.microsoft.com/power-bi/developer/embedded/push-datasets-limitations). Whether a character beyond the
basic plane counts once or twice is not said; we let it count twice, as .NET does."""

EXACT: Final = Context(prec=1000, rounding=ROUND_HALF_UP, Emin=-2000, Emax=2000)


def units(value: Any) -> int:
    """A number in units of 0.0001, rounded half up (away from zero at a tie) from its decimal text; null is 0."""
    if value is None:
        return 0
    kind = type(value)
    if kind is int:
        result = value * 10_000
    else:
        decimal = value if kind is Decimal else Decimal(number(value))
        if not -MOST <= decimal <= MOST:
            raise Refused(TOO_LARGE)
        shifted = decimal.scaleb(PLACES)
        result = int(shifted)
        if result != shifted:
            result = int(decimal.quantize(UNIT, context=EXACT).scaleb(PLACES, context=EXACT))
    if -MOST_UNITS <= result <= MOST_UNITS:
        return int(result)
    raise Refused(TOO_LARGE)


def string(value: Any) -> str:
    """Text as a JSON string, at most 4,000 UTF-16 units, the last an ellipsis if cut; a number by its text."""
    if value is None:
        return "null"
    if type(value) is not str:
        if type(value) is not int and type(value) is not Decimal:
            raise Refused(f"text is expected, not {described(value)}")
        value = str(value)
    if len(value) > LONGEST_TEXT // 2:
        value = _fitting(value)
    return quoted(value)


def _fitting(value: str) -> str:
    encoded = value.encode("utf-16-le", "surrogatepass")
    if len(encoded) <= 2 * LONGEST_TEXT:
        return value
    return encoded[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + ELLIPSIS


def whole(value: Any) -> str:
    """A whole number of 64 bits, but not its least and not its greatest, which Power BI does not take."""
    if value is None:
        return "null"
    exact = value if type(value) is int else number(value)
    if not -INT64 < exact < INT64 - 1 or exact != int(exact):
        raise Refused("a whole number of 64 bits is expected")
    return str(int(exact))


def double(value: Any) -> str:
    """A number as Exact sent it."""
    return "null" if value is None else str(number(value))


def boolean(value: Any) -> str:
    """true or false; Exact's Byte 0 and 1 too."""
    if value is None:
        return "null"
    if value is True or value is False or (type(value) is int and value in (0, 1)):
        return "true" if value else "false"
    raise Refused(f"a boolean is expected, not {described(value)}")


def moment(value: Any) -> str:
    """A day as `date` gives it."""
    if value is None:
        return "null"
    if isinstance(value, str) and len(value) == len("2026-01-31T00:00:00") and value[10] == "T":
        return f'"{value}"'
    raise Refused(f"a date is expected, not {described(value)}")


def decimal(value: Any) -> str:
    """A number of four decimals that no reversal negates."""
    if value is None:
        return "null"
    return str(Decimal(units(value)).scaleb(-PLACES))


WRITERS: Final[Mapping[ColumnType, Callable[[Any], str]]] = {
    "String": string,
    "Int64": whole,
    "Double": double,
    "Boolean": boolean,
    "DateTime": moment,
    "Decimal": decimal,
}
