"""Reading pages: which records a query finds, in which order, and where the next page starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cmp_to_key
from itertools import islice
from typing import Any, Final

from emulators.exact.answers import RefusedError
from emulators.exact.entities import Entity, Resource
from emulators.exact.evaluate import field_value
from emulators.exact.grammar import GrammarError, Literal, Node, parse_list
from emulators.exact.query import Query
from emulators.exact.store import Store, unpack
from emulators.exact.values import guid_bytes, guid_text

Found = tuple[int, bytes, str]
"""A record as the store has it: version, id, body."""

_CHUNK: Final = 1000
_ALL: Final = -1
_BAD_TOKEN: Final = "Error processing request stream. The skip token is not valid."


@dataclass(frozen=True)
class Page:
    """Records, and the skip token of the next page if there is one."""

    records: list[Found]
    token: str | None
    total: int | None = None


def sync_page(store: Store, resource: Resource, division: int, query: Query, token: str | None, order: str) -> Page:
    """A page of a sync stream, by Timestamp or by id; a full page always has a next one, which may be empty."""
    limit = query.page if query.top is None else min(query.top, query.page)
    if order == "id":
        after = guid_bytes(_guid(token)) if token else b""
        records = store.page_by_id(resource.entity, division, query.above, after, limit)
        following = f"guid'{guid_text(records[-1][1])}'" if records else None
    else:
        records = store.page(resource.entity, division, max(query.above, _timestamp(token)), limit)
        following = f"{records[-1][0]}L" if records else None
    return Page(records, following if len(records) == query.page else None)


def list_page(store: Store, resource: Resource, division: int, query: Query, token: str | None) -> Page:
    """A page of a normal resource: by key, or by $orderby and then by key."""
    limit = query.page if query.top is None else min(query.top, query.page)
    everything = _matching(store, resource, division, query, b"")
    total = sum(1 for _ in everything) if query.count else None
    if not query.order:
        after = guid_bytes(_guid(token)) if token else b""
        records = list(islice(_matching(store, resource, division, query, after), limit))
        following = f"guid'{guid_text(records[-1][1])}'" if records else None
    else:
        records, following = _ordered(store, resource, division, query, token, limit)
    return Page(records, following if len(records) == query.page else None, total)


def _matching(store: Store, resource: Resource, division: int, query: Query, after: bytes) -> Iterator[Found]:
    """What the condition lets through, by id."""
    condition = query.condition or (lambda _: True)
    for found in _candidates(store, resource.entity, division, query, after):
        values = unpack(found[2])
        if shown(resource, values) and condition(values):
            yield found


def shown(resource: Resource, values: list[str]) -> bool:
    """Whether a record is of the kind that an address shows."""
    return resource.where is None or values[resource.entity.at(resource.where[0])] == resource.where[1]


def _candidates(store: Store, entity: Entity, division: int, query: Query, after: bytes) -> Iterator[Found]:
    if entity.key in query.keys:
        found = store.of_key(entity, division, guid_bytes(query.keys[entity.key]))
        yield from [found] if found and found[1] > after else []
    elif entity.parent in query.keys:
        for found in store.of_parent(entity, division, guid_bytes(query.keys[entity.parent])):
            if found[1] > after:
                yield found
    else:
        while chunk := store.page_by_id(entity, division, _ALL, after, _CHUNK):
            yield from chunk
            after = chunk[-1][1]


def _ordered(
    store: Store, resource: Resource, division: int, query: Query, token: str | None, limit: int
) -> tuple[list[Found], str | None]:
    entity = resource.entity
    fields = [*query.order, (entity.key, False)]
    after = _position(token, len(fields)) if token else None
    compare = _comparer([descending for _, descending in fields])

    def place(found: Found) -> tuple[Any, ...]:
        values = unpack(found[2])
        return tuple(field_value(entity.fields[name], values[entity.at(name)]) for name, _ in fields)

    placed = [(place(found), found) for found in _matching(store, resource, division, query, b"")]
    if after is not None:
        placed = [one for one in placed if compare(one[0], after) > 0]
    by_place = cmp_to_key(compare)
    placed.sort(key=lambda one: by_place(one[0]))
    chosen = placed[:limit]
    following = _token(entity, fields, chosen[-1][0]) if chosen else None
    return [found for _, found in chosen], following


def _comparer(descending: list[bool]) -> Callable[[tuple[Any, ...], tuple[Any, ...]], int]:
    """Compare tuples field by field; nothing comes before everything."""

    def compare(one: tuple[Any, ...], other: tuple[Any, ...]) -> int:
        for left, right, down in zip(one, other, descending, strict=True):
            if left == right:
                continue
            before = left is None or (right is not None and left < right)
            return (1 if before else -1) if down else (-1 if before else 1)
        return 0

    return compare


def _token(entity: Entity, fields: list[tuple[str, bool]], place: tuple[Any, ...]) -> str:
    """Key-typed values, as `'10',6,2014` or `guid'...'`."""
    return ",".join(_literal(entity.fields[name], value) for (name, _), value in zip(fields, place, strict=True))


def _literal(edm: str, value: Any) -> str:
    if value is None:
        return "null"
    if edm == "DateTime":
        wall = datetime.fromtimestamp(value / 1000, UTC).replace(tzinfo=None)
        return f"datetime'{wall.isoformat(timespec='milliseconds')}'"
    if edm == "Guid":
        return f"guid'{value}'"
    if edm == "Boolean":
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'" if edm == "String" else str(value)


def _position(token: str, size: int) -> tuple[Any, ...]:
    """The values of a skip token."""
    try:
        nodes = parse_list(token)
    except GrammarError:
        nodes = []
    if len(nodes) != size:
        raise RefusedError(400, _BAD_TOKEN)
    return tuple(_literal_value(node) for node in nodes)


def _literal_value(node: Node) -> str | int | Decimal | bool | None:
    if isinstance(node, Literal):
        return node.value
    raise RefusedError(400, _BAD_TOKEN)


def _timestamp(token: str | None) -> int:
    if token is None:
        return 0
    digits = token.removesuffix("L")
    if not digits.isdecimal():
        raise RefusedError(400, _BAD_TOKEN)
    return int(digits)


def _guid(token: str) -> str:
    """The id in a skip token."""
    return str(_position(token, 1)[0])
