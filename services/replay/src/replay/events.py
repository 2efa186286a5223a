"""What a failure is replayed as. [no I/O]"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from exactbi.messages import changes, records, topics
from exactbi.messages.failures import NAMESPACE, REPLAY_ID
from exactbi.messages.packing import pack, unpack
from exactbi.outbox.outgoing import Outgoing


@dataclass(frozen=True)
class Origin:
    """What failed: the message, or the record of it as a chunk of one."""

    failure: uuid.UUID
    topic: str
    event_id: uuid.UUID
    key: bytes
    packed: bytes
    headers: Mapping[str, str]
    customer: str
    stream: str
    division: str
    record: str


def as_is(origin: Origin, replay: int) -> Outgoing:
    """The same bytes to the same topic. A new event, so that it is awaited and reported for itself."""
    return Outgoing(
        event_id=uuid.uuid5(origin.event_id, f"{origin.failure}|{replay}"),
        topic=origin.topic,
        key=origin.key,
        packed=origin.packed,
        headers={**origin.headers, REPLAY_ID: str(replay)},
    )


def from_raw_chunk(origin: Origin, key: bytes, packed: bytes, headers: Mapping[str, str]) -> Origin:
    """A failure of mapped rows goes back to the raw chunk that they came from: it is mapped anew.

    Only the record that failed is taken of the chunk, where one is named.
    """
    if origin.record:
        fetched = records.decoder.decode(unpack(packed))
        only = [record for record in fetched.records if record.id == origin.record]
        packed = pack(records.encoder.encode(msgspec.structs.replace(fetched, records=only)))
    return replace(origin, topic=topics.RAW_RECORDS, key=key, packed=packed, headers=headers)


def refetch(origin: Origin, replay: int, now: float) -> Outgoing:
    """Ask Exact for the record (or, without one, for the stream) as it is now."""
    site, _, code = origin.division.partition("/")
    change = changes.ChangesNotified(
        customer=origin.customer,
        site=site,
        division=int(code or 0),
        stream=origin.stream,
        keys=[changes.ChangedKey(origin.record, "upsert")] if origin.record else [],
        origin="replay",
        noticed_at=now,
    )
    return Outgoing(
        event_id=uuid.uuid5(NAMESPACE, f"refetch|{origin.failure}|{replay}"),
        topic=topics.ENTITY_KEYS,
        key=topics.division_key(origin.customer, site, int(code or 0)),
        packed=pack(changes.encoder.encode(change)),
        headers={
            topics.CUSTOMER: origin.customer,
            topics.STREAM: origin.stream,
            topics.DIVISION: origin.division,
            REPLAY_ID: str(replay),
        },
    )
