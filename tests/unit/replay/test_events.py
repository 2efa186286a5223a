"""What a failure is replayed as."""

from __future__ import annotations

import uuid

import msgspec

from exactbi.messages import changes, records, topics
from exactbi.messages.failures import REPLAY_ID
from exactbi.messages.packing import pack, unpack
from replay.events import Origin, as_is, from_raw_chunk, refetch

FAILURE = uuid.UUID(int=1)
RECORD = "00000000-0000-4000-8000-000000000002"
ORIGIN = Origin(
    FAILURE,
    topics.RAW_RECORDS,
    uuid.UUID(int=2),
    b"key",
    b"packed",
    {"customer": "acme"},
    "acme",
    "GLAccounts",
    "nl/7",
    RECORD,
)


def test_as_is_publishes_the_same_bytes_as_a_new_event() -> None:
    event = as_is(ORIGIN, 9)

    assert (event.topic, event.key, event.packed) == (topics.RAW_RECORDS, b"key", b"packed")
    assert event.headers == {"customer": "acme", REPLAY_ID: "9"}
    assert event.event_id != ORIGIN.event_id
    assert event.event_id == as_is(ORIGIN, 9).event_id
    assert event.event_id != as_is(ORIGIN, 10).event_id


def test_refetch_asks_for_the_record_by_its_key() -> None:
    change = changes.decoder.decode(unpack(refetch(ORIGIN, 9, 5.0).packed))

    assert (change.customer, change.site, change.division, change.stream) == ("acme", "nl", 7, "GLAccounts")
    assert change.keys == [changes.ChangedKey(RECORD, "upsert")]
    assert change.origin == "replay"


def test_mapped_rows_go_back_to_their_raw_chunk_with_the_failed_record_alone() -> None:
    fetched = records.RecordsFetched(
        customer="acme", site="nl", division=7, stream="GLAccounts", generation=1, seen=1, fetched_at="", call="c",
        records=[records.FetchedRecord(name, 5, False, None, msgspec.Raw(b'{"n":1.50}')) for name in ("other", RECORD)],
    )  # fmt: skip

    origin = from_raw_chunk(ORIGIN, b"raw key", pack(records.encoder.encode(fetched)), {"call": "c"})

    assert (origin.topic, origin.key, origin.headers) == (topics.RAW_RECORDS, b"raw key", {"call": "c"})
    only = records.decoder.decode(unpack(origin.packed)).records
    assert [record.id for record in only] == [RECORD]
    assert bytes(only[0].body) == b'{"n":1.50}'
