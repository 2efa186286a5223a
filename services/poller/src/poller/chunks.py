"""Slicing a page into chunks, the messages of raw-records [no I/O]."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from exactbi.messages import records, topics
from exactbi.messages.failures import NAMESPACE
from exactbi.messages.packing import pack
from exactbi.messages.records import FetchedRecord, RecordsFetched

CALL: Final = "call"
"""Header: the id of the call that fetched the page (table `call`)."""

NO_BODY: Final = msgspec.Raw(b"null")


@dataclass(frozen=True)
class Place:
    """A division as messages name it."""

    customer: str
    site: str
    division: int

    @property
    def text(self) -> str:
        """`<site>/<code>`."""
        return f"{self.site}/{self.division}"


@dataclass(frozen=True)
class Chunk:
    """A message of raw-records: its event id, key and zstd frame, and the headers that the outbox is queried by."""

    event_id: uuid.UUID
    key: bytes
    packed: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Fetched:
    """Records of one stream from one answer. `generation` and `seen` are those of its request's sending."""

    stream: str
    generation: int
    seen: int
    records: Sequence[FetchedRecord]


def deleted(record: str, version: int) -> FetchedRecord:
    """A record that is gone at `version`."""
    return FetchedRecord(record, version, True, None, NO_BODY)  # noqa: FBT003 - a positional struct


def chunks(place: Place, fetched: Fetched, call: str, received: float, page: str) -> list[Chunk]:
    """The chunks of an answer, in its order. `page` names the answer's place in its run.

    The event ids follow from `page`, so that a commit that is tried again writes nothing twice.
    """
    at = datetime.fromtimestamp(received, UTC).isoformat()
    return [
        _chunk(place, fetched, call, at, part, f"{page}|{fetched.stream}|{number}")
        for number, part in enumerate(slices(fetched.records))
    ]


def slices(found: Sequence[FetchedRecord]) -> Iterator[Sequence[FetchedRecord]]:
    """At most 500 records and 900 KB each; a record that is larger is a chunk of its own."""
    start = size = 0
    for index, record in enumerate(found):
        length = len(memoryview(record.body))
        if index > start and (index - start >= topics.MAX_CHUNK_RECORDS or size + length > topics.MAX_CHUNK_BYTES):
            yield found[start:index]
            start, size = index, 0
        size += length
    if start < len(found):
        yield found[start:]


def _chunk(place: Place, fetched: Fetched, call: str, at: str, part: Sequence[FetchedRecord], name: str) -> Chunk:
    message = RecordsFetched(
        customer=place.customer,
        site=place.site,
        division=place.division,
        stream=fetched.stream,
        generation=fetched.generation,
        seen=fetched.seen,
        fetched_at=at,
        call=call,
        records=list(part),
    )
    return Chunk(
        event_id=uuid.uuid5(NAMESPACE, name),
        key=topics.stream_key(place.customer, place.site, place.division, fetched.stream),
        packed=pack(records.encoder.encode(message)),
        headers={
            topics.CUSTOMER: place.customer,
            topics.STREAM: fetched.stream,
            topics.DIVISION: place.text,
            CALL: call,
        },
    )
