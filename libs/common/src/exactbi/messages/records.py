"""`RecordsFetched` on raw-records: a chunk of one fetched page, each record as Exact sent it."""

from __future__ import annotations

import msgspec


class FetchedRecord(msgspec.Struct, frozen=True, array_like=True):
    """One record. `body` is the record's JSON as Exact sent it, `null` when deleted.

    `version` is Exact's Timestamp (sync streams, and the delete's own Timestamp) or an observation number (others).
    `id` is a GUID in lower case; uuid5 of the key for entities without one.
    """

    id: str
    version: int
    deleted: bool
    parent: str | None
    body: msgspec.Raw


class RecordsFetched(msgspec.Struct, frozen=True, kw_only=True):
    """At most 500 records and about 900 KB of one page of one stream."""

    version: int = 1
    customer: str
    site: str
    division: int
    """Exact's division code; 0 for the pseudo-stream `static`."""
    stream: str
    generation: int
    """The stream's generation when the page was asked for; 0 for streams versioned by observation."""
    seen: int
    """What `seen` of the gate rises to: the generation (sync streams) or the observation number (others)."""
    fetched_at: str
    """ISO 8601 UTC, our clock, when the answer came."""
    call: str
    """The id of the call that fetched the page."""
    records: list[FetchedRecord]


encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(RecordsFetched)
