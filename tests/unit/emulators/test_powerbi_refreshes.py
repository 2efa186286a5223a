"""Refreshes: of an import model only, with their quota, their states and their history."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulators.powerbi.identities import REFRESHABLE
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import GROUP, Twin, table

AT = f"{GROUP}/datasets/{REFRESHABLE}/refreshes"
T = table("T", a="Int64")


async def begin(power_bi: Twin, **body: Any) -> httpx.Response:
    return await power_bi.data.post(AT, json=body) if body else await power_bi.data.post(AT)


async def states(power_bi: Twin, query: str = "") -> list[str]:
    return [one["status"] for one in (await power_bi.data.get(AT + query)).json()["value"]]


async def test_a_refresh_is_under_way_and_then_done(power_bi: Twin) -> None:
    begun = await begin(power_bi, notifyOption="NoNotification")
    at = f"{AT}/{begun.headers['x-ms-request-id']}"
    during, history = await power_bi.data.get(at), await states(power_bi)
    await power_bi.advance(31)
    after = await power_bi.data.get(at)

    assert (begun.status_code, begun.content, "Location" in begun.headers) == (202, b"", False)
    assert (during.status_code, during.json()["status"], history) == (202, "Unknown", ["Unknown"])
    assert (after.status_code, after.json()["status"], after.json()["refreshType"]) == (200, "Completed", "ViaApi")
    assert after.json()["startTime"] < after.json()["endTime"]


async def test_an_import_model_has_a_schedule_that_is_off(power_bi: Twin) -> None:
    found = await power_bi.data.get(f"{GROUP}/datasets/{REFRESHABLE}/refreshSchedule")

    assert (found.status_code, found.json()["enabled"]) == (200, False)


async def test_a_refresh_may_fail_and_says_why(power_bi: Twin) -> None:
    await power_bi.set(refresh_outcome="Failed", refresh_s=0)
    await begin(power_bi)
    one = (await power_bi.data.get(AT)).json()["value"][0]

    assert (one["status"], "errorCode" in one["serviceExceptionJson"]) == ("Failed", True)


@pytest.mark.parametrize("status", [400, 429])
@proves(RULES["refresh.day"])
async def test_the_ninth_refresh_in_a_day_is_refused_on_shared_capacity(power_bi: Twin, status: int) -> None:
    await power_bi.set(refresh_s=0, refresh_over_status=status)
    answers = [(await begin(power_bi)).status_code for _ in range(8)]
    over = await begin(power_bi)
    await power_bi.advance(86_401)
    await power_bi.log_in()

    assert answers == [202] * 8
    assert (over.status_code, over.json()["error"]["code"]) == (status, "RefreshOverLimit")
    assert ("Retry-After" in over.headers) == (status == 429)
    assert (await begin(power_bi)).status_code == 202


@proves(RULES["refresh.day"])
async def test_a_capacity_has_a_quota_of_its_own(power_bi: Twin) -> None:
    await power_bi.set(refresh_s=0, capacity="premium", premium_refreshes_a_day=10)

    assert [(await begin(power_bi)).status_code for _ in range(11)] == [202] * 10 + [400]


@pytest.mark.parametrize("status", [400, 409])
@proves(RULES["refresh.busy"])
async def test_one_refresh_runs_at_a_time(power_bi: Twin, status: int) -> None:
    await power_bi.set(refresh_busy_status=status)
    answers = [await begin(power_bi), await begin(power_bi)]

    assert [answer.status_code for answer in answers] == [202, status]
    assert answers[1].json()["error"]["message"].endswith("Another refresh request is already executing")


@pytest.mark.parametrize("body", [{"notifyOption": "MailOnFailure"}, {"notifyOption": "MailOnCompletion"}])
@proves(RULES["refresh.mail"])
async def test_an_application_gets_no_mail(power_bi: Twin, body: dict[str, str]) -> None:
    refused = await begin(power_bi, **body)
    await power_bi.set(refresh_mail="ignore")

    assert (refused.status_code, (await begin(power_bi, **body)).status_code) == (400, 202)


@proves(RULES["refresh.body"])
async def test_the_wish_for_notice_has_three_values(power_bi: Twin) -> None:
    assert (await begin(power_bi, notifyOption="Always")).status_code == 400


async def test_a_body_with_something_unknown_is_refused(power_bi: Twin) -> None:
    assert (await begin(power_bi, full=True)).status_code == 400


@proves(RULES["refresh.enhanced"])
async def test_more_than_a_plain_refresh_needs_a_capacity(power_bi: Twin) -> None:
    shared = await begin(power_bi, type="Full")
    await power_bi.set(capacity="premium")
    premium = await begin(power_bi, type="Full")
    busy = await begin(power_bi, type="Full")

    assert [answer.status_code for answer in (shared, premium, busy)] == [400, 202, 409]
    assert premium.headers["Location"].endswith(premium.headers["x-ms-request-id"])


@proves(RULES["refresh.cancel"], RULES["refresh.found"])
async def test_only_an_enhanced_refresh_under_way_is_cancelled(power_bi: Twin) -> None:
    plain = (await begin(power_bi)).headers["x-ms-request-id"]
    refused = await power_bi.data.delete(f"{AT}/{plain}")
    await power_bi.advance(31)
    await power_bi.set(capacity="premium")
    enhanced = (await begin(power_bi, commitMode="Transactional")).headers["x-ms-request-id"]
    answers = [await power_bi.data.delete(f"{AT}/{one}") for one in (enhanced, enhanced, "nothing")]

    assert [refused.status_code, *(answer.status_code for answer in answers)] == [400, 200, 400, 404]
    assert await states(power_bi) == ["Cancelled", "Completed"]


async def test_the_history_shows_the_newest_first_and_as_many_as_asked_for(power_bi: Twin) -> None:
    await power_bi.set(refresh_s=0)
    await begin(power_bi)
    await power_bi.set(refresh_outcome="Disabled")
    await begin(power_bi)

    assert (await states(power_bi), await states(power_bi, "?$top=1")) == (["Disabled", "Completed"], ["Disabled"])
    assert (await power_bi.data.get(f"{AT}?$top=all")).status_code == 400


@proves(RULES["refresh.push"])
async def test_a_push_model_cannot_be_refreshed(power_bi: Twin) -> None:
    await power_bi.create(T)
    at = f"{power_bi.at}/refreshes"
    answers = [await power_bi.data.post(at), await power_bi.data.get(at), await power_bi.data.get(f"{at}/x")]
    answers.append(await power_bi.data.get(f"{power_bi.at}/refreshSchedule"))

    assert [answer.status_code for answer in answers] == [415] * 4
    assert answers[0].json()["error"] == {
        "code": "InvalidRequest",
        "message": "Invalid dataset. This API can only be called on a Model-based dataset",
    }


@proves(RULES["dataset.push"])
async def test_an_import_model_takes_no_rows_and_lists_no_tables(power_bi: Twin) -> None:
    power_bi.dataset = REFRESHABLE
    answers = [await power_bi.post("T", {"a": 1}), await power_bi.clear("T"), await power_bi.put(T)]
    tables = [await power_bi.data.get(f"{power_bi.at}/tables")]
    await power_bi.set(tables_of_model_status=501)
    tables.append(await power_bi.data.get(f"{power_bi.at}/tables"))
    shown = (await power_bi.data.get(power_bi.at)).json()

    assert [answer.status_code for answer in answers] == [404] * 3
    assert answers[0].json()["error"]["message"] == f"Dataset {REFRESHABLE} is not Push API dataset."
    assert [answer.status_code for answer in tables] == [404, 501]
    assert (shown["isRefreshable"], shown["addRowsAPIEnabled"]) == (True, False)


async def test_a_refresh_that_is_dropped_was_answered_all_the_same(power_bi: Twin) -> None:
    await power_bi.fault("refreshes.post", "dropped", [1])
    answer = await begin(power_bi)

    assert (answer.status_code, await states(power_bi)) == (202, [])
