"""Exact's dialect: addresses, the three shapes of an answer, links, deletes and errors."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from exactbi.errors import PermanentError, TransientError
from exactbi.exact_online import protocol
from exactbi.exact_online.limits import URL_LENGTH
from exactbi.exact_online.protocol import KEYS_PER_URL, by_keys_url, first_page_url, parse_deleted, parse_page
from exactbi.exact_online.sites import base_url
from exactbi.exact_online.streams import BY_TOPIC, COSTCENTERS, DELETED, GL_ACCOUNTS, STREAMS, TRANSACTION_LINES, Stream

PERSONAL = ("Name", "FullName", "Creator", "Modifier", "Email", "Phone", "DeletedBy")
LINE = b'{"ID":"0B1C","Timestamp":"387","EntryID":"E0F1","AmountDC":1234567.8900}'
LINK = "https://start.exactonline.nl/api/v1/1/sync/Financial/TransactionLines?$filter=x&$skiptoken=387L"


def page(*rows: bytes, link: str | None = LINK) -> bytes:
    tail = b"" if link is None else b',"__next":' + json.dumps(link).encode()
    return b'{"d":{"results":[' + b",".join(rows) + b"]" + tail + b"}}"


def test_a_numbers_text_survives_the_parsing_of_a_page() -> None:
    record = parse_page(TRANSACTION_LINES, page(LINE)).records[0]
    assert bytes(record.raw) == LINE


def test_a_record_has_its_id_timestamp_and_parent_in_lower_case() -> None:
    record = parse_page(TRANSACTION_LINES, page(LINE)).records[0]
    assert (record.id, record.timestamp, record.parent) == ("0b1c", 387, "e0f1")


def test_an_int64_may_come_as_a_number_too() -> None:
    record = parse_page(GL_ACCOUNTS, page(b'{"ID":"A","Timestamp":9007199254740993}')).records[0]
    assert record.timestamp == 9007199254740993


@pytest.mark.parametrize("body", [page(b'{"ID":"A"}', link=None), b'{"d":[{"ID":"A"}]}', b'{"d":{"ID":"A"}}'])
def test_all_three_shapes_of_an_answer_are_read(body: bytes) -> None:
    found = parse_page(COSTCENTERS, body)
    assert [record.id for record in found.records] == ["a"]
    assert found.next is None


def test_an_empty_page_has_no_records_and_no_link() -> None:
    assert parse_page(COSTCENTERS, b'{"d":{"results":[]}}').records == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>maintenance</html>", b"\n <?xml?>", page(LINE)[:-9], b'{"e":1}', b"null"]
)
def test_a_body_that_is_no_whole_answer_is_mended_by_time(body: bytes) -> None:
    with pytest.raises(TransientError):
        parse_page(TRANSACTION_LINES, body)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb"cut \ud83d", "cut \ufffd"),
        (rb"\uDE00 end", "\ufffd end"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"C:\\ud83d \ud83dx", "C:\\ud83d \ufffdx"),
        (rb"whole \ud83d\ude00", "whole \U0001f600"),
    ],
)
def test_half_a_character_spoils_itself_and_not_its_page(sent: bytes, read: str) -> None:
    found = parse_page(TRANSACTION_LINES, page(LINE, b'{"ID":"B","Timestamp":"388","Description":"' + sent + b'"}'))
    assert bytes(found.records[0].raw) == LINE
    assert json.loads(bytes(found.records[1].raw))["Description"] == read


def test_a_record_without_id_is_refused() -> None:
    with pytest.raises(PermanentError):
        parse_page(COSTCENTERS, page(b'{"Code":"1"}'))


@pytest.mark.parametrize(
    ("token", "read"),
    [
        ("387L", "387"),
        ("387", "387"),
        ("guid'0b1c'", "guid'0b1c'"),
        ("guid%270b1c%27", "guid'0b1c'"),
        ("'10',6,2014", "'10',6,2014"),
    ],
)
def test_the_skip_token_is_read_from_the_link(token: str, read: str) -> None:
    found = parse_page(TRANSACTION_LINES, page(LINE, link=f"https://x/y?$filter=a&$skiptoken={token}"))
    assert found.skip_token == read


def test_deletes_are_given_to_their_streams_by_entity_type() -> None:
    rows = [b'{"Timestamp":"%d","EntityType":%d,"EntityKey":"K%d"}' % (n, kind, n) for n, kind in enumerate((1, 7, 2))]
    found = parse_deleted(page(*rows))
    assert {name: [entry.id for entry in entries] for name, entries in found.by_stream().items()} == {
        "TransactionLines": ["k0"],
        "GLAccounts": ["k1"],
    }
    assert [entry.timestamp for entry in found.entries] == [0, 1, 2]


def test_a_sync_stream_is_read_from_a_timestamp() -> None:
    url = first_page_url(TRANSACTION_LINES, base_url("be"), 12, since=387)
    assert url.startswith("https://start.exactonline.be/api/v1/12/sync/Financial/TransactionLines?")
    assert "$filter=Timestamp gt 387L&" in unquote(url)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
def test_no_declared_field_is_about_a_person(stream: Stream) -> None:
    assert not [field for field in stream.fields if field.endswith(PERSONAL)]


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
def test_the_longest_address_of_a_stream_is_short_enough(stream: Stream) -> None:
    keys = ["0b6d5f4e-1111-2222-3333-444455556666"] * KEYS_PER_URL
    longest = max(
        by_keys_url(stream, base_url("uk"), 99_999_999, keys), first_page_url(stream, base_url("uk"), 9, 2**63), key=len
    )
    assert len(longest) < URL_LENGTH


def test_normal_endpoints_are_not_asked_for_timestamps() -> None:
    assert "Timestamp" not in by_keys_url(GL_ACCOUNTS, base_url("nl"), 1, ["k"])


def test_topics_lead_to_streams() -> None:
    assert BY_TOPIC["SalesEntries"] == (TRANSACTION_LINES,)
    assert BY_TOPIC["GLAccounts"] == (GL_ACCOUNTS,)
    assert DELETED not in [stream for streams in BY_TOPIC.values() for stream in streams]


def test_an_errors_message_is_one_short_line() -> None:
    body = b'{"error":{"code":"","message":{"lang":"","value":"Please add\\r\\n a $select"}}}'
    assert protocol.error_message(body) == "Please add a $select"
    assert protocol.error_message(b"<html>") == ""
    assert len(protocol.error_message(b"x" * 9_000)) == 300
