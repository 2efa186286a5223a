"""The order of $orderby: records by the values of some fields, and skip tokens that name a place between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from heapq import nsmallest
from operator import itemgetter
from typing import Any, Final

from emulators.exact import rules as rule
from emulators.exact.answers import RefusedError
from emulators.exact.entities import Resource
from emulators.exact.evaluate import field_value, fits
from emulators.exact.grammar import parse_list
from emulators.exact.places import named, place, place_of
from emulators.exact.row import unpack
from emulators.exact.tokens import GrammarError, Literal
from emulators.exact.values import text

BAD_TOKEN: Final = "Error in query syntax."
Found = tuple[int, bytes, str]
Fields = tuple[tuple[str, bool], ...]
"""(field, descending) ..."""


class Places:
    """Records of a resource in the order of some fields."""

    def __init__(self, resource: Resource, fields: Fields) -> None:
        at = resource.entity.at
        self._order = tuple((resource.fields[name], at(name), descending) for name, descending in fields)
        self._keys = {at(name) for name in resource.keys}
        self.name = named(self._order)

    def first(self, found: Iterable[Found], after: bytes, limit: int) -> list[Found]:
        """The first records behind a place; no more are kept than are wanted."""
        placed = ((place(self.name, one[2]), one) for one in found)
        return [one for _, one in nsmallest(limit, (one for one in placed if one[0] > after), key=itemgetter(0))]

    def after(self, token: str | None) -> bytes:
        """The place that a token names: before everything without one; RefusedError for values of other types."""
        if token is None:
            return b""
        wanted = [(edm, at not in self._keys) for edm, at, _ in self._order]
        return place_of(self._order, [one.value for one in position(token, wanted)])

    def token(self, found: Found) -> str:
        """Key-typed values, as `'10',6,2014` or `guid'...'`."""
        values = unpack(found[2])
        return ",".join(literal_text(edm, field_value(edm, values[at])) for edm, at, _ in self._order)


def position(token: str, wanted: Sequence[tuple[str, bool]]) -> list[Literal]:
    """The values of a skip token: of the types that are wanted, null where it may be."""
    try:
        found = parse_list(token)
    except GrammarError:
        found = []
    fit = [fits(one, edm) and (free or one.value is not None) for one, (edm, free) in zip(found, wanted, strict=False)]
    if len(found) != len(wanted) or not all(fit):
        raise RefusedError(rule.SKIP_TOKEN, 400, BAD_TOKEN)
    return found


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
