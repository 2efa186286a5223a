"""Workspaces as the API lists them, and addresses in the spellings that clients use."""

from __future__ import annotations

import json

import pytest

from emulators.powerbi.addresses import spelled
from emulators.powerbi.identities import WORKSPACE, WORKSPACE_NAME
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import GROUP, Twin, table

GROUPS = "/v1.0/myorg/groups"
NAMES = ["Alpha", "beta", "Gamma's"]


async def names(power_bi: Twin, **words: str) -> list[str]:
    answer = await power_bi.data.get(GROUPS, params={f"${word}": value for word, value in words.items()})
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["value"]]


async def with_groups(power_bi: Twin) -> Twin:
    """Three more workspaces, after the demo's own."""
    for name in NAMES:
        await power_bi.control.post("/control/workspaces", json={"name": name})
    return power_bi


async def test_workspaces_are_listed_with_what_is_documented(power_bi: Twin) -> None:
    listed = (await power_bi.data.get(GROUPS)).json()
    one = (await power_bi.data.get(GROUP)).json()

    assert listed["value"] == [one]
    assert listed["@odata.context"].endswith("$metadata#groups")
    assert (one["id"], one["name"], one["type"]) == (WORKSPACE, WORKSPACE_NAME, "Workspace")
    assert (one["isReadOnly"], one["isOnDedicatedCapacity"]) == (False, False)


async def test_a_part_of_the_list_is_skipped_and_taken(power_bi: Twin) -> None:
    await with_groups(power_bi)

    assert await names(power_bi, top="2") == [WORKSPACE_NAME, "Alpha"]
    assert await names(power_bi, skip="1", top="2") == ["Alpha", "beta"]
    assert await names(power_bi, skip="9") == []


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("name eq 'Alpha'", ["Alpha"]),
        ("name eq 'alpha'", []),
        ("tolower(name) eq 'alpha'", ["Alpha"]),
        ("contains(name,'a') and not contains(name, 'Gamma')", [WORKSPACE_NAME, "Alpha", "beta"]),
        ("(startswith(name,'A') or endswith(name,'ta')) and isReadOnly eq false", ["Alpha", "beta"]),
        ("name eq 'Gamma''s'", ["Gamma's"]),
        ("isOnDedicatedCapacity ne false or id eq '%s'" % WORKSPACE, [WORKSPACE_NAME]),  # noqa: UP031
        ("capacityId ne null", []),
    ],
)
async def test_the_list_is_filtered_by_a_condition(power_bi: Twin, condition: str, found: list[str]) -> None:
    await with_groups(power_bi)

    assert await names(power_bi, filter=condition) == found


@pytest.mark.parametrize(
    "words",
    [
        {"top": "0"}, {"skip": "-1"}, {"top": "many"}, {"filter": ""}, {"filter": "name"}, {"filter": "name eq"},
        {"filter": "owner eq 'x'"}, {"filter": "name eq 'x"}, {"filter": "name like 'x'"}, {"filter": "name eq 'x')"},
        {"filter": "contains(name 'x')"}, {"filter": "name eq 'x' or"}, {"filter": "name eq 'x'; drop"},
    ],
)  # fmt: skip
@proves(RULES["groups.query"])
async def test_what_is_no_condition_is_refused(power_bi: Twin, words: dict[str, str]) -> None:
    answer = await power_bi.data.get(GROUPS, params={f"${word}": value for word, value in words.items()})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequest")


async def test_on_a_capacity_a_workspace_says_so(power_bi: Twin) -> None:
    await power_bi.set(capacity="premium")
    one = (await power_bi.data.get(GROUP)).json()

    assert (one["isOnDedicatedCapacity"], "capacityId" in one) == (True, True)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/v1.0/myorg/groups/G//datasets", "/v1.0/myorg/groups/G/datasets"),
        ("/v1.0/myorg/Groups/G/Reports/", "/v1.0/myorg/groups/G/reports"),
        ("/v1.0/myorg/groups/G/reports/R/rebind", "/v1.0/myorg/groups/G/reports/R/Rebind"),
        ("/V1.0/MyOrg/datasets/D/executequeries", "/v1.0/myorg/datasets/D/executeQueries"),
        ("/v1.0/myorg/datasets/D/Tables/Rows/Rows", "/v1.0/myorg/datasets/D/tables/Rows/rows"),
        ("/v1.0/myorg/datasets/D/tables/tables/rows", "/v1.0/myorg/datasets/D/tables/tables/rows"),
    ],
)
def test_an_address_is_read_whatever_its_spelling(written: str, read: str) -> None:
    assert spelled(written) == read


async def test_a_table_that_is_called_rows_is_posted_to_in_any_spelling(power_bi: Twin) -> None:
    await power_bi.create(table("Rows", a="Int64"))
    answer = await power_bi.data.post(f"{power_bi.at}//TABLES/Rows/ROWS/", json={"rows": [{"a": 1}]})

    assert (answer.status_code, await power_bi.rows("Rows")) == (200, [{"a": 1}])


@proves(RULES["call.address"], RULES["call.method"])
async def test_where_no_route_fits_the_framework_answers(power_bi: Twin) -> None:
    nowhere, wrong = await power_bi.data.get(f"{GROUP}/nothing"), await power_bi.data.patch(f"{GROUP}/datasets")

    assert (nowhere.status_code, wrong.status_code) == (404, 405)
    assert wrong.json() == {"Message": "The requested resource does not support http method 'PATCH'."}
    assert nowhere.json()["Message"].startswith("No HTTP resource was found")
    calls = [json.loads(line) for line in (await power_bi.control.get("/control/calls?after=1")).text.splitlines()]
    assert [(call["route"], call["status"]) for call in calls] == [(None, 404), (None, 405)]


async def test_a_refusal_says_its_code_in_a_header(power_bi: Twin) -> None:
    answer = await power_bi.data.get(f"{GROUP}/datasets/nothing")

    assert answer.headers["x-powerbi-error-info"] == "PowerBIEntityNotFound"
    assert answer.headers["RequestId"]
