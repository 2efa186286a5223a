"""Reports of rows that can't be delivered: each names the record whose mapping made the row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from exactbi.errors import DUPLICATE_KEY, PBI_REFUSED, PermanentError
from exactbi.kafka.subscription import Message
from exactbi.messages import records, topics
from exactbi.messages.packing import pack, unpack
from exactbi.outbox.failures import FailedRecord, failure_event
from exactbi.outbox.write import Outgoing

if TYPE_CHECKING:
    import asyncpg

    from pbi_pusher.books import Connection, Sink

STAGE: Final = "deliver"

_ORIGINS: Final = """
select w.row_id, w.stream, w.tbl, w.record::text as record, w.dim_key, v.site || '/' || v.code as division,
  coalesce(r.generation, 0) as generation, coalesce(r.version, 0) as version,
  coalesce(r.mapping_rev, 0) as mapping_rev, coalesce(r.reference_rev, 0) as reference_rev,
  o.id as chunk, o.event_id::text as event_id, o.topic, o.key, o.headers::text as headers, o.value
from row_wanted w
join division v on v.id = w.division
left join record r on r.dataset = w.dataset and r.stream = w.stream and r.division = w.division and r.record = w.record
left join row_image i on i.image = w.image
join outbox o on o.id = coalesce(i.chunk, r.chunk)
where w.row_id = any($1::bigint[])"""


async def refusal_event(connection: Connection, sink: Sink, row: int, image: int | None, at: float) -> list[Outgoing]:
    """The report that Power BI refused a row; none where nothing is known of its record any more."""
    why = "the row was refused" if image is not None else "the removal of the row was refused"
    return [
        _event(sink, origin, PermanentError(PBI_REFUSED, f"{origin['tbl']}: {why}"), at)
        for origin in await connection.fetch(_ORIGINS, [row])
    ]


async def duplicate_events(connection: Connection, sink: Sink, rows: Sequence[int], at: float) -> list[Outgoing]:
    """The reports that rows have the dimension key of another live row; the same report is written once."""
    return [
        _event(sink, origin, PermanentError(DUPLICATE_KEY, f"{origin['tbl']}: key {origin['dim_key']!r}"), at)
        for origin in await connection.fetch(_ORIGINS, list(rows))
    ]


def _event(sink: Sink, origin: asyncpg.Record, error: PermanentError, at: float) -> Outgoing:
    headers = json.loads(origin["headers"])
    headers |= {topics.CHUNK: str(origin["chunk"]), topics.EVENT: origin["event_id"]}
    message = Message(origin["topic"], origin["key"], origin["value"], headers, 0, 0)
    failed = FailedRecord(
        sink.dataset,
        origin["stream"],
        origin["division"],
        origin["record"],
        origin["generation"],
        origin["version"],
        _alone(origin["value"], origin["record"]),
    )
    revisions = (origin["mapping_rev"], origin["reference_rev"])
    return failure_event(message, error, STAGE, at=at, record=failed, revisions=revisions)


def _alone(packed: bytes, record: str) -> bytes:
    """The chunk with one record only, as it would be replayed."""
    chunk = records.decoder.decode(unpack(packed))
    alone = [fetched for fetched in chunk.records if fetched.id == record]
    return pack(records.encoder.encode(msgspec.structs.replace(chunk, records=alone)))
