"""Documents in JSON, in the envelopes of OData V2, and the address of the next page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from emulators.exact.entities import Resource
from emulators.exact.query import Query
from emulators.exact.reader import Page
from emulators.exact.records import Lines, Site, writer
from emulators.exact.values import text


@dataclass(frozen=True)
class Address:
    """A request's own address: base without slash, path and raw query as the client wrote them."""

    base: str
    path: str
    query: str


@dataclass(frozen=True)
class Document:
    """What is answered: a page of a resource, where it was asked, and how lines are found."""

    resource: Resource
    query: Query
    page: Page
    address: Address
    division: int
    lines: Lines

    @property
    def site(self) -> Site:
        return Site(self.address.base, self.division)

    @property
    def paged(self) -> bool:
        """Whether the server pages: not where $top fits a page, nor where the resource has no pages."""
        top = self.query.top
        return bool(self.resource.page) and (top is None or top > self.query.page)

    @property
    def following(self) -> str | None:
        """The request again, with $skiptoken last and its quotes as they are (published taps cut at the last `=`)."""
        if not (self.page.token and self.paged):
            return None
        kept = [part for part in self.address.query.split("&") if part and _name(part) != "$skiptoken"]
        if self.query.top is not None:
            left = self.query.top - self.query.page
            kept = [f"$top={left}" if _name(part) == "$top" else part for part in kept]
        token = quote(self.page.token, safe="',:")
        return f"{self.address.base}{self.address.path}?" + "&".join([*kept, f"$skiptoken={token}"])


def json_feed(document: Document) -> bytes:
    """`{"d":{"results":[...],"__count":...,"__next":...}}`; a bare array without server paging or a count."""
    write = writer(document.resource, document.query.shown, document.site)
    rows = ",".join([write(found, document.lines) for found in document.page.records])
    total = document.page.total
    if not document.paged and total is None:
        return f'{{"d":[{rows}]}}'.encode()
    count = f',"__count":"{total}"' if total is not None else ""
    following = f',"__next":{text(document.following)}' if document.following else ""
    return f'{{"d":{{"results":[{rows}]{count}{following}}}}}'.encode()


def json_single(document: Document) -> bytes:
    """`{"d":{...}}`."""
    write = writer(document.resource, document.query.shown, document.site)
    return f'{{"d":{write(document.page.records[0], document.lines)}}}'.encode()


def _name(part: str) -> str:
    return unquote(part.split("=", 1)[0])
