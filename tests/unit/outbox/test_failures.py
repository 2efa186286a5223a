"""Reports of failures."""

from __future__ import annotations

from dataclasses import replace

from exactbi.errors import MAP_FIELD, UNDECODABLE, PermanentError
from exactbi.kafka.subscription import Message
from exactbi.messages import failures as header
from exactbi.messages import topics
from exactbi.outbox.failures import FailedRecord, failure_event, origin_event

ORIGIN = Message(
    topics.RAW_RECORDS,
    b"acme/nl/1/GLAccounts",
    b"packed",
    {topics.CUSTOMER: "acme", topics.CHUNK: "7", topics.EVENT: "a8b7c1f2-0000-4000-8000-000000000001", "call": "c1"},
    0,
    0,
)
RECORD = FailedRecord(3, "GLAccounts", "nl/1", "0b0e", 1, 20, b"chunk of one", "Code")
ERROR = PermanentError(MAP_FIELD, "no number")


def test_a_report_carries_the_origins_bytes_and_key_and_its_own_headers() -> None:
    event = failure_event(ORIGIN, ERROR, "transformer", at=0.0)

    assert (event.topic, event.key, event.packed) == (topics.FAILURES, ORIGIN.key, b"packed")
    assert event.headers[header.CODE] == "MAP_FIELD"
    assert event.headers[header.ORIGIN_CHUNK] == "7"
    assert event.headers[header.ORIGIN_TOPIC] == topics.RAW_RECORDS
    assert event.headers["call"] == "c1"
    assert topics.CHUNK not in event.headers
    assert topics.EVENT not in event.headers


def test_a_record_is_reported_as_its_chunk_of_one() -> None:
    event = failure_event(ORIGIN, ERROR, "transformer", at=0.0, record=RECORD, revisions=(4, 0))

    assert event.packed == b"chunk of one"
    assert event.headers[header.RECORD] == "0b0e"
    assert event.headers[header.VERSION] == "20"
    assert event.headers[header.MAPPING_REV] == "4"


def test_the_same_defect_is_the_same_failure_and_the_same_report_the_same_event() -> None:
    first = failure_event(ORIGIN, ERROR, "transformer", at=0.0, record=RECORD)
    again = failure_event(ORIGIN, PermanentError(UNDECODABLE, "other words"), "transformer", at=9.0, record=RECORD)

    assert first.headers[header.FAILURE_ID] == again.headers[header.FAILURE_ID]
    assert first.event_id == again.event_id


def test_other_revisions_or_another_replay_make_a_new_report_of_the_same_failure() -> None:
    first = failure_event(ORIGIN, ERROR, "transformer", at=0.0, record=RECORD, revisions=(1, 0))
    mended = failure_event(ORIGIN, ERROR, "transformer", at=0.0, record=RECORD, revisions=(2, 0))
    replayed = failure_event(
        replace(ORIGIN, headers={**ORIGIN.headers, header.REPLAY_ID: "5"}), ERROR, "transformer", at=0.0, record=RECORD
    )

    assert len({event.headers[header.FAILURE_ID] for event in (first, mended, replayed)}) == 1
    assert len({first.event_id, mended.event_id, replayed.event_id}) == 3


def test_a_message_without_an_event_id_gets_one_from_its_bytes() -> None:
    bare = replace(ORIGIN, headers={})

    assert origin_event(bare) == origin_event(replace(bare, offset=99))
    assert origin_event(bare) != origin_event(replace(bare, packed=b"others"))


def test_the_errors_text_is_cut() -> None:
    event = failure_event(ORIGIN, PermanentError(MAP_FIELD, "x" * 5000), "transformer", at=0.0)

    assert len(event.headers[header.MESSAGE]) == 1000
