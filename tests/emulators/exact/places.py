"""Places in an order: texts of bytes that compare as the values of some fields do, one field after another.

An order is a line of text, `String 12 asc,Guid 3 desc`: the type of a field, its position in a body, the direction.
SQLite keeps an index of a table's places (see store), so that a page of an order is a range of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any, Final

from emulators.exact.evaluate import NUMERIC, field_value
from emulators.exact.row import SEPARATOR

_INVERTED: Final = bytes(255 - byte for byte in range(256))
_NOTHING: Final = b"\0"
_HALF_OF_8: Final = 2**63
_WIDTH: Final = 24
_HALF: Final = 2 ** (8 * _WIDTH - 1)
_DECIMALS: Final = 18
_EXACT: Final = Context(prec=3 * _WIDTH)
_MOST: Final = Decimal("1e38")
Order = tuple[tuple[str, int, bool], ...]
"""(Edm type, position in a body, descending) of each field."""


def named(order: Order) -> str:
    """An order as a text."""
    return ",".join(f"{edm} {at} {'desc' if descending else 'asc'}" for edm, at, descending in order)


def place(name: str, body: str) -> bytes:
    """The place of a record in the order of that name."""
    values, found = body.split(SEPARATOR), b""
    for edm, at, down, encoded in _parts(name):
        text = values[at]
        part = encoded(field_value(edm, text)) if text else _NOTHING
        found += part.translate(_INVERTED) if down else part
    return found


def place_of(order: Order, values: Sequence[Any]) -> bytes:
    """The place of some values: nothing comes before everything, texts order without regard to case."""
    parts = (
        _NOTHING if value is None else _encoder(edm)(value) for value, (edm, _, _) in zip(values, order, strict=True)
    )
    return b"".join(
        part.translate(_INVERTED) if down else part for part, (_, _, down) in zip(parts, order, strict=True)
    )


@lru_cache(maxsize=64)
def _parts(name: str) -> tuple[tuple[str, int, bool, Callable[[Any], bytes]], ...]:
    parts = (part.split(" ") for part in name.split(","))
    return tuple((edm, int(at), direction == "desc", _encoder(edm)) for edm, at, direction in parts)


def _encoder(edm: str) -> Callable[[Any], bytes]:
    """Makes bytes that compare as values of a type do; none is the beginning of another."""
    if edm in ("DateTime", "Boolean"):
        return _whole
    return _number if edm in NUMERIC else _text


def _whole(value: int) -> bytes:
    return b"\1" + (value + _HALF_OF_8).to_bytes(8, "big")


def _number(value: int | Decimal) -> bytes:
    exact = max(-_MOST, min(_MOST, Decimal(value)))
    return b"\1" + (int(_EXACT.scaleb(exact, _DECIMALS)) + _HALF).to_bytes(_WIDTH, "big")


def _text(value: str) -> bytes:
    return b"\1" + value.lower().encode("utf-8", "surrogatepass").replace(b"\0", b"\0\xff") + b"\0\0"
