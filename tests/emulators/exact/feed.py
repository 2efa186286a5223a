"""Pages as JSON: the OData V2 envelopes, each record with its selected fields, and the address of the next page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from urllib.parse import quote

from emulators.exact.entities import Resource
from emulators.exact.query import Query, type_name
from emulators.exact.reader import Found, Page
from emulators.exact.store import SEPARATOR
from emulators.exact.values import NULL, guid_text, text


@dataclass(frozen=True)
class Address:
    """A request's own address: base without slash, path and raw query as the client wrote them."""

    base: str
    path: str
    query: str


def feed(resource: Resource, query: Query, page: Page, address: Address, division: int) -> bytes:
    """`{"d":{"results":[...],"__next":...}}`; a bare array with $top (without server paging)."""
    rows = ",".join(map(_writer(resource, query.select, address.base, division), page.records))
    paged = query.top is None or query.top > query.page
    if not paged and page.total is None:
        return f'{{"d":[{rows}]}}'.encode()
    count = f',"__count":"{page.total}"' if page.total is not None else ""
    following = ""
    if page.token and paged:
        following = f',"__next":{text(_next(address, page.token, query.top, query.page))}'
    return f'{{"d":{{"results":[{rows}]{count}{following}}}}}'.encode()


def single(resource: Resource, query: Query, found: Found, base: str, division: int) -> bytes:
    """`{"d":{...}}`."""
    return f'{{"d":{_writer(resource, query.select, base, division)(found)}}}'.encode()


@lru_cache(maxsize=256)
def _writer(resource: Resource, select: tuple[str, ...], base: str, division: int) -> Callable[[Found], str]:
    """A function that writes one record; made once per selection, since a page has a thousand records."""
    beta, path = ("beta/", resource.path[5:]) if resource.path.startswith("beta/") else ("", resource.path)
    uri = f"{base}/api/v1/{beta}{division}/{path}(".replace("%", "%%")
    key = "%sL" if resource.sync else "guid'%s'"
    members = "".join(f',"{name}":%s' for name in select)
    template = f'{{"__metadata":{{"uri":"{uri}{key})","type":"{type_name(resource)}"}}{members}}}'
    positions = [resource.entity.at(name) for name in select]
    chosen = itemgetter(*positions, positions[0])
    by_version = resource.sync

    def write(found: Found) -> str:
        version, key, body = found
        values = [value or NULL for value in chosen(body.split(SEPARATOR))]
        values[-1] = str(version) if by_version else guid_text(key)
        return template % (values[-1], *values[:-1])

    return write


def _next(address: Address, token: str, top: int | None, page: int) -> str:
    """The request again, with $skiptoken last and its quotes as they are (published taps cut at the last `=`)."""
    kept = [part for part in address.query.split("&") if part and not _named(part, "$skiptoken")]
    if top is not None:
        kept = [f"$top={top - page}" if _named(part, "$top") else part for part in kept]
    token_text = quote(token, safe="',:")
    return f"{address.base}{address.path}?" + "&".join([*kept, f"$skiptoken={token_text}"])


def _named(part: str, name: str) -> bool:
    return part.split("=", 1)[0].replace("%24", "$").lower() == name
