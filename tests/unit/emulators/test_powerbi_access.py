"""Who may do what: tenants, switches, roles, My workspace."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulators.powerbi import settings
from emulators.powerbi.identities import OTHER_WORKSPACE, REFRESHABLE, WORKSPACE
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import GROUP, Twin, table

T = table("T", a="Int64")
MINE = "/v1.0/myorg"


def code(answer: httpx.Response) -> Any:
    return answer.json()["error"]["code"]


@proves(RULES["workspace.found"])
async def test_an_application_sees_nothing_of_another_tenant(power_bi: Twin) -> None:
    await power_bi.create(T)
    other = await power_bi.as_other()
    groups = (await power_bi.data.get(f"{MINE}/groups", headers=other)).json()["value"]
    answers = [await power_bi.data.get(at, headers=other) for at in (GROUP, power_bi.at)]

    assert [one["id"] for one in groups] == [OTHER_WORKSPACE]
    assert [(answer.status_code, code(answer)) for answer in answers] == [(404, "PowerBIEntityNotFound")] * 2


@pytest.mark.parametrize("status", [401, 403])
@proves(RULES["workspace.member"])
async def test_whoever_is_no_member_is_refused(power_bi: Twin, status: int) -> None:
    await power_bi.create(T)
    await power_bi.set(role="None", denied_status=status)
    answers = [await power_bi.data.get(power_bi.at), await power_bi.post("T", {"a": 1})]
    groups = (await power_bi.data.get(f"{MINE}/groups")).json()["value"]

    assert [(answer.status_code, code(answer)) for answer in answers] == [(status, "PowerBINotAuthorizedException")] * 2
    assert groups == []


@proves(RULES["auth.role"])
async def test_a_viewer_reads_and_does_not_write_or_query(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.set(role="Viewer")
    answers = [
        await power_bi.data.get(f"{power_bi.at}/tables"),
        await power_bi.create(T),
        await power_bi.put(T),
        await power_bi.post("T", {"a": 1}),
        await power_bi.clear("T"),
        await power_bi.data.delete(power_bi.at),
        await power_bi.data.post(f"{GROUP}/datasets/{REFRESHABLE}/refreshes"),
        await power_bi.query("EVALUATE 'T'"),
    ]

    assert [answer.status_code for answer in answers] == [200, 403, 403, 403, 403, 403, 403, 404]
    assert code(answers[-1]) == "PowerBIEntityNotFound"


@proves(RULES["auth.role"])
async def test_as_a_setting_writing_needs_a_member(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.set(writer="Member")
    contributor = await power_bi.post("T", {"a": 1})
    await power_bi.set(role="Member")

    assert (contributor.status_code, (await power_bi.post("T", {"a": 1})).status_code) == (403, 200)


@pytest.mark.parametrize(("status", "member"), [(200, "message"), (401, "Message"), (403, "Message")])
@proves(RULES["auth.tenant-switch"])
async def test_the_tenants_switch_is_answered_in_three_ways(power_bi: Twin, status: int, member: str) -> None:
    await power_bi.set(tenant_switch=False, tenant_switch_status=status)
    answer = await power_bi.data.get(f"{MINE}/groups")

    assert (answer.status_code, answer.json()) == (status, {member: "API is not accessible for application"})


@proves(RULES["auth.queries"])
async def test_queries_are_switched_on_by_the_tenant(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.set(query_switch=False)
    answers = [await power_bi.query("EVALUATE 'T'"), await power_bi.post("T", {"a": 1})]

    assert [answer.status_code for answer in answers] == [401, 200]


@proves(RULES["query.roles"])
async def test_an_application_does_not_query_a_model_with_row_level_security(power_bi: Twin) -> None:
    power_bi.dataset = REFRESHABLE
    await power_bi.set(import_roles=True)
    refused = await power_bi.query('EVALUATE ROW("n", 1)')
    await power_bi.create(T)

    assert (refused.status_code, (await power_bi.query("EVALUATE 'T'")).status_code) == (401, 200)


@proves(RULES["workspace.create"])
async def test_an_application_makes_workspaces_where_the_tenant_lets_it(power_bi: Twin) -> None:
    shut = await power_bi.data.post(f"{MINE}/groups?workspaceV2=true", json={"name": "new"})
    await power_bi.set(create_switch=True)
    made = await power_bi.data.post(f"{MINE}/groups?workspaceV2=true", json={"name": "new"})
    posted = await power_bi.data.post(f"{MINE}/groups/{made.json()['id']}/datasets", json={"name": "d", "tables": [T]})

    assert (shut.status_code, made.status_code, posted.status_code) == (401, 200, 201)


@proves(RULES["workspace.many"])
async def test_nobody_is_in_more_workspaces_than_so_many(power_bi: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WORKSPACES", 2)
    await power_bi.set(create_switch=True)
    answers = [await power_bi.data.post(f"{MINE}/groups", json={"name": "new"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]


@proves(RULES["workspace.personal"])
async def test_an_application_has_no_workspace_of_its_own(power_bi: Twin) -> None:
    await power_bi.create(T)
    answers = [
        await power_bi.data.get(f"{MINE}/datasets"),
        await power_bi.data.post(f"{MINE}/datasets", json={"name": "d", "tables": [T]}),
        await power_bi.data.get(f"{MINE}/datasets/{power_bi.dataset}"),
        await power_bi.data.get(f"{MINE}/reports"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4


async def test_as_a_setting_a_dataset_is_found_by_its_id_alone(power_bi: Twin) -> None:
    await power_bi.create(T)
    await power_bi.set(my_workspace="by id")
    found = await power_bi.data.get(f"{MINE}/datasets/{power_bi.dataset}")

    assert (found.status_code, (await power_bi.data.get(f"{MINE}/datasets")).status_code) == (200, 403)


async def test_a_person_pushes_to_my_workspace_and_nobody_else_sees_it(power_bi: Twin) -> None:
    mine, theirs = await power_bi.signed_in("a@x"), await power_bi.signed_in("b@x")
    made = await power_bi.data.post(f"{MINE}/datasets", json={"name": "d", "tables": [T]}, headers=mine)
    at = f"{MINE}/datasets/{made.json()['id']}"
    body = {"queries": [{"query": "EVALUATE ROW(\"n\", COUNTROWS('T'))"}]}
    posted = await power_bi.data.post(f"{at}/tables/T/rows", json={"rows": [{"a": 1}]}, headers=mine)
    asked = await power_bi.data.post(f"{at}/executeQueries", json=body, headers=mine)
    seen = [await power_bi.data.get(at, headers=theirs), await power_bi.data.get(f"{MINE}/datasets", headers=theirs)]

    assert (made.status_code, posted.status_code) == (201, 200)
    assert asked.json()["results"][0]["tables"][0]["rows"] == [{"[n]": 1}]
    assert (seen[0].status_code, seen[1].json()["value"]) == (404, [])
    assert (await power_bi.data.get(GROUP, headers=mine)).status_code == 403


async def test_roles_are_given_in_the_portal_and_come_into_force_later(power_bi: Twin) -> None:
    made = (await power_bi.control.post("/control/workspaces", json={"name": "second", "role": "Viewer"})).json()[-1]
    at = f"{MINE}/groups/{made['id']}/datasets"
    await power_bi.set(permission_delay_s=900)
    await power_bi.control.post("/control/workspaces", json={"id": made["id"], "role": "Member"})
    await power_bi.control.post("/control/settings", json={"role": "None"})
    early = [(await power_bi.data.post(at, json={"name": "d", "tables": [T]})).status_code]
    early.append((await power_bi.data.get(GROUP)).status_code)
    await power_bi.advance(901)
    late = [(await power_bi.data.post(at, json={"name": "d", "tables": [T]})).status_code]
    late.append((await power_bi.data.get(GROUP)).status_code)

    assert (early, late) == ([403, 200], [201, 403])


async def test_refreshing_permissions_brings_a_role_into_force(power_bi: Twin) -> None:
    await power_bi.set(permission_delay_s=900)
    await power_bi.set(role="Viewer")
    before = (await power_bi.create(T)).status_code
    refreshed = await power_bi.data.post(f"{MINE}/RefreshUserPermissions")

    assert (before, refreshed.status_code, (await power_bi.create(T)).status_code) == (201, 200, 403)


@proves(RULES["calls.hour"])
async def test_as_a_setting_a_caller_has_so_many_calls_an_hour(power_bi: Twin) -> None:
    await power_bi.set(calls_an_hour=3)
    answers = [await power_bi.data.get(f"{GROUP}/datasets") for _ in range(4)]
    wait = int(answers[-1].headers["Retry-After"])

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert (3590 <= wait <= 3600, "error" in answers[-1].json()) == (True, False)


@pytest.mark.parametrize("asked", [{}, {"name": "x", "role": "Owner"}, {"id": "nowhere", "role": "Viewer"}])
async def test_a_workspace_that_makes_no_sense_is_refused_by_the_control_port(
    power_bi: Twin, asked: dict[str, str]
) -> None:
    assert (await power_bi.control.post("/control/workspaces", json=asked)).status_code == 400
    assert (await power_bi.control.get("/control/workspaces")).json()[0]["id"] == WORKSPACE
