"""executeQueries: its limits and the shape of its answers; what DAX means is tested apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from emulators.powerbi import settings
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import Twin, table

T = table("My T", Code="String", No="Int64", Amount="Decimal", On="DateTime", Yes="Boolean", Rate="Double")
ROW = {"Code": "a", "No": 1, "Amount": 1.5, "On": "2026-03-01", "Yes": True, "Rate": 0.1}


@pytest.fixture
async def filled(power_bi: Twin) -> Twin:
    await power_bi.create(T)
    await power_bi.post("My T", ROW, {"Code": "b"})
    return power_bi


async def test_own_columns_have_their_tables_name_and_made_ones_brackets(filled: Twin) -> None:
    answer = await filled.query("EVALUATE ADDCOLUMNS(FILTER('My T', 'My T'[No] = 1), \"double\", 'My T'[No] * 2)")
    shown = {f"My T[{name}]": value for name, value in ROW.items()} | {"My T[On]": "2026-03-01T00:00:00", "[double]": 2}

    assert answer.json() == {"results": [{"tables": [{"rows": [shown]}]}]}


async def test_blanks_are_left_out_unless_nulls_are_wanted(filled: Twin) -> None:
    query = "EVALUATE SELECTCOLUMNS(FILTER('My T', ISBLANK('My T'[No])), \"c\", 'My T'[Code], \"n\", 'My T'[No])"

    assert await filled.result(query) == [{"[c]": "b"}]
    assert await filled.result(query, nulls=True) == [{"[c]": "b", "[n]": None}]


@proves(RULES["query.one"])
async def test_a_call_has_one_query(filled: Twin) -> None:
    bodies: list[Any] = [{"queries": []}, {"queries": [{"query": "EVALUATE 'My T'"}] * 2}, {"query": "EVALUATE 'My T'"}]
    answers = [await filled.data.post(f"{filled.at}/executeQueries", json=body) for body in bodies]

    assert [answer.status_code for answer in answers] == [400, 400, 400]


@pytest.mark.parametrize("query", ["EVALUATE", "EVALUATE Nothing", "SELECT 1", 'EVALUATE ROW("a", FOO(1))'])
@proves(RULES["query.dax"])
async def test_what_cannot_be_evaluated_is_an_error(filled: Twin, query: str) -> None:
    answer = await filled.query(query)
    error = answer.json()["error"]

    assert (answer.status_code, error["code"]) == (400, "DatasetExecuteQueriesError")
    assert error["pbi.error"]["details"][0]["code"] == "DetailsMessage"


@proves(RULES["query.rows"])
async def test_too_many_rows_are_cut_off_with_200(filled: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "QUERY_ROWS", 3)
    result = (await filled.query("EVALUATE {1, 2, 3, 4}")).json()["results"][0]

    assert len(result["tables"][0]["rows"]) == 3
    assert result["error"]["message"] == "More than 3 rows in a query result"


@proves(RULES["query.rows"])
async def test_too_many_values_are_cut_off_with_200(filled: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "QUERY_VALUES", 5)
    result = (await filled.query("EVALUATE {(1, 2), (3, 4), (5, 6)}")).json()["results"][0]

    assert (len(result["tables"][0]["rows"]), "error" in result) == (2, True)


@proves(RULES["query.rows"])
async def test_only_the_first_of_several_tables_is_answered(filled: Twin) -> None:
    result = (await filled.query("EVALUATE {1} EVALUATE {2}")).json()["results"][0]

    assert result["tables"] == [{"rows": [{"[Value]": 1}]}]
    assert result["error"]["message"] == "More than one result table in a query"


@proves(RULES["query.bytes"])
async def test_the_row_that_passes_the_bytes_is_the_last(filled: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "QUERY_BYTES", 20)
    result = (await filled.query("EVALUATE {1, 2, 3, 4}")).json()["results"][0]

    assert (len(result["tables"][0]["rows"]), "error" in result) == (2, True)


async def test_numbers_keep_their_exact_text(filled: Twin) -> None:
    await filled.post("My T", '{"Code":"c","Amount":90071992547409.9301,"No":9007199254740993}')
    answer = await filled.query("EVALUATE ROW(\"a\", SUM('My T'[Amount]), \"n\", SUM('My T'[No]))")

    assert '"[a]":90071992547411.4301,"[n]":9007199254740994' in answer.text


async def test_a_query_sees_the_newest_rows_and_texts(filled: Twin) -> None:
    counts = []
    for code in ("a", "c"):
        await filled.post("My T", {"Code": code})
        counts += await filled.result("EVALUATE ROW(\"n\", DISTINCTCOUNT('My T'[Code]))")

    assert counts == [{"[n]": 2}, {"[n]": 3}]


async def test_what_is_no_number_is_told_by_name(filled: Twin) -> None:
    answer = await filled.result('EVALUATE ROW("a", 1 / 0, "b", -1 / 0, "c", 0 / 0)')

    assert answer == [{"[a]": "Infinity", "[b]": "-Infinity", "[c]": "NaN"}]


async def test_an_error_says_what_is_wrong(filled: Twin) -> None:
    detail = (await filled.query("EVALUATE FOO(1)")).json()["error"]["pbi.error"]["details"][0]["detail"]

    assert detail["value"] == "Failed to resolve name 'FOO'. It is not a valid table, variable, or function name."


async def test_relationships_in_both_directions_are_refused_rather_than_guessed(power_bi: Twin) -> None:
    ends = {"name": "r", "fromTable": "A", "fromColumn": "K", "toTable": "B", "toColumn": "K"}
    link = {**ends, "crossFilteringBehavior": "BothDirections"}
    await power_bi.create(table("A", K="String"), table("B", K="String"), relationships=[link])

    assert (await power_bi.query("EVALUATE A")).status_code == 400


async def test_today_is_the_emulators_day_in_utc(filled: Twin) -> None:
    days = [datetime.now(UTC).date()]
    [row] = await filled.result('EVALUATE ROW("t", TODAY())')
    days.append(datetime.now(UTC).date())
    await filled.advance(86_400)
    await filled.log_in()
    [later] = await filled.result('EVALUATE ROW("t", TODAY())')

    assert row["[t]"] in {f"{day}T00:00:00" for day in days}
    assert later["[t]"] > row["[t]"]
