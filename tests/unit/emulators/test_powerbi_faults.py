"""Each fault, at POST, DELETE and query: what the caller sees, and what the table then holds."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest

from fakes.power_bi_emulator import Twin, table

T = table("T", a="Int64")
COUNT = "EVALUATE ROW(\"n\", COUNTROWS('T'))"


async def seen(power_bi: Twin) -> int | str:
    """Post four rows; the status that comes, or that none comes."""
    try:
        return (await power_bi.post("T", *({"a": n} for n in range(4)))).status_code
    except httpx.TransportError:
        return "nothing"


@pytest.mark.parametrize(
    ("kind", "members", "answered", "held"),
    [
        ("reset_before", {}, "nothing", 0),
        ("reset_after", {}, "nothing", 4),
        ("truncate", {}, "nothing", 4),
        ("partial", {}, "nothing", 2),
        ("partial", {"keep": 3, "answer": 500}, 500, 3),
        ("twice", {}, 200, 8),
        ("dropped", {}, 200, 0),
        ("status", {"status": 400}, 400, 0),
        ("status", {"status": 429, "retry_after": 7}, 429, 0),
        ("refused_but_done", {}, 400, 4),
        ("refused_but_done", {"status": 429}, 429, 4),
        ("latency", {"seconds": 0.01}, 200, 4),
        ("late", {"seconds": 30}, "nothing", 0),
        ("late_visible", {"seconds": 30}, 200, 0),
        ("stale", {"seconds": 30}, 200, 4),
    ],
)
async def test_a_post_goes_wrong_as_told(
    power_bi: Twin, kind: str, members: dict[str, int], answered: int | str, held: int
) -> None:
    await power_bi.create(T)
    await power_bi.fault("rows.post", kind, [1], **members)

    assert await seen(power_bi) == answered
    assert len(await power_bi.rows("T")) == held
    assert await seen(power_bi) == 200
    assert len(await power_bi.rows("T")) == held + 4


@pytest.mark.parametrize("kind", ["late", "late_visible"])
async def test_what_is_late_comes_in_the_end(power_bi: Twin, kind: str) -> None:
    await power_bi.create(T)
    await power_bi.fault("rows.post", kind, [1], seconds=30)
    await seen(power_bi)
    await power_bi.advance(29)
    before = await power_bi.result(COUNT)
    await power_bi.advance(2)

    assert (before, await power_bi.result(COUNT)) == ([{}], [{"[n]": 4}])


@pytest.mark.parametrize(
    ("kind", "held"), [("reset_before", 4), ("reset_after", 0), ("dropped", 4), ("refused_but_done", 0), ("late", 4)]
)
async def test_a_delete_goes_wrong_as_told(power_bi: Twin, kind: str, held: int) -> None:
    await power_bi.create(T)
    await seen(power_bi)
    members: dict[str, Any] = {"seconds": 30} if kind == "late" else {}
    await power_bi.fault("rows.delete", kind, **members)
    with suppress(httpx.TransportError):
        await power_bi.clear("T")

    assert len(await power_bi.rows("T")) == held


async def test_a_late_delete_takes_what_was_posted_meanwhile(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.fault("DELETE */rows", "late", seconds=30, answer="ok")
    late = await power_bi.clear("T")
    await seen(power_bi)
    await power_bi.advance(31)

    assert (late.status_code, await power_bi.rows("T")) == (200, [])


async def test_a_stale_query_shows_an_older_state_also_before_a_delete(power_bi: Twin) -> None:
    await power_bi.create(T)
    await seen(power_bi)
    await power_bi.advance(60)
    await seen(power_bi)
    await power_bi.advance(60)
    await power_bi.clear("T")
    counts = []
    for seconds in (0, 30, 90, 150):
        await power_bi.control.delete("/control/faults")
        await power_bi.fault("query", "stale", seconds=seconds)
        counts.append((await power_bi.result(COUNT))[0].get("[n]"))

    assert counts == [None, 8, 4, None]


async def test_a_query_that_breaks_off_has_half_its_body(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.fault("query", "truncate")

    with pytest.raises(httpx.RemoteProtocolError):
        await power_bi.query(COUNT)


async def test_a_lost_token_answer_and_a_dataset_made_twice(power_bi: Twin) -> None:
    await power_bi.fault("token", "reset_after", [1])
    with pytest.raises(httpx.ReadError):
        await power_bi.ask_token()
    await power_bi.fault("datasets.create", "reset_after", [1])
    with pytest.raises(httpx.ReadError):
        await power_bi.create(T)

    assert (await power_bi.create(T)).status_code == 201
    assert len(await power_bi.datasets()) == 2


async def test_a_creation_that_is_repeated_on_the_way_makes_two(power_bi: Twin) -> None:
    await power_bi.fault("datasets.create", "twice", [1], seconds=5)
    await power_bi.create(T)
    before = len(await power_bi.datasets())
    await power_bi.advance(6)

    assert (before, [one["name"] for one in await power_bi.datasets()]) == (1, ["exactbi", "exactbi"])


async def test_a_list_may_lack_the_newest_dataset(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.fault("datasets.list", "stale", [1], seconds=30)

    assert [len(await power_bi.datasets()) for _ in range(2)] == [0, 1]


async def test_a_post_that_is_repeated_on_the_way_lands_again_later(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.fault("rows.post", "twice", [1], seconds=30)
    await seen(power_bi)
    before = len(await power_bi.rows("T"))
    await power_bi.advance(31)

    assert (before, len(await power_bi.rows("T"))) == (4, 8)


async def test_a_delete_that_is_repeated_later_takes_what_was_posted_meanwhile(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.fault("rows.delete", "twice", [1], seconds=30)
    await power_bi.clear("T")
    await seen(power_bi)
    await power_bi.advance(31)

    assert await power_bi.rows("T") == []


async def test_a_post_lands_late_in_a_table_that_has_a_column_more_by_then(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.fault("rows.post", "late", [1], seconds=30, answer="ok")
    await seen(power_bi)
    await power_bi.put(table("T", a="Int64", b="Int64"))
    await power_bi.advance(31)

    assert await power_bi.result("EVALUATE ROW(\"n\", COUNTROWS('T'), \"b\", COUNT('T'[b]))", nulls=True) == [
        {"[n]": 4, "[b]": None}
    ]


async def test_a_put_goes_wrong_as_told(power_bi: Twin) -> None:
    await power_bi.create(T)
    wider = table("T", a="Int64", b="Int64")
    await power_bi.fault("tables.put", "dropped", [1])
    answers = [await power_bi.put(wider), await power_bi.post("T", {"b": 1}), await power_bi.put(wider)]
    answers.append(await power_bi.post("T", {"b": 1}))

    assert [answer.status_code for answer in answers] == [200, 400, 200, 200]


async def test_every_call_is_logged_with_its_answer(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.fault("rows.post", "reset_after", [1])
    await seen(power_bi)
    lines = (await power_bi.control.get("/control/calls?after=1")).text.splitlines()
    calls = [json.loads(line) for line in lines]

    assert [(one["n"], one["route"], one["method"], one["status"]) for one in calls] == [
        (2, "datasets.create", "POST", 201),
        (3, "rows.post", "POST", None),
    ]
    assert calls[1]["path"] == f"{power_bi.at}/tables/T/rows"
    assert (await power_bi.control.get("/control/calls?after=x")).status_code == 400


async def test_the_journal_has_every_landing_in_order_with_its_fault(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.fault("rows.post", "partial", [1])
    await power_bi.fault("rows.post", "twice", [1])
    await power_bi.fault("rows.post", "dropped", [1])
    for _ in range(4):
        await seen(power_bi)
    await power_bi.clear("T")
    lines = (await power_bi.control.get("/control/journal")).text.splitlines()
    landings = [json.loads(line) for line in lines]

    assert [one["n"] for one in landings] == [1, 2, 3, 4, 5]
    assert [(one["verb"], one["fault"], len(one["rows"])) for one in landings] == [
        ("POST", "partial", 2),
        ("POST", "twice", 4),
        ("POST", "twice", 4),
        ("POST", None, 4),
        ("DELETE", None, 0),
    ]
    assert landings[0]["rows"] == [{"a": 0}, {"a": 1}]
    assert {(one["dataset"], one["table"]) for one in landings} == {(power_bi.dataset, "T")}


async def test_the_journal_can_be_read_in_part(power_bi: Twin) -> None:
    await power_bi.create(T, table("U", a="Int64"))
    await power_bi.post("T", {"a": 1})
    await power_bi.post("U", {"a": 2})
    await power_bi.post("U", {"a": 3})
    read = await power_bi.control.get("/control/journal?dataset=exactbi&table=U&after=2")

    assert [json.loads(line)["rows"] for line in read.text.splitlines()] == [[{"a": 3}]]
    assert (await power_bi.control.get("/control/journal?dataset=other")).status_code == 400


async def test_faults_are_listed_with_their_counts_and_cleared(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.fault("rows.*", "status", [2], status=500)
    answers = [await seen(power_bi) for _ in range(3)]
    listed = (await power_bi.control.get("/control/faults")).json()
    cleared = (await power_bi.control.delete("/control/faults")).json()

    assert answers == [200, 500, 200]
    assert [(one["seen"], one["struck"]) for one in listed] == [(3, 1)]
    assert cleared == []


@pytest.mark.parametrize(
    "rule",
    [
        {"route": "x"},
        {"route": "x", "fault": {"kind": "other"}},
        {"route": "x", "fault": {"kind": "late", "minutes": 1}},
        {"route": "x", "calls": [1], "p": 0.5, "fault": {"kind": "twice"}},
        {"route": "x", "when": 1, "fault": {"kind": "twice"}},
        [],
    ],
)
async def test_a_rule_that_says_nothing_sensible_is_refused(power_bi: Twin, rule: object) -> None:
    answer = await power_bi.control.post("/control/faults", json=rule)

    assert answer.status_code == 400


async def test_a_chance_is_the_same_for_the_same_seed(power_bi: Twin) -> None:
    runs = []
    for _ in range(2):
        twin = await Twin.opened(power_bi.credentials).log_in()
        await twin.create(T)
        await twin.control.post("/control/faults", json={"route": "rows.post", "p": 0.5, "fault": {"kind": "status"}})
        runs.append([await seen(twin) for _ in range(20)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}
