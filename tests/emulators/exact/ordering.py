"""The order of $orderby: records by the values of some fields, and skip tokens that name a place between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

from emulators.exact import rules as rule
from emulators.exact.answers import RefusedError
from emulators.exact.entities import Resource
from emulators.exact.evaluate import field_value
from emulators.exact.grammar import parse_list
from emulators.exact.row import unpack
from emulators.exact.tokens import GrammarError, Literal
from emulators.exact.values import text

Found = tuple[int, bytes, str]
Fields = tuple[tuple[str, bool], ...]
"""(field, descending) ..."""


class Places:
    """Records of a resource in the order of some fields."""

    def __init__(self, resource: Resource, fields: Fields) -> None:
        self._fields = [(resource.fields[name], resource.entity.at(name)) for name, _ in fields]
        self._compare = _comparer([descending for _, descending in fields])

    def page(self, found: Iterable[Found], token: str | None, limit: int) -> tuple[list[Found], str | None]:
        """The first `limit` records after the place that a token names, and the token of the last."""
        placed = [(self._place(one), one) for one in found]
        if token:
            after = tuple(_comparable(one.value) for one in position(token, len(self._fields)))
            placed = [one for one in placed if self._compare(one[0], after) > 0]
        by_place = cmp_to_key(self._compare)
        placed.sort(key=lambda one: by_place(one[0]))
        records = [one for _, one in placed[:limit]]
        return records, self.token(records[-1]) if records else None

    def token(self, found: Found) -> str:
        """Key-typed values, as `'10',6,2014` or `guid'...'`."""
        values = unpack(found[2])
        return ",".join(literal_text(edm, field_value(edm, values[at])) for edm, at in self._fields)

    def _place(self, found: Found) -> tuple[Any, ...]:
        values = unpack(found[2])
        return tuple(_comparable(field_value(edm, values[at])) for edm, at in self._fields)


def position(token: str, size: int) -> list[Literal]:
    """The values of a skip token."""
    try:
        found = parse_list(token)
    except GrammarError:
        found = []
    if len(found) != size:
        raise RefusedError(rule.SKIP_TOKEN, 400, "Error in query syntax.")
    return found


def _comparable(value: Any) -> Any:
    """Texts order without regard to case."""
    return value.lower() if isinstance(value, str) else value


def _comparer(descending: list[bool]) -> Callable[[tuple[Any, ...], tuple[Any, ...]], int]:
    """Compare tuples field by field; nothing comes before everything."""

    def compare(one: tuple[Any, ...], other: tuple[Any, ...]) -> int:
        for left, right, down in zip(one, other, descending, strict=True):
            if left == right:
                continue
            before = left is None or (right is not None and _less(left, right))
            return (1 if before else -1) if down else (-1 if before else 1)
        return 0

    return compare


def _less(left: Any, right: Any) -> bool:
    """A token of the wrong types names no place."""
    try:
        return bool(left < right)
    except TypeError:
        raise RefusedError(rule.SKIP_TOKEN, 400, "Error in query syntax.") from None


def literal_text(edm: str, value: Any) -> str:
    """A value as an address or a token holds it."""
    if value is None:
        return "null"
    if edm == "DateTime":
        wall = datetime.fromtimestamp(value / 1000, UTC).replace(tzinfo=None)
        return f"datetime'{wall.isoformat(timespec='milliseconds')}'"
    if edm == "Guid":
        return f"guid'{value}'"
    if edm == "Boolean":
        return str(value).lower()
    if edm == "Int64":
        return f"{value}L"
    return "'" + value.replace("'", "''") + "'" if edm == "String" else str(value)


def json_of(value: Literal) -> str:
    """The JSON text of a literal, as a record's body has it."""
    if value.type == "Guid":
        return f'"{value.value}"'
    return text(str(value.value)) if value.type == "String" else str(value.value)
