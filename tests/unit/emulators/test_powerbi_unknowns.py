"""What the documents leave open, each as a setting: sequence numbers, values, counts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import Twin, table

T = table("T", i="Int64", d="Decimal", t="DateTime", s="String")
HEADER = "X-PowerBI-PushData-SequenceNumber"


async def post(power_bi: Twin, number: object, value: int = 1) -> httpx.Response:
    """A row with a sequence number."""
    body = {"rows": [{"i": value}]}
    return await power_bi.data.post(f"{power_bi.at}/tables/T/rows", json=body, headers={HEADER: str(number)})


async def numbers(power_bi: Twin) -> list[int]:
    listed = await power_bi.data.get(f"{power_bi.at}/tables/T/sequenceNumbers")
    return [one["sequenceNumber"] for one in listed.json()["value"]]


async def test_sequence_numbers_are_ignored_unless_a_setting_keeps_them(power_bi: Twin) -> None:
    await power_bi.create(T)
    answers = [(await post(power_bi, number)).status_code for number in (1, 1, "x")]

    assert (answers, len(await power_bi.rows("T")), await numbers(power_bi)) == ([200] * 3, 3, [])


@proves(RULES["rows.sequence"])
async def test_kept_once_a_repeated_number_is_answered_and_appends_nothing(power_bi: Twin) -> None:
    await power_bi.set(sequence_numbers="kept once")
    await power_bi.create(T)
    before = await numbers(power_bi)
    answers = [(await post(power_bi, number, number)).status_code for number in (0, 1, 1, 5, 4)]
    await power_bi.post("T", {"i": 9})

    assert (answers, before, await numbers(power_bi)) == ([200] * 5, [], [5])
    assert [row["i"] for row in await power_bi.rows("T")] == [0, 1, 5, 9]


@proves(RULES["rows.sequence"])
async def test_kept_once_a_call_that_lands_twice_or_late_counts_once(power_bi: Twin) -> None:
    await power_bi.set(sequence_numbers="kept once")
    await power_bi.create(T)
    await power_bi.fault("rows.post", "twice", [1], seconds=10)
    await power_bi.fault("rows.post", "late", [1], seconds=30, answer="ok")
    for number in (1, 2, 2):
        await post(power_bi, number, number)
    await power_bi.advance(31)

    assert [row["i"] for row in await power_bi.rows("T")] == [1, 2]


@proves(RULES["rows.sequence"])
async def test_refused_twice_a_repeated_number_is_an_error(power_bi: Twin) -> None:
    await power_bi.set(sequence_numbers="refused twice")
    await power_bi.create(T)

    assert [(await post(power_bi, number)).status_code for number in (1, 1, 2)] == [200, 400, 200]


@proves(RULES["rows.sequence-form"])
async def test_a_sequence_number_is_a_whole_number(power_bi: Twin) -> None:
    await power_bi.set(sequence_numbers="kept once")
    await power_bi.create(T)

    assert [(await post(power_bi, number)).status_code for number in ("x", "-1", "1.5", "")] == [400] * 4


@proves(RULES["rows.null"])
async def test_as_a_setting_null_is_refused_and_a_column_left_out_is_not(power_bi: Twin) -> None:
    await power_bi.create(T)
    before = await power_bi.post("T", {"i": None})
    await power_bi.set(null_values="refuse")
    answers = [before, await power_bi.post("T", {"i": None}), await power_bi.post("T", {})]

    assert [answer.status_code for answer in answers] == [200, 400, 200]


@pytest.mark.parametrize("text", ["x" * 4001, "😀" * 2001, "é" * 5000])
async def test_as_a_setting_a_long_text_is_cut(power_bi: Twin, text: str) -> None:
    await power_bi.set(long_text="cut")
    await power_bi.create(T)
    await power_bi.post("T", {"s": text, "i": 1})
    kept = (await power_bi.rows("T"))[0]

    assert (kept["i"], len(kept["s"].encode("utf-16-le")) // 2, text.startswith(kept["s"])) == (1, 4000, True)


async def test_as_a_setting_a_long_decimal_is_rounded(power_bi: Twin) -> None:
    await power_bi.set(long_decimal="round")
    await power_bi.create(T)
    await power_bi.post("T", '{"d": 1.23456}', '{"d": -0.00005}', '{"d": 2}')

    assert (await power_bi.post("T", '{"d": 1e400}')).status_code == 400
    assert await power_bi.result("EVALUATE ROW(\"d\", SUM('T'[d]))") == [{"[d]": 3.2346}]


@pytest.mark.parametrize(
    ("setting", "shown"), [("utc", "2026-03-29T00:30:00"), ("as written", "2026-03-29T02:30:00"), ("refuse", None)]
)
@pytest.mark.parametrize("text", ["2026-03-29T02:30:00+02:00", "2026-03-29T02:30:00.000+0200"])
async def test_what_becomes_of_a_zone_is_a_setting(power_bi: Twin, setting: str, shown: str | None, text: str) -> None:
    await power_bi.set(zoned_datetime=setting)
    await power_bi.create(T)
    status = (await power_bi.post("T", {"t": text})).status_code
    found = await power_bi.result("EVALUATE ROW(\"t\", MAX('T'[t]))")

    assert (status, found) == ((200, [{"[t]": shown}]) if shown else (400, [{}]))


@proves(RULES["rows.zone"])
async def test_refused_zones_leave_plain_dates_alone(power_bi: Twin) -> None:
    await power_bi.set(zoned_datetime="refuse")
    await power_bi.create(T)
    texts = ["2026-03-29T02:30:00Z", "2026-03-29T02:30:00", "2026-03-29", "07/30/2014"]

    assert [(await power_bi.post("T", {"t": text})).status_code for text in texts] == [400, 200, 200, 200]


@proves(RULES["rows.trim"])
async def test_spaces_at_the_end_of_a_text_are_dropped_and_those_before_it_stay(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.post("T", *({"s": text} for text in ("  40 ", "  40", "40  ", "40")))
    rows = await power_bi.result("EVALUATE DISTINCT('T'[s])")
    count = await power_bi.result("EVALUATE ROW(\"n\", COUNTROWS(FILTER('T', 'T'[s] = \"40\")))")

    assert (sorted(row["T[s]"] for row in rows), count) == (["  40", "40"], [{"[n]": 2}])


@proves(RULES["rows.trim"])
async def test_keys_that_differ_by_spaces_at_the_end_are_one(power_bi: Twin) -> None:
    accounts, lines = table("Accounts", Code="String"), table("Lines", Code="String")
    ends: dict[str, Any] = {"fromTable": "Lines", "fromColumn": "Code", "toTable": "Accounts", "toColumn": "Code"}
    await power_bi.create(accounts, lines, relationships=[{"name": "r", **ends}])
    answers = [await power_bi.post("Accounts", {"Code": code}) for code in ("40", "40 ", " 40")]

    assert [answer.status_code for answer in answers] == [200, 400, 200]


@proves(RULES["rows.second"])
async def test_as_a_setting_a_model_takes_one_request_a_second(power_bi: Twin) -> None:
    await power_bi.set(posts_a_second=1)
    await power_bi.create(T)
    answers = [await power_bi.post("T", {"i": 1}) for _ in range(2)]
    await power_bi.advance(1)

    assert [answer.status_code for answer in answers] == [200, 429]
    assert (await power_bi.post("T", {"i": 1})).status_code == 200


@proves(RULES["rows.pending"])
async def test_as_a_setting_one_request_is_pending(power_bi: Twin) -> None:
    await power_bi.set(pending_posts=1)
    await power_bi.create(T)
    dataset = power_bi.world.datasets[power_bi.dataset]
    dataset.pending.use = 1
    second = await power_bi.post("T", {"i": 1})

    assert second.status_code == 429


@proves(RULES["rows.hourly"])
async def test_as_a_setting_the_owners_plan_takes_ten_thousand_rows_an_hour(power_bi: Twin) -> None:
    await power_bi.set(rows_an_hour=10_000)
    await power_bi.create(T)
    most = await power_bi.post("T", *["{}"] * 10_000)

    assert (most.status_code, (await power_bi.post("T", "{}")).status_code) == (200, 429)


DAX_MOMENT = "DATE(2026, 3, 29) + 0.5 / 86400"
EQUAL = (
    "FILTER('T', 'T'[t] = {})",
    "CALCULATETABLE('T', 'T'[t] == {})",
    "CALCULATETABLE('T', 'T'[t] IN {{{}}})",
    "CALCULATETABLE('T', TREATAS({{{}}}, 'T'[t]))",
)


async def with_moments(power_bi: Twin, setting: str) -> None:
    await power_bi.set(moments_equal=setting)
    await power_bi.create(T)
    await power_bi.post("T", *({"i": n, "t": f"2026-03-29T00:00:00{part}"} for n, part in enumerate(("", ".5", ".9"))))


@proves(RULES["query.moments"])
@pytest.mark.parametrize("shape", [*EQUAL, "FILTER('T', {} <> 'T'[t])"])
async def test_equality_with_a_part_of_a_second_is_refused_and_order_is_not(power_bi: Twin, shape: str) -> None:
    await with_moments(power_bi, "refuse")
    equal = await power_bi.query(f"EVALUATE {shape.format(DAX_MOMENT)}")
    whole = await power_bi.query(f"EVALUATE {shape.format('DATE(2026, 3, 29)')}")
    later = await power_bi.result(f"EVALUATE FILTER('T', 'T'[t] > {DAX_MOMENT})")

    assert (equal.status_code, whole.status_code, [row["T[i]"] for row in later]) == (400, 200, [2])


@pytest.mark.parametrize(("setting", "found"), [("nothing", []), ("match", [1])])
async def test_as_a_setting_such_equality_finds_nothing_or_what_is_there(
    power_bi: Twin, setting: str, found: list[int]
) -> None:
    await with_moments(power_bi, setting)
    rows = [await power_bi.result(f"EVALUATE {shape.format(DAX_MOMENT)}") for shape in EQUAL]
    others = await power_bi.result(f"EVALUATE FILTER('T', 'T'[t] <> {DAX_MOMENT})")

    assert [[row["T[i]"] for row in each] for each in rows] == [found] * len(EQUAL)
    assert [row["T[i]"] for row in others] == [n for n in range(3) if n not in found]


@pytest.mark.parametrize(("setting", "kept"), [("keep", 1), ("clear", 0)])
async def test_whether_a_new_column_leaves_the_rows_is_a_setting(power_bi: Twin, setting: str, kept: int) -> None:
    await power_bi.set(additive_put=setting)
    await power_bi.create(T)
    await power_bi.post("T", {"i": 1, "s": "x"})
    same = await power_bi.put(T)
    before = len(await power_bi.result("EVALUATE 'T'"))
    put = await power_bi.put(table("T", i="Int64", d="Decimal", t="DateTime", s="String", n="String"))
    rows = await power_bi.result("EVALUATE 'T'", nulls=True)

    assert (same.status_code, put.status_code, before, len(rows)) == (200, 200, 1, kept)
    assert [row["T[n]"] for row in rows] == [None] * kept


async def test_as_a_setting_rows_outlive_a_column_that_goes_or_changes_its_type(power_bi: Twin) -> None:
    await power_bi.set(destructive_put="keep")
    await power_bi.create(T)
    await power_bi.post("T", {"i": 1, "s": "old", "d": 2.5})
    await power_bi.put(table("T", i="String", s="Int64"))
    between = await power_bi.result("EVALUATE 'T'", nulls=True)
    await power_bi.post("T", {"i": "new", "s": 7})
    await power_bi.put(table("T", i="String", s="String", d="Decimal"))
    await power_bi.post("T", {"i": "last", "s": "x", "d": 1})

    assert between == [{"T[i]": None, "T[s]": None}]
    assert await power_bi.result("EVALUATE ROW(\"d\", SUM('T'[d]), \"n\", COUNTROWS('T'))") == [{"[d]": 1, "[n]": 3}]
    assert [tuple(row.values()) for row in await power_bi.result("EVALUATE 'T'", nulls=True)] == [
        (None, None, None),
        ("new", None, None),
        ("last", "x", 1),
    ]
    assert await power_bi.result("EVALUATE DISTINCT('T'[s])", nulls=True) == [{"T[s]": None}, {"T[s]": "x"}]


@pytest.mark.parametrize(("setting", "status"), [("refuse", 415), ("accept", 202)])
async def test_whether_a_push_model_can_be_refreshed_is_a_setting(power_bi: Twin, setting: str, status: int) -> None:
    await power_bi.set(push_refresh=setting)
    await power_bi.create(T)
    answer = await power_bi.data.post(f"{power_bi.at}/refreshes", json={"notifyOption": "NoNotification"})

    assert answer.status_code == status


@pytest.mark.parametrize("status", [429, 503])
async def test_what_one_post_too_many_is_answered_is_a_setting(power_bi: Twin, status: int) -> None:
    await power_bi.set(pending_status=status)
    await power_bi.create(T)
    power_bi.world.datasets[power_bi.dataset].pending.use = 5

    assert (await power_bi.post("T", {"i": 1})).status_code == status


@pytest.mark.parametrize(("lag", "kept"), [(0, [2]), (30, [])])
async def test_as_a_setting_a_delete_lands_after_the_post_that_follows_it(
    power_bi: Twin, lag: float, kept: list[int]
) -> None:
    await power_bi.set(delete_lag_s=lag)
    await power_bi.create(T)
    await power_bi.post("T", {"i": 1})
    await power_bi.clear("T")
    await power_bi.post("T", {"i": 2})
    await power_bi.advance(31)

    assert [row["i"] for row in await power_bi.rows("T")] == kept
