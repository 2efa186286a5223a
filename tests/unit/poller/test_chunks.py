"""Slicing a page."""

from __future__ import annotations

import msgspec

from exactbi.messages import records, topics
from exactbi.messages.packing import unpack
from exactbi.messages.records import FetchedRecord
from poller.chunks import Fetched, Place, chunks, deleted, slices

PLACE = Place("demo", "nl", 100001)


def record(number: int, size: int = 10) -> FetchedRecord:
    return FetchedRecord(str(number), number, False, None, msgspec.Raw(b'"' + b"x" * (size - 2) + b'"'))


def test_a_chunk_holds_500_records_at_most() -> None:
    assert [len(part) for part in slices([record(n) for n in range(1001)])] == [500, 500, 1]


def test_a_chunk_holds_900_kb_at_most() -> None:
    assert [len(part) for part in slices([record(n, 400_000) for n in range(5)])] == [2, 2, 1]


def test_a_larger_record_is_a_chunk_of_its_own() -> None:
    assert [len(part) for part in slices([record(1), record(2, 2_000_000), record(3)])] == [1, 1, 1]


def test_nothing_becomes_no_chunk() -> None:
    assert list(slices([])) == []


def test_bodies_travel_byte_for_byte() -> None:
    body = msgspec.Raw(b'{"AmountDC":1.10, "ID":"A"}')
    fetched = Fetched("GLAccounts", 2, 2, [FetchedRecord("a", 7, False, None, body), deleted("b", 8)])
    (chunk,) = chunks(PLACE, fetched, "call", 1.0, "1|0|0")
    message = records.decoder.decode(unpack(chunk.packed))
    assert [bytes(one.body) for one in message.records] == [bytes(body), b"null"]
    assert chunk.key == b"demo/nl/100001/GLAccounts"
    assert chunk.headers[topics.DIVISION] == "nl/100001"


def test_the_same_page_of_a_run_has_the_same_ids_and_another_has_others() -> None:
    fetched = Fetched("GLAccounts", 2, 2, [record(n) for n in range(501)])
    first = [chunk.event_id for chunk in chunks(PLACE, fetched, "call", 1.0, "1|0|0")]
    again = [chunk.event_id for chunk in chunks(PLACE, fetched, "another", 2.0, "1|0|0")]
    restarted = [chunk.event_id for chunk in chunks(PLACE, fetched, "call", 1.0, "1|1|0")]
    assert first == again
    assert len({*first, *restarted}) == 4
