"""Requests of a run, and answers read."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from exactbi.errors import PermanentError
from exactbi.exact_online.streams import STREAMS
from exactbi.work import rules
from poller import answers, cursor, page, passes
from poller.answers import Stamp
from poller.run import Run
from poller.stream import StreamState

STAMP = Stamp({"GLAccounts": 3, "TransactionLines": 5}, 77)
BASE = "https://start.exactonline.nl"


def run(kind: str = rules.INCREMENTAL, start: int = 5, **fields: object) -> Run:
    return Run(1, "GLAccounts", kind, "", 1, cursor.begin(start), **fields)  # type: ignore[arg-type]


def body(*rows: Mapping[str, object]) -> bytes:
    return json.dumps({"d": {"results": rows}}).encode()


def test_a_sync_stream_is_polled_past_its_start() -> None:
    assert "Timestamp%20gt%205L" in answers.url(run(), STREAMS["GLAccounts"], BASE, 1, 600.0)


def test_a_link_never_leads_to_another_host() -> None:
    link = "https://evil.test/api/v1/1/sync/Financial/GLAccounts?$skiptoken=7L"
    url = answers.url(run(position=link), STREAMS["GLAccounts"], BASE, 1, 600.0)
    assert url == BASE + "/api/v1/1/sync/Financial/GLAccounts?$skiptoken=7L"


def test_a_modified_filter_reaches_back_by_the_overlap_and_late() -> None:
    since = run(since=1_800_000_000.0)
    url = answers.url(since, STREAMS["Costcenters"], BASE, 1, 600.0)
    assert "2027-01-15T06:50:00" in url


def test_sync_records_carry_generation_timestamp_and_parent() -> None:
    row = {"ID": "A1", "Timestamp": "9", "EntryID": "E1"}
    parsed = answers.read_page(STREAMS["TransactionLines"], body(row), STAMP)
    (fetched,) = parsed.fetched
    assert (fetched.generation, fetched.seen) == (5, 5)
    assert [(r.id, r.version, r.parent) for r in fetched.records] == [("a1", 9, "e1")]
    assert parsed.page.timestamps == [9]


def test_a_sync_record_without_a_timestamp_is_refused() -> None:
    with pytest.raises(PermanentError):
        answers.read_page(STREAMS["GLAccounts"], body({"ID": "a"}), STAMP)


def test_other_records_carry_the_number_of_the_request() -> None:
    parsed = answers.read_page(STREAMS["Costcenters"], body({"ID": "a"}), STAMP)
    (fetched,) = parsed.fetched
    assert (fetched.generation, fetched.seen, fetched.records[0].version) == (0, 77, 77)


def test_log_entries_are_split_by_stream_and_stamped_with_its_generation() -> None:
    rows = [
        {"EntityType": 7, "EntityKey": "A", "Timestamp": "1"},
        {"EntityType": 1, "EntityKey": "B", "Timestamp": "2"},
        {"EntityType": 2, "EntityKey": "C", "Timestamp": "3"},
    ]
    parsed = answers.read_page(STREAMS["Deleted"], body(*rows), STAMP)
    assert {(f.stream, f.generation, f.records[0].id, f.records[0].version) for f in parsed.fetched} == {
        ("GLAccounts", 3, "a", 1), ("TransactionLines", 5, "b", 2),
    }  # fmt: skip
    assert parsed.page.timestamps == [1, 2, 3]


def test_keys_that_an_answer_lacks_are_deleted_at_its_number() -> None:
    parsed = answers.read_by_key(STREAMS["Costcenters"], body({"ID": "a"}), STAMP, ["a", "b"])
    assert [(r.id, r.version, r.deleted) for r in parsed.fetched[0].records] == [("a", 77, False), ("b", 77, True)]


def test_a_sync_record_by_key_is_newer_than_the_generation_before_and_older_than_the_stream() -> None:
    parsed = answers.read_by_key(STREAMS["GLAccounts"], body({"ID": "a"}), STAMP, ["a"])
    assert (parsed.fetched[0].generation, parsed.fetched[0].records[0].version) == (3, 0)


def test_a_pass_that_begins_raises_the_generation_of_a_sync_stream_only() -> None:
    before = StreamState("S", generation=4, cursor=9, mark=8, passed_at=1.0)
    assert passes.begin(before, rules.RESYNC, is_sync=True).stream.generation == 5
    assert passes.begin(before, rules.RESYNC, is_sync=True).stream.cursor == 9
    assert passes.begin(before, rules.SNAPSHOT, is_sync=False).generation == 0


def test_a_pass_that_fixes_everything_anew_holds_back_polls() -> None:
    begun = passes.begin(StreamState("S", cursor=9, mark=8, passed_at=1.0), rules.MOVED, is_sync=True).stream
    assert (begun.cursor, begun.mark, begun.loaded) == (0, 0, False)


def test_a_call_is_timed_by_exacts_clock_and_never_too_narrowly() -> None:
    at = page.times(took=2.0, received=12.0, exact=500.0)
    assert (at.begun, at.completed) == (497.0, 501.0)
    assert page.times(2.0, 12.0, None).completed == 13.0
