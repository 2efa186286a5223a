"""Exact Online's REST dialect: addresses, pages, deletes, errors. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import quote, unquote

import msgspec

from exactbi.errors import (
    EXACT_REFUSED,
    EXACT_UNREACHABLE,
    PermanentError,
    TransientError,
)
from exactbi.exact_online import dates
from exactbi.exact_online.streams import BY_ENTITY_TYPE, DELETED, Stream

KEYS_PER_URL: Final = 40
"""Keys that one request by key may name: a page of a normal endpoint has 60 records, a URL 6,000 characters."""


@dataclass(frozen=True)
class RawRecord:
    """A record as it came. `id` is a GUID in lower case, `parent` too; `raw` is its JSON, byte for byte.

    `modified`: days since 1970, of records of sync streams that tell when they were modified.
    """

    id: str
    timestamp: int | None
    parent: str | None
    raw: msgspec.Raw
    modified: int | None = None


@dataclass(frozen=True)
class Page:
    """One page. `skip_token` is the token in `next`, decoded, without the L of an Int64; None on the last page."""

    records: list[RawRecord]
    next: str | None
    skip_token: str | None


@dataclass(frozen=True)
class Delete:
    """An entry of the Deleted log. `stream` is None for entities that we do not read."""

    stream: str | None
    id: str
    timestamp: int


@dataclass(frozen=True)
class DeletedPage:
    """One page of the Deleted log, in the order sent."""

    entries: list[Delete]
    next: str | None
    skip_token: str | None

    def by_stream(self) -> dict[str, list[Delete]]:
        """The entries of streams that we know, by stream."""
        found: dict[str, list[Delete]] = {}
        for entry in self.entries:
            if entry.stream is not None:
                found.setdefault(entry.stream, []).append(entry)
        return found


def first_page_url(
    stream: Stream, base: str, division: int, since: int | None = None, modified: dates.Modified | None = None
) -> str:
    """The first page of a stream.

    `since`: sync streams, records with a higher Timestamp (None: all). `modified`: other streams, records modified
    at or after it (None: all).
    """
    query = "$select=" + ",".join(stream.fields)
    if stream.is_sync:
        query = f"$filter={quote(f'Timestamp gt {since or 0}L')}&{query}"
    elif modified is not None:
        query = f"$filter={quote(f'Modified ge {modified.literal}', safe=_LITERAL)}&{query}"
    return f"{base}/api/v1/{division}/{stream.path}?{query}"


def by_keys_url(stream: Stream, base: str, division: int, keys: Sequence[str]) -> str:
    """Records by key, at most KEYS_PER_URL; what the answer lacks does not exist.

    A filter and not `Entity(guid'...')`: a missing key is then an empty answer, and not a 404 that counts as an error.
    """
    assert 0 < len(keys) <= KEYS_PER_URL, f"{len(keys)} keys in one request"
    condition = " or ".join(f"{stream.id_field} eq guid'{key}'" for key in keys)
    select = ",".join(field for field in stream.fields if field != "Timestamp")
    path = stream.normal_path or stream.path
    return f"{base}/api/v1/{division}/{path}?$filter={quote(condition, safe=_LITERAL)}&$select={select}"


def count_url(stream: Stream, base: str, division: int) -> str:
    """The number of records of a stream's normal endpoint, as text."""
    return f"{base}/api/v1/{division}/{stream.normal_path or stream.path}/$count"


def me_url(base: str) -> str:
    """Who the token speaks for; counts for no division's limit."""
    return f"{base}/api/v1/current/Me?$select=UserID,CurrentDivision,DivisionCustomer,ServerTime,ServerUtcOffset"


def divisions_url(base: str, division: int) -> str:
    """The divisions of the licence that owns `division`, as far as the user granted them."""
    fields = "Code,Description,Country,Currency,Status,BlockingStatus,Customer,Main"
    return f"{base}/api/v1/{division}/hrm/Divisions?$select={fields}"


def moves_url(base: str, division: int) -> str:
    """When each division that the user may see was moved or linked, whichever licence it is of.

    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemDivisions: needs the scope
    "Organization administration"; new dates mean new Timestamps.
    """
    return f"{base}/api/v1/{division}/system/Divisions?$select=Code,DivisionMoveDate,DivisionHRLinkUnlinkDate"


def parse_page(stream: Stream, body: bytes) -> Page:
    """A page of `stream`.

    TransientError where the body is no answer at all (a maintenance page, half a page), PermanentError where a record
    lacks its id.
    """
    rows, link = _rows(body)
    head = _head(stream)
    try:
        records = [_record(stream, head.decode(row), row) for row in rows]
    except (msgspec.ValidationError, ValueError) as error:
        raise PermanentError(EXACT_REFUSED, f"a record of {stream.name} can't be read: {error}") from error
    return Page(records, link, _skip_token(link))


def parse_deleted(body: bytes) -> DeletedPage:
    """A page of `sync/Deleted`; errors as `parse_page`."""
    rows, link = _rows(body)
    try:
        entries = [_delete(_DELETED.decode(row)) for row in rows]
    except msgspec.ValidationError as error:
        raise PermanentError(EXACT_REFUSED, f"an entry of {DELETED.name} can't be read: {error}") from error
    return DeletedPage(entries, link, _skip_token(link))


