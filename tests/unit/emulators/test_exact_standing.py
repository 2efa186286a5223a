"""Users, apps, licences and divisions that lose their standing, and what the three division lists then show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from emulators.clock import Clock
from emulators.exact import rules as rule
from emulators.exact.settings import Reason, Settings
from emulators.exact.site import Plan, Site, open_site
from emulators.proof import proves
from fakes.exact_emulator import APP, CENTERS, DIVISION, LINES, OFF, USER, Twin, flat, message

OTHER = DIVISION + 1
ME = "/api/v1/current/Me?$select=CurrentDivision"


def opened(folder: Path, name: str, *codes: int) -> Site:
    """A site with a few small companies."""
    companies = {code: f"Company {code}" for code in codes}
    plan = Plan(name, companies, [APP], [USER], 1, 200, True, folder / f"{name}.sqlite")
    site = open_site(plan, Clock(1.0))
    site.apply(Settings(rules_off=OFF))
    return site


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Twin]:
    """A site with two companies."""
    twin = Twin.serving(opened(tmp_path, "nl", DIVISION, OTHER))
    yield await twin.log_in()
    twin.site.store.close()


async def codes(twin: Twin, path: str, asked: int = DIVISION) -> list[int]:
    return [row["Code"] for row in flat(await twin.read(f"/api/v1/{asked}/{path}?$select=Code"))]


@proves(rule.REASONS)
@pytest.mark.parametrize(
    ("whom", "reason", "status"),
    [
        (USER.name, "BlockedUser", 401), (USER.name, "InactiveUser", 401), ("*", "BlockedCustomer", 403),
        ("*", "LicenseExpired", 403), (str(DIVISION), "DivisionBlocked", 403), (str(DIVISION), "LicenseExpired", 403),
    ],
)  # fmt: skip
async def test_who_is_blocked_hears_the_reason(pair: Twin, whom: str, reason: Reason, status: int) -> None:
    pair.site.settings.reasons = {whom: reason}
    answer = await pair.get(f"{CENTERS}?$top=1")

    assert (answer.status_code, answer.headers.get("Reason")) == (status, reason)


async def test_a_blocked_division_leaves_the_others_and_me_alone(pair: Twin) -> None:
    pair.site.settings.reasons = {str(DIVISION): "DivisionBlocked"}

    assert (await pair.get(f"/api/v1/{OTHER}/hrm/Costcenters?$top=1")).status_code == 200
    assert (await pair.get(ME)).status_code == 200


@proves(rule.SCOPES)
async def test_an_app_without_a_scope_is_told_which(pair: Twin) -> None:
    pair.site.settings.scopes_missing = ["organization.administration"]
    answer = await pair.get(f"/api/v1/{DIVISION}/system/Divisions")

    assert answer.status_code == 403
    assert message(answer).endswith("Cannot read 'organization.administration' scope.")
    assert (await pair.get(f"/api/v1/{DIVISION}/hrm/Divisions")).status_code == 200


@proves(rule.SCOPES)
@pytest.mark.parametrize(
    "address",
    [
        "sync/Deleted?$filter=Timestamp gt 1",
        "webhooks/WebhookSubscriptions?$select=ID",
        "read/sync/Sync/SyncTimestamp?modified=datetime'2026-01-01'&endPoint='Projects'",
    ],
)
async def test_an_organizations_administration_covers_deletes_starts_and_subscriptions(
    pair: Twin, address: str
) -> None:
    url = f"/api/v1/{DIVISION}/{address}"
    granted = await pair.get(url)
    pair.site.settings.scopes_missing = ["organization.administration"]

    assert (granted.status_code, (await pair.get(url)).status_code) == (200, 403)


@proves(rule.RIGHTS)
async def test_a_right_that_was_lost_closes_an_address(pair: Twin) -> None:
    pair.site.settings.rights_lost = ["sync/Financial/TransactionLines"]

    assert (await pair.get(f"{LINES}?$filter=Timestamp gt 1")).status_code == 403
    assert (await pair.get(f"{CENTERS}?$top=1")).status_code == 200
    pair.site.settings.rights_status = 404
    assert (await pair.get(f"{LINES}?$filter=Timestamp gt 1")).status_code == 404


async def test_a_missing_right_may_hide_all_deletes_without_a_word(pair: Twin) -> None:
    pair.change("GLAccounts", "delete", 3)
    shown = []
    for hidden in (False, True):
        pair.site.settings.deletes_hidden = hidden
        pages = [await pair.get(f"/api/v1/{code}/sync/Deleted?$filter=Timestamp gt 1") for code in (DIVISION, OTHER)]
        shown.append(sum(len(page.json()["d"]["results"]) for page in pages))

    assert shown == [3, 0]


@proves(rule.ARCHIVED)
async def test_an_archived_division_is_listed_as_such_and_not_served(pair: Twin) -> None:
    pair.site.settings.archived = [DIVISION]
    answer = await pair.get(f"{CENTERS}?$top=1")
    rows = {
        path: next(flat(await pair.read(f"/api/v1/{OTHER}/{path}?$filter=Code eq {DIVISION}")))
        for path in ("hrm/Divisions", "system/Divisions", "system/AllDivisions")
    }

    assert (answer.status_code, answer.headers.get("Reason")) == (403, "DivisionBlocked")
    assert [row["Status"] for row in rows.values()] == [1, 2, 2]
    assert all(row["ArchiveDate"] for row in rows.values())
    pair.site.settings.archived_reads = True
    assert (await pair.get(f"{CENTERS}?$top=1")).status_code == 200


@proves(rule.DIVISION_LISTS)
async def test_two_of_the_lists_keep_to_the_licence_of_the_address(pair: Twin) -> None:
    pair.site.settings.other_licences = [OTHER]

    assert await codes(pair, "hrm/Divisions") == await codes(pair, "system/AllDivisions") == [DIVISION]
    assert await codes(pair, "hrm/Divisions", OTHER) == [OTHER]
    assert await codes(pair, "system/Divisions") == [DIVISION, OTHER]


@proves(rule.GRANTED)
async def test_only_the_divisions_of_the_consent_are_seen_also_after_a_refresh(pair: Twin) -> None:
    await pair.exchange(await pair.code(str(OTHER)))
    pair.site.clock.advance(571)
    await pair.refresh()

    assert (await pair.get(f"{CENTERS}?$top=1")).headers.get("Reason") == "NoDivisionAccess"
    assert await codes(pair, "system/Divisions", OTHER) == [OTHER]
    assert (await pair.get(ME)).json()["d"]["results"][0]["CurrentDivision"] == OTHER


async def test_the_lists_differ_in_what_they_say(pair: Twin) -> None:
    hrm = (await pair.get(f"/api/v1/{DIVISION}/hrm/Divisions({DIVISION})")).json()["d"]
    system = (await pair.get(f"/api/v1/{DIVISION}/system/Divisions({DIVISION})")).json()["d"]

    assert (hrm["HID"], hrm["Main"], hrm["Status"]) == (system["Hid"], system["IsMainDivision"], 0)
    assert system["Status"] == 1
    assert "DivisionMoveDate" in system
    assert "DivisionMoveDate" not in hrm
