"""Reading pages: which records a query finds, in which order, and where the next page starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from emulators.exact import rules as rule
from emulators.exact.answers import RefusedError
from emulators.exact.entities import Resource
from emulators.exact.ordering import BAD_TOKEN, Places, json_of, position
from emulators.exact.places import place as place_in
from emulators.exact.query import Query
from emulators.exact.row import unpack
from emulators.exact.values import guid_bytes, key_id
from emulators.exact.views import InOrder, Pages

Found = tuple[int, bytes, str]
"""A record as the store has it: version, id, body."""

_CHUNK: Final = 1000
_ALL: Final = -1
_HIGHEST: Final = 2**63 - 1


@dataclass(frozen=True)
class Place:
    """What is read: a resource of a division, and the id of the header that its records must belong to, if any."""

    resource: Resource
    division: int
    header: bytes | None = None


@dataclass(frozen=True)
class Page:
    """Records, and the skip token of the next page if there is one."""

    records: list[Found]
    token: str | None
    total: int | None = None


def read_page(pages: Pages, place: Place, query: Query, order: str) -> Page:
    """A page of a collection; a full page always has a next one, which may be empty.

    `order` is how pages go on without $orderby: timestamp, id or key, offset.
    """
    total = number(pages, place, query) if query.count else None
    if query.order:
        records, following = _by_place(pages, place, query)
    elif order == "offset":
        records, following = _by_number(pages, place, query)
    elif place.resource.sync and order == "timestamp":
        records, following = _by_version(pages, place, query)
    else:
        records, following = _by_id(pages, place, query)
    return Page(records, following if records and len(records) == query.page else None, total)


def _by_version(pages: Pages, place: Place, query: Query) -> tuple[list[Found], str | None]:
    start = max(query.above, _whole(query.token))
    if query.condition is None:
        records = pages.page(place.resource.entity, place.division, start, query.limit)
    else:
        records = list(islice(_kept(place, query, _stream(pages, place, start)), query.limit))
    return records, f"{records[-1][0]}L" if records else None


def _by_place(pages: Pages, place: Place, query: Query) -> tuple[list[Found], str | None]:
    """In the order of $orderby; the token is the last record's values of its fields, and of the key's."""
    places = Places(place.resource, (*query.order, *((key, False) for key in place.resource.keys)))
    after = places.after(query.token)
    if isinstance(pages, InOrder) and not _fixed(place, query):
        records = list(
            islice(_kept(place, query, _in_order(pages, place, query.limit, places.name, after)), query.limit)
        )
    else:
        records = places.first(matching(pages, place, query, b""), after, query.limit)
    return records, places.token(records[-1]) if records else None


def _in_order(pages: InOrder, place: Place, size: int, order: str, after: bytes) -> Iterator[Found]:
    """At first as many as are wanted, then more at a time, since a condition keeps few."""
    while chunk := pages.page_by_place(place.resource.entity, place.division, order, after, size):
        yield from chunk
        after, size = place_in(order, chunk[-1][2]), min(2 * size, _CHUNK)


def _by_number(pages: Pages, place: Place, query: Query) -> tuple[list[Found], str | None]:
    skip, entity = _whole(query.token), place.resource.entity
    if place.resource.sync and query.condition is None:
        records = pages.page_from(entity, place.division, query.above, skip, query.limit)
    else:
        records = list(islice(matching(pages, place, query, b""), skip, skip + query.limit))
    return records, f"{skip + len(records)}L" if place.resource.sync else str(skip + len(records))


def _by_id(pages: Pages, place: Place, query: Query) -> tuple[list[Found], str | None]:
    """By id; the token is the last record's key: `guid'...'`, or the values of its key fields."""
    places = Places(place.resource, tuple((key, False) for key in place.resource.entity.keys))
    after = b"" if query.token is None else _id_of(place, query.token)
    if place.resource.sync and query.condition is None:
        records = pages.page_by_id(place.resource.entity, place.division, query.above, after, query.limit)
    else:
        records = list(islice(matching(pages, place, query, after), query.limit))
    return records, places.token(records[-1]) if records else None


def _id_of(place: Place, token: str) -> bytes:
    """The store's id of the record that a token names."""
    entity = place.resource.entity
    values = position(token, [(entity.fields[key], False) for key in entity.keys])
    if len(values) == 1 and values[0].type == "Guid":
        return guid_bytes(str(values[0].value))
    return guid_bytes(key_id(*map(json_of, values)))


def number(pages: Pages, place: Place, query: Query) -> int:
    """How many records a query lets through; without a condition nobody looks at each."""
    if query.condition is None and place.header is None and place.resource.where is None:
        above = query.above if place.resource.sync else _ALL
        return pages.number(place.resource.entity, place.division, above)
    return sum(1 for _ in matching(pages, place, query, b""))


def matching(pages: Pages, place: Place, query: Query, after: bytes) -> Iterator[Found]:
    """What a query lets through, by id (a stream's records above its Timestamp)."""
    return _kept(place, query, _candidates(pages, place, query, after))


def _kept(place: Place, query: Query, candidates: Iterator[Found]) -> Iterator[Found]:
    condition = query.condition
    for found in candidates:
        values = unpack(found[2])
        if is_shown(place.resource, values) and (condition is None or condition(values)):
            yield found


def is_shown(resource: Resource, values: list[str]) -> bool:
    """Whether a record is of the kind that an address shows."""
    return resource.where is None or values[resource.entity.at(resource.where[0])] == resource.where[1]


def _candidates(pages: Pages, place: Place, query: Query, after: bytes) -> Iterator[Found]:
    """Records that may match, by id: few of them where the filter fixes the key or the header."""
    entity, division = place.resource.entity, place.division
    keys, headers = _fixed_keys(place, query), query.keys.get(entity.parent or "")
    if place.header is not None or headers:
        parents = [place.header] if place.header is not None else [guid_bytes(one) for one in headers or ()]
        found = [one for parent in parents for one in pages.of_parent(entity, division, parent)]
        yield from sorted((one for one in found if one[1] > after), key=lambda one: one[1])
    elif keys:
        asked = (pages.of_key(entity, division, guid_bytes(key)) for key in keys if guid_bytes(key) > after)
        yield from (one for one in asked if one is not None)
    else:
        above = query.above if place.resource.sync else _ALL
        while chunk := pages.page_by_id(entity, division, above, after, _CHUNK):
            yield from chunk
            after = chunk[-1][1]


def _fixed_keys(place: Place, query: Query) -> tuple[str, ...]:
    entity = place.resource.entity
    return query.keys.get(entity.key, ()) if len(entity.keys) == 1 else ()


def _fixed(place: Place, query: Query) -> bool:
    """Whether a request is about few records: of named headers, or with named keys."""
    headers = query.keys.get(place.resource.entity.parent or "")
    return place.header is not None or bool(headers or _fixed_keys(place, query))


def _stream(pages: Pages, place: Place, after: int) -> Iterator[Found]:
    while chunk := pages.page(place.resource.entity, place.division, after, _CHUNK):
        yield from chunk
        after = chunk[-1][0]


def _whole(token: str | None) -> int:
    if token is None:
        return 0
    digits = token[:-1] if token.endswith(("L", "l")) else token
    if not (digits.isascii() and digits.isdecimal()) or int(digits) > _HIGHEST:
        raise RefusedError(rule.SKIP_TOKEN, 400, BAD_TOKEN)
    return int(digits)
