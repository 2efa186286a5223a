"""Reports: cloned, bound to another dataset, and gone with theirs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulators.powerbi import settings
from emulators.powerbi.identities import OTHER_CLIENT, OTHER_WORKSPACE, REFRESHABLE, WORKSPACE
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import GROUP, JSON, Twin, table

T = table("T", a="Int64")


async def made(power_bi: Twin, **more: str) -> str:
    """A report on the twin's newest dataset."""
    asked = {"name": "Profit", "dataset": power_bi.dataset, **more}
    return str((await power_bi.control.post("/control/reports", json=asked)).json()["id"])


async def shown(power_bi: Twin, report: str) -> dict[str, Any]:
    found: dict[str, Any] = (await power_bi.data.get(f"{GROUP}/reports/{report}")).json()
    return found


async def rebind(power_bi: Twin, report: str, dataset: str) -> httpx.Response:
    return await power_bi.data.post(f"{GROUP}/reports/{report}/Rebind", json={"datasetId": dataset})


async def test_a_report_is_bound_to_the_next_dataset_before_the_old_one_goes(power_bi: Twin) -> None:
    await power_bi.create(T)
    report, old = await made(power_bi), power_bi.dataset
    await power_bi.create(T)
    bound = await rebind(power_bi, report, power_bi.dataset)
    await power_bi.data.delete(f"{GROUP}/datasets/{old}")

    assert (bound.status_code, bound.content) == (200, b"")
    assert (await shown(power_bi, report))["datasetId"] == power_bi.dataset


@proves(RULES["dataset.reports"])
async def test_a_report_goes_with_its_dataset(power_bi: Twin) -> None:
    await power_bi.create(T)
    report = await made(power_bi)
    await power_bi.data.delete(power_bi.at)

    assert (await power_bi.data.get(f"{GROUP}/reports")).json()["value"] == []
    assert (await power_bi.data.get(f"{GROUP}/reports/{report}")).status_code == 404


@proves(RULES["report.found"])
async def test_a_report_that_is_not_there_is_not_found(power_bi: Twin) -> None:
    await power_bi.create(T)
    answers = [
        await power_bi.data.get(f"{GROUP}/reports/nothing"),
        await power_bi.data.delete(f"{GROUP}/reports/nothing"),
        await rebind(power_bi, "nothing", power_bi.dataset),
    ]

    assert [answer.json()["error"]["code"] for answer in answers] == ["PowerBIEntityNotFound"] * 3


@proves(RULES["report.target"])
async def test_a_report_is_bound_to_what_the_caller_may_build_on(power_bi: Twin) -> None:
    await power_bi.create(T)
    report = await made(power_bi)
    group = (await power_bi.control.post("/control/workspaces", json={"name": "w", "role": "Contributor"})).json()[-1]
    there = f"/v1.0/myorg/groups/{group['id']}/datasets"
    elsewhere = (await power_bi.data.post(there, json={"name": "d", "tables": [T]})).json()["id"]
    open_one = await rebind(power_bi, report, elsewhere)
    await power_bi.control.post("/control/workspaces", json={"id": group["id"], "role": "Viewer"})
    answers = [open_one, await rebind(power_bi, report, elsewhere), await rebind(power_bi, report, "nothing")]

    assert [answer.status_code for answer in answers] == [200, 404, 404]


@proves(RULES["report.body"])
async def test_a_body_that_names_no_dataset_is_refused(power_bi: Twin) -> None:
    await power_bi.create(T)
    at = f"{GROUP}/reports/{await made(power_bi)}/Rebind"
    answers = [await power_bi.data.post(at, content=body, headers=JSON) for body in (b"", b"[]", b'{"dataset": "x"}')]

    assert [answer.status_code for answer in answers] == [400] * 3


@proves(RULES["report.paginated"])
async def test_a_paginated_report_is_not_rebound(power_bi: Twin) -> None:
    await power_bi.create(T)
    report = await made(power_bi, kind="PaginatedReport")

    assert (await rebind(power_bi, report, power_bi.dataset)).status_code == 400


async def test_a_clone_is_a_report_of_its_own_on_the_dataset_that_it_names(power_bi: Twin) -> None:
    await power_bi.create(T)
    report = await made(power_bi)
    at = f"{GROUP}/reports/{report}/Clone"
    plain = (await power_bi.data.post(at, json={"name": "Again"})).json()
    bound = (await power_bi.data.post(at, json={"name": "Other", "targetModelId": REFRESHABLE})).json()
    listed = (await power_bi.data.get(f"{GROUP}/reports")).json()["value"]
    deleted = await power_bi.data.delete(f"{GROUP}/reports/{report}")

    assert [one["name"] for one in listed] == ["Profit", "Again", "Other"]
    assert (plain["datasetId"], bound["datasetId"]) == (power_bi.dataset, REFRESHABLE)
    assert len({plain["id"], bound["id"], report}) == 3
    assert (deleted.status_code, (await shown(power_bi, plain["id"]))["name"]) == (200, "Again")


async def test_a_clone_goes_where_the_caller_may_write(power_bi: Twin) -> None:
    await power_bi.create(T)
    at = f"{GROUP}/reports/{await made(power_bi)}/Clone"
    group = (await power_bi.control.post("/control/workspaces", json={"name": "w", "role": "Viewer"})).json()[-1]
    targets = [WORKSPACE, group["id"], OTHER_WORKSPACE]
    answers = [await power_bi.data.post(at, json={"name": "n", "targetWorkspaceId": one}) for one in targets]

    assert [answer.status_code for answer in answers] == [200, 403, 404]


@proves(RULES["report.many"])
async def test_a_dataset_has_so_many_reports(power_bi: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REPORTS", 2)
    await power_bi.create(T)
    at = f"{GROUP}/reports/{await made(power_bi)}/Clone"

    assert [(await power_bi.data.post(at, json={"name": "n"})).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(("kind", "bound"), [("dropped", False), ("late", False), ("refused_but_done", True)])
async def test_a_rebind_goes_wrong_as_told(power_bi: Twin, kind: str, bound: bool) -> None:
    await power_bi.create(T)
    report = await made(power_bi)
    await power_bi.fault("reports.rebind", kind, [1], seconds=30, answer="ok")
    await rebind(power_bi, report, REFRESHABLE)

    assert ((await shown(power_bi, report))["datasetId"] == REFRESHABLE) is bound


async def test_a_report_on_nothing_is_refused_by_the_control_port(power_bi: Twin) -> None:
    answer = await power_bi.control.post("/control/reports", json={"name": "r", "dataset": OTHER_CLIENT})

    assert answer.status_code == 400