def parse_rows(body: bytes) -> list[dict[str, Any]]:
    """A small answer (Me, hrm/Divisions) as dictionaries; errors as `parse_page`."""
    return parse_list(body)[0]


def parse_list(body: bytes) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a small list, and the link to the next; errors as `parse_page`."""
    rows, link = _rows(body)
    return [msgspec.json.decode(row) for row in rows], link


def is_markup(body: bytes) -> bool:
    """HTML or XML where JSON was asked for: a maintenance or proxy page, whatever its status."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def error_message(body: bytes) -> str:
    """What an error answer says, on one line, at most 300 characters."""
    try:
        text = _ERROR.decode(body).error.message.value
    except msgspec.DecodeError:
        text = "" if is_markup(body) else body[:300].decode("utf-8", "replace")
    return " ".join(text.split())[:300]


class _Message(msgspec.Struct):
    value: str = ""


class _Error(msgspec.Struct):
    message: _Message = msgspec.field(default_factory=_Message)


class _Errors(msgspec.Struct):
    error: _Error


class _Envelope(msgspec.Struct):
    d: msgspec.Raw


class _Collection(msgspec.Struct):
    results: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    next: str | None = msgspec.field(default=None, name="__next")


class _DeletedEntry(msgspec.Struct):
    timestamp: int = msgspec.field(name="Timestamp")
    entity_type: int = msgspec.field(name="EntityType")
    entity_key: str = msgspec.field(name="EntityKey")


_LITERAL: Final = "'(),:"
_ESCAPE: Final = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>\\u[dD][89a-fA-F]..)|\\.")
"""An escape of a JSON string; `half` is a surrogate without the other."""
_ERROR: Final = msgspec.json.Decoder(_Errors)
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_COLLECTION: Final = msgspec.json.Decoder(_Collection)
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_DELETED: Final = msgspec.json.Decoder(_DeletedEntry, strict=False)


def _rows(body: bytes) -> tuple[list[msgspec.Raw], str | None]:
    """The records and the link of any of the three shapes: `{d:{results}}`, `{d:[...]}`, `{d:{...}}`."""
    if is_markup(body):
        raise TransientError(EXACT_UNREACHABLE, "Exact sent a page of markup instead of JSON")
    try:
        return _shaped(body)
    except msgspec.DecodeError:
        pass
    try:
        return _shaped(_mended(body))
    except msgspec.DecodeError as error:
        raise TransientError(EXACT_UNREACHABLE, f"Exact's answer is no complete JSON: {error}") from error


def _shaped(body: bytes) -> tuple[list[msgspec.Raw], str | None]:
    inner = _ENVELOPE.decode(body).d
    if bytes(memoryview(inner)[:1]) == b"[":
        return _LIST.decode(inner), None
    collection = _COLLECTION.decode(inner)
    if isinstance(collection.results, msgspec.UnsetType):
        return [inner], None
    return collection.results, collection.next


def _mended(body: bytes) -> bytes:
    """The body with U+FFFD where half of a character stands.

    A text that was cut by UTF-16 units may end in one half of an emoji, which no JSON reader takes: without this the
    page could never be read, and its stream would stand still.
    """
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], body)


@cache
def _head(stream: Stream) -> msgspec.json.Decoder[Any]:
    """A decoder of what we read of each record: its id, Timestamp and parent. Int64 comes as a JSON string."""
    fields: list[tuple[str, Any, Any]] = [("id", str, msgspec.field(name=stream.id_field))]
    if stream.is_sync:
        fields.append(("timestamp", int | None, msgspec.field(name="Timestamp", default=None)))
        fields.append(("modified", Any, msgspec.field(name="Modified", default=None)))
    if stream.parent_field is not None:
        fields.append(("parent", str | None, msgspec.field(name=stream.parent_field, default=None)))
    return msgspec.json.Decoder(msgspec.defstruct(f"Head{stream.name}", fields), strict=False)


def _record(stream: Stream, head: Any, raw: msgspec.Raw) -> RawRecord:
    """A record of a page, with what the head says of it."""
    parent = head.parent if stream.parent_field is not None else None
    parent = parent.lower() if parent else None
    if not stream.is_sync:
        return RawRecord(head.id.lower(), None, parent, raw)
    return RawRecord(head.id.lower(), head.timestamp, parent, raw, dates.day_number(head.modified))


def _delete(entry: _DeletedEntry) -> Delete:
    """A Deleted entry, given to its stream."""
    stream = BY_ENTITY_TYPE.get(entry.entity_type)
    return Delete(stream.name if stream else None, entry.entity_key.lower(), entry.timestamp)


def _skip_token(link: str | None) -> str | None:
    """The skip token of a link; it is last in the query, its quotes are not encoded."""
    if link is None or "$skiptoken=" not in unquote(link):
        return None
    token = unquote(link).rpartition("$skiptoken=")[2]
    return token[:-1] if token.endswith("L") and token[:-1].isdigit() else token
