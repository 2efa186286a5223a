"""POST rows and DELETE rows: what a row may hold, and what is kept of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import JSON, Twin, table

EVERY = table("T", i="Int64", d="Decimal", x="Double", b="Boolean", t="DateTime", s="String")
ACCOUNTS = table("Accounts", Code="String", Name="String")
LINES = table("Lines", Code="String")
LINK = {"name": "r", "fromTable": "Lines", "fromColumn": "Code", "toTable": "Accounts", "toColumn": "Code"}


async def refusal(power_bi: Twin, row: dict[str, Any] | str, part: str = "") -> None:
    answer = await power_bi.post("T", row)
    assert answer.status_code == 400, answer.text
    assert part in answer.json()["error"]["message"]


async def test_rows_are_kept_as_they_were_posted(power_bi: Twin) -> None:
    await power_bi.create(EVERY)
    row = '{"d":12.3400, "s":"é\\n\\u20ac", "i":null}'
    answer = await power_bi.post("T", row, "{}")
    kept = await power_bi.control.get("/control/rows/exactbi/T")

    assert (answer.status_code, answer.content) == (200, b"")
    assert kept.text.splitlines() == [row, "{}"]


async def test_a_row_over_several_lines_is_listed_on_one(power_bi: Twin) -> None:
    await power_bi.create(EVERY)
    await power_bi.post("T", '{\n "i": 1\n}')

    assert (await power_bi.control.get(f"/control/rows/{power_bi.dataset}/T")).text == '{"i":1}\n'


@pytest.mark.parametrize(
    "row",
    [
        {"i": "1"},
        {"i": 1.5},
        {"i": True},
        {"d": "1"},
        {"x": "1"},
        {"b": 1},
        {"b": "true"},
        {"t": 20260301},
        {"t": "yesterday"},
        {"t": "2026-02-30"},
        {"t": "0001-01-01T00:00:00+14:00"},
        {"s": 1},
    ],
)
@proves(RULES["rows.type"])
async def test_a_value_of_another_type_is_refused(power_bi: Twin, row: dict[str, Any]) -> None:
    await power_bi.create(EVERY)

    await refusal(power_bi, row, "Column '<pi>")


@pytest.mark.parametrize("value", [-(2**63), 2**63 - 1, 2**70])
@proves(RULES["rows.int64"])
async def test_the_ends_of_int64_are_refused(power_bi: Twin, value: int) -> None:
    await power_bi.create(EVERY)

    await refusal(power_bi, {"i": value})


@pytest.mark.parametrize("value", ["1e400", "-1e400", "9" * 400, "1.7976931348623157e308"])
@proves(RULES["rows.double"])
async def test_a_double_is_finite(power_bi: Twin, value: str) -> None:
    await power_bi.create(EVERY)

    await refusal(power_bi, f'{{"x":{value}}}')


@pytest.mark.parametrize("text", ["1899-12-31", "0001-01-01T00:00:00", "9999-12-31T23:59:59.9999"])
@proves(RULES["rows.date"])
async def test_a_date_is_from_1900_to_9999(power_bi: Twin, text: str) -> None:
    await power_bi.create(EVERY)

    await refusal(power_bi, {"t": text}, "1900")
    assert (await power_bi.post("T", {"t": "1900-01-01"}, {"t": "9999-12-31T23:59:59"})).status_code == 200


@pytest.mark.parametrize("value", ["1.00005", "1e-5", "922337203685477.5808", "1e400", "1e999999999"])
@proves(RULES["rows.scale"])
async def test_a_decimal_has_four_decimals_and_its_range(power_bi: Twin, value: str) -> None:
    await power_bi.create(EVERY)

    await refusal(power_bi, f'{{"d":{value}}}')


@pytest.mark.parametrize("value", ["1.0001", "-0.5", "7", "1.50000", "1e2", "922337203685477.5806"])
async def test_such_a_decimal_is_kept_exactly(power_bi: Twin, value: str) -> None:
    await power_bi.create(EVERY)
    await power_bi.post("T", f'{{"d":{value}}}')

    assert (await power_bi.result("EVALUATE ROW(\"d\", SUM('T'[d]))"))[0]["[d]"] == pytest.approx(float(value))


@pytest.mark.parametrize("text", ["x" * 4001, "😀" * 2001])
@proves(RULES["rows.string"])
async def test_a_longer_text_is_refused(power_bi: Twin, text: str) -> None:
    await power_bi.create(EVERY)

    await refusal(power_bi, {"s": text})


@pytest.mark.parametrize("text", ["x" * 4000, "é" * 4000, "😀" * 2000])
async def test_a_text_of_the_longest_length_is_taken(power_bi: Twin, text: str) -> None:
    await power_bi.create(EVERY)

    assert (await power_bi.post("T", {"s": text})).status_code == 200


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("07/30/2014", "2014-07-30T00:00:00"),
        ("2026-03-29", "2026-03-29T00:00:00"),
        ("2026-03-29T02:30:00", "2026-03-29T02:30:00"),
        ("2026-03-29T02:30:00Z", "2026-03-29T02:30:00"),
        ("2026-03-29T02:30:00+02:00", "2026-03-29T00:30:00"),
        ("2026-03-29T00:00:00.005", "2026-03-29T00:00:00.007"),
    ],
)
async def test_dates_are_read_and_rounded_to_a_three_hundredth_of_a_second(
    power_bi: Twin, text: str, shown: str
) -> None:
    await power_bi.create(EVERY)
    await power_bi.post("T", {"t": text})

    assert await power_bi.result("EVALUATE ROW(\"t\", MAX('T'[t]))") == [{"[t]": shown}]


@proves(RULES["rows.column"])
async def test_an_unknown_column_is_refused(power_bi: Twin) -> None:
    await power_bi.create(EVERY)

    await refusal(power_bi, {"i": 1, "I": 1}, "'<pi>I</pi>'")


@pytest.mark.parametrize("body", ["{", "[]", '{"rows":{}}', '{"rows":[1]}', '{"row":[]}'])
@proves(RULES["rows.json"])
async def test_a_body_that_is_no_list_of_rows_is_refused(power_bi: Twin, body: str) -> None:
    await power_bi.create(EVERY)
    answer = await power_bi.data.post(f"{power_bi.at}/tables/T/rows", content=body, headers=JSON)

    assert answer.status_code == 400


@proves(RULES["rows.count"])
async def test_ten_thousand_rows_are_taken_and_no_more(power_bi: Twin) -> None:
    await power_bi.create(EVERY)
    most = await power_bi.post("T", *["{}"] * 10_000)
    more = await power_bi.post("T", *["{}"] * 10_001)

    assert [most.status_code, more.status_code] == [200, 400]


@proves(RULES["rows.body"])
async def test_sixteen_megabytes_are_taken_and_no_more(power_bi: Twin) -> None:
    await power_bi.create(EVERY)
    row = '{"s":"x"}'
    padding = " " * (16 * 1024 * 1024 - len(f'{{"rows":[{row}]}}'))
    most = await power_bi.post("T", padding + row)
    more = await power_bi.post("T", padding + " " + row)

    assert [most.status_code, more.status_code] == [200, 413]


@proves(RULES["rows.key"])
async def test_the_one_side_of_a_relationship_has_a_key_once(power_bi: Twin) -> None:
    await power_bi.create(LINES, ACCOUNTS, relationships=[LINK])
    first = await power_bi.post("Accounts", {"Code": "a"}, {"Code": "b"})
    again = await power_bi.post("Accounts", {"Code": "c"}, {"Code": "A"})
    within = await power_bi.post("Accounts", {"Code": "d"}, {"Code": "d"})
    many = await power_bi.post("Lines", {"Code": "a"}, {"Code": "a"})
    await power_bi.clear("Accounts")
    after = await power_bi.post("Accounts", {"Code": "a"})

    answers: list[httpx.Response] = [first, again, within, many, after]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 200, 200]


async def test_as_a_setting_keys_may_repeat(power_bi: Twin) -> None:
    await power_bi.set(duplicate_keys="accept")
    await power_bi.create(LINES, ACCOUNTS, relationships=[LINK])

    assert (await power_bi.post("Accounts", {"Code": "a"}, {"Code": "a"})).status_code == 200


async def test_a_delete_takes_all_rows_of_its_table_only(power_bi: Twin) -> None:
    await power_bi.create(LINES, ACCOUNTS)
    await power_bi.post("Lines", {"Code": "a"})
    await power_bi.post("Accounts", {"Code": "a"})
    answer = await power_bi.clear("Lines")

    assert answer.status_code == 200
    assert (await power_bi.rows("Lines"), len(await power_bi.rows("Accounts"))) == ([], 1)


@proves(RULES["auth.role"])
async def test_a_viewer_writes_nothing_and_queries_nothing(power_bi: Twin) -> None:
    await power_bi.create(EVERY)
    await power_bi.set(role="Viewer")
    post, query = await power_bi.post("T", {"i": 1}), await power_bi.query("EVALUATE 'T'")

    assert (post.status_code, query.status_code) == (403, 404)
    assert query.json()["error"]["code"] == "PowerBIEntityNotFound"
    assert (await power_bi.data.get(power_bi.at)).status_code == 200
