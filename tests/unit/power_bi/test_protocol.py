"""What Power BI's answers mean, and what we send."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exactbi.errors import TransientError
from exactbi.power_bi import queries
from exactbi.power_bi.limits import retry_after
from exactbi.power_bi.protocol import (
    AnswerError,
    Api,
    Meaning,
    parse_created,
    parse_datasets,
    parse_rows,
    rows_body,
    verdict,
)


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (200, b"", Meaning.DONE),
        (201, b"{}", Meaning.DONE),
        (200, b'{"message":"API is not accessible for application"}', Meaning.FORBIDDEN),
        (400, b'{"error":{"code":"BadRequest"}}', Meaning.REFUSED),
        (413, b"", Meaning.REFUSED),
        (401, b"", Meaning.EXPIRED),
        (401, b'{"error":{"code":"PowerBINotAuthorizedException"}}', Meaning.FORBIDDEN),
        (401, b'{"Message":"API is not accessible for application"}', Meaning.FORBIDDEN),
        (403, b'{"error":{"code":"TokenExpired"}}', Meaning.EXPIRED),
        (403, b"", Meaning.FORBIDDEN),
        (404, b'{"error":{"code":"PowerBIEntityNotFound"}}', Meaning.NOT_FOUND),
        (415, b'{"error":{"code":"InvalidRequest"}}', Meaning.NOT_FOUND),
        (429, b"", Meaning.THROTTLED),
        (408, b"", Meaning.UNCLEAR),
        (500, b"<html>", Meaning.UNCLEAR),
        (503, b"", Meaning.UNCLEAR),
    ],
)
def test_an_answer_means_what_its_text_and_status_say(status: int, body: bytes, meaning: Meaning) -> None:
    assert verdict(status, body).meaning is meaning


def test_addresses_are_encoded() -> None:
    api = Api("https://api.powerbi.com/", "w")
    assert api.post_rows("d", "GL Lines", b"").url == (
        "https://api.powerbi.com/v1.0/myorg/groups/w/datasets/d/tables/GL%20Lines/rows"
    )
    assert api.create_dataset({"name": "x"}).url.endswith("/groups/w/datasets?defaultRetentionPolicy=None")


def test_fractions_keep_their_digits() -> None:
    body = b'{"results":[{"tables":[{"rows":[{"[a]":922337203685477.5807,"[n]":null,"[i]":3}]}]}]}'
    row = parse_rows(body)[0]
    assert row["[a]"] == Decimal("922337203685477.5807")
    assert queries.units(row, "[a]") == 9_223_372_036_854_775_807
    assert queries.whole_number(row, "[n]") == 0


def test_a_result_that_was_cut_off_is_an_error_though_the_status_is_200() -> None:
    with pytest.raises(AnswerError) as cut:
        parse_rows(b'{"results":[{"tables":[{"rows":[]}],"error":{"code":"x"}}]}')
    assert cut.value.truncated


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"results":[]}', b'{"results":[{"tables":[]}]}'])
def test_an_answer_that_is_none_is_an_error(body: bytes) -> None:
    with pytest.raises(AnswerError):
        parse_rows(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"\xff", b'{"value":[{"id":1}]}'])
def test_a_list_that_can_not_be_read_is_asked_for_again(body: bytes) -> None:
    for parse in (parse_datasets, parse_created):
        with pytest.raises(TransientError):
            parse(body)


def test_rows_are_joined_as_they_are() -> None:
    assert rows_body(['{"a":1}', '{"a":2}']) == b'{"rows":[{"a":1},{"a":2}]}'


def test_queries_name_tables_and_columns_as_dax_does() -> None:
    assert queries.totals("O'Hara", ["_A"], queries.leaving_out("O'Hara", {2, 1})) == (
        "EVALUATE CALCULATETABLE(ROW(\"rows\", COUNTROWS('O''Hara'), \"items\", DISTINCTCOUNT('O''Hara'[_ord]), "
        "\"_sign\", SUM('O''Hara'[_sign]), \"_batch\", SUM('O''Hara'[_batch]), \"_ord\", SUM('O''Hara'[_ord]), "
        "\"_row\", SUM('O''Hara'[_row]), \"_A\", SUM('O''Hara'[_A])), NOT 'O''Hara'[_batch] IN {1, 2})"
    )
    assert queries.leaving_out("T", []) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3392", 3392.0), ("Tue, 24 Nov 2026 12:00:10 GMT", 10.0), ("soon", None), ("", None)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, 1_795_521_600.0) == seconds
