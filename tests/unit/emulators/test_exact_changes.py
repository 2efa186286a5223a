"""Changes: balanced entries, rowversions that rise, the delete log, late commits, history, and signed notices."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import defaultdict
from contextlib import closing
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest

from emulators.exact import rules as rule
from emulators.exact.changes import KINDS
from emulators.exact.entities import TRANSACTION_LINES
from emulators.exact.notices import event, notices
from emulators.proof import proves
from fakes.exact_emulator import ACCOUNTS, APP, BASE, CENTERS, DELETED, LINES, Twin, flat

ALL_LINES = f"{LINES}?$filter=Timestamp gt 1"
ALL_CENTERS = f"{CENTERS}?$select=ID,Code,Description,EndDate,Modified"
UNIT = Decimal("0.0001")


async def lines(exact: Twin) -> dict[str, dict[str, Any]]:
    """The live ledger lines by id, as the stream has them; fractions are Decimal."""
    answer = (await exact.control.get("/control/records/TransactionLines")).text
    return {row["ID"]: row for row in (json.loads(line, parse_float=Decimal) for line in answer.splitlines())}


async def history(exact: Twin, entity: str) -> list[dict[str, Any]]:
    """Every version that records ever had, oldest first."""
    answer = (await exact.control.get(f"/control/history/{entity}")).text
    return sorted((json.loads(line) for line in answer.splitlines()), key=lambda one: int(one["version"]))


def entries_add_up(rows: dict[str, dict[str, Any]]) -> bool:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows.values():
        for field in ("AmountDC", "AmountFC"):
            sums[row["EntryID"] + field] += Decimal(row[field]).quantize(UNIT, ROUND_HALF_UP)
    return not any(sums.values())


def highest(rows: dict[str, dict[str, Any]]) -> int:
    return max(int(row["Timestamp"]) for row in rows.values())


@pytest.fixture
async def clocked(exact: Twin) -> Twin:
    """Without the minute limit, which these tests are not about."""
    exact.off(rule.MINUTE_LIMIT.id)
    return exact


@pytest.mark.parametrize("kind", KINDS[TRANSACTION_LINES])
async def test_every_kind_of_change_keeps_every_entry_balanced(clocked: Twin, kind: str) -> None:
    for _ in range(40):
        clocked.change("TransactionLines", kind)

    assert entries_add_up(await lines(clocked))


async def test_a_changed_record_takes_a_higher_timestamp_and_others_keep_theirs(clocked: Twin) -> None:
    before = await lines(clocked)
    (change,) = clocked.change("TransactionLines", "edit")
    after = await lines(clocked)

    assert all(int(after[key]["Timestamp"]) > highest(before) for key in change.ids)
    assert {key: row for key, row in before.items() if key not in change.ids} == {
        key: row for key, row in after.items() if key not in change.ids
    }


async def test_a_restamp_changes_nothing_but_the_timestamp(clocked: Twin) -> None:
    before = await lines(clocked)
    (change,) = clocked.change("TransactionLines", "restamp")
    after = await lines(clocked)

    for key in change.ids:
        assert {name for name in before[key] if before[key][name] != after[key][name]} == {"Timestamp"}


async def test_rowversions_have_gaps(clocked: Twin) -> None:
    stamps = sorted(int(row["Timestamp"]) for row in (await lines(clocked)).values())

    assert {later - one for one, later in pairwise(stamps)} >= {1, 2, 3}


async def test_a_late_posting_lies_in_an_earlier_period_than_its_creation(clocked: Twin) -> None:
    (change,) = clocked.change("TransactionLines", "backdate")
    row = (await lines(clocked))[change.ids[0]]

    assert row["FinancialPeriod"] < 11
    assert int(row["Created"][6:-2]) > int(row["Date"][6:-2])


async def test_a_deleted_entry_leaves_the_stream_and_each_line_enters_the_log(clocked: Twin) -> None:
    before = await lines(clocked)
    (change,) = clocked.change("TransactionLines", "delete")
    log = list(flat(await clocked.read(f"{DELETED}?$filter=Timestamp gt {highest(before)}")))

    assert not set(change.ids) & (await lines(clocked)).keys()
    assert {row["EntityKey"] for row in log} == set(change.ids)
    assert {row["EntityType"] for row in log} == {1}
    assert all(int(row["Timestamp"]) > highest(before) for row in log)


@proves(rule.DELETED_KEPT)
async def test_the_delete_log_forgets_after_two_months(clocked: Twin) -> None:
    clocked.off(rule.TOKEN_LIFE.id, rule.REFRESH_LIFE.id)
    clocked.change("GLAccounts", "delete")
    soon = await clocked.read(f"{DELETED}?$filter=Timestamp gt 1")
    clocked.site.clock.advance(62 * 86_400)
    late = await clocked.read(f"{DELETED}?$filter=Timestamp gt 1")

    assert ([len(page) for page in soon], [len(page) for page in late]) == ([1], [0])


async def test_a_deleted_cost_centre_leaves_no_log(clocked: Twin) -> None:
    (change,) = clocked.change("Costcenters", "delete")

    assert change.key not in {row["ID"] for row in flat(await clocked.read(ALL_CENTERS))}
    assert await clocked.read(f"{DELETED}?$filter=Timestamp gt 1") == [[]]


async def test_changes_of_masters_show_in_their_streams(clocked: Twin) -> None:
    (account,) = clocked.change("GLAccounts", "create")
    (center,) = clocked.change("Costcenters", "edit")
    accounts = {row["ID"] for row in flat(await clocked.read(f"{ACCOUNTS}?$filter=Timestamp gt 1"))}
    newest = (await clocked.get(f"{ALL_CENTERS}&$orderby=Modified desc&$top=1")).json()["d"][0]

    assert account.key in accounts
    assert newest["ID"] == center.key


async def test_a_late_commit_takes_its_timestamp_now_and_shows_up_after_a_newer_one(clocked: Twin) -> None:
    clocked.faults.add(
        {"route": "change.TransactionLines", "calls": [1], "fault": {"kind": "late_commit", "seconds": 60}}
    )
    (late,) = clocked.change("TransactionLines", "create")
    (newer,) = clocked.change("TransactionLines", "create")
    seen = {row["ID"]: int(row["Timestamp"]) for row in flat(await clocked.read(f"{ALL_LINES}&$select=ID,Timestamp"))}
    clocked.site.clock.advance(61)
    then = {row["ID"]: int(row["Timestamp"]) for row in flat(await clocked.read(f"{ALL_LINES}&$select=ID,Timestamp"))}

    assert not set(late.ids) & seen.keys()
    assert max(then[key] for key in late.ids) < min(then[key] for key in newer.ids)


async def test_history_holds_every_version_and_the_end(clocked: Twin) -> None:
    (edit,) = clocked.change("TransactionLines", "edit")
    (gone,) = clocked.change("Costcenters", "delete")
    edited = [one for one in await history(clocked, "TransactionLines") if one["id"] == edit.ids[0]]
    ended = [one for one in await history(clocked, "Costcenters") if one["id"] == gone.key]

    assert [one["record"]["ID"] for one in edited] == [edit.ids[0]] * 2
    assert len({one["version"] for one in edited}) == 2
    assert [(one["deleted"], one["record"] is None) for one in ended] == [(False, False), (True, True)]


async def test_the_truth_sums_debit_and_credit_per_account_and_period(clocked: Twin) -> None:
    clocked.change(None, "edit", 20)
    truth = (await clocked.control.get("/control/truth")).json()
    rows = await lines(clocked)

    assert truth["records"]["TransactionLines"] == len(rows) == sum(one["lines"] for one in truth["sums"])
    assert sum(Decimal(one["debit"]) for one in truth["sums"]) == sum(
        max(Decimal(row["AmountDC"]), Decimal(0)) for row in rows.values()
    )


async def test_the_same_seed_makes_the_same_changes(exact: Twin, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Twin.opened(tmp_path_factory.mktemp("other"))
    with closing(other.site.store):
        shown = [
            [(one.kind, one.entity.name, one.key) for one in twin.changes.change(None, 30, None)]
            for twin in (exact, other)
        ]

    assert shown[0] == shown[1]


@pytest.mark.parametrize(("zone", "ahead_s"), [("Europe/Amsterdam", (3_600, 7_200)), ("UTC", (0,))])
async def test_the_clock_of_a_changes_modified_is_a_setting(exact: Twin, zone: Any, ahead_s: tuple[int, ...]) -> None:
    exact.site.settings.stamp_zone = zone
    made = [one.key for entity in ("GLAccounts", "TransactionLines") for one in exact.change(entity, "edit")]
    now = exact.site.clock.now()
    rows = [row for url in (ACCOUNTS, LINES) for row in flat(await exact.read(f"{url}?$filter=Timestamp gt 1"))]
    stamps = {int(row["Modified"][6:-2]) // 1000 for row in rows if {row["ID"], row.get("EntryID")} & set(made)}

    assert any(abs(max(stamps) - now - ahead) < 5 for ahead in ahead_s)


async def test_unknown_kinds_and_entities_and_numbers_that_are_none_are_refused(exact: Twin) -> None:
    words = ({"entity": "Nothing"}, {"kinds": ["explode"]}, {"entity": "GLAccounts", "kinds": ["backdate"]})
    for wrong in (*words, {"n": -1}, {"n": 10**9}):
        assert (await exact.control.post("/control/change", json={"n": 1} | wrong)).status_code == 400


async def test_a_notice_is_signed_over_its_content_as_it_stands(exact: Twin) -> None:
    (change,) = exact.change("TransactionLines", "create")
    told = event(change)
    assert told
    (notice,) = notices(told, [], "https://app.example/x", APP, BASE)
    match = re.fullmatch(rb'\{"Content":(\{.*\}),"HashCode":"([0-9A-F]{64})"\}', notice.body)

    assert match
    assert hmac.new(APP.webhook_secret.encode(), match[1], hashlib.sha256).hexdigest().upper().encode() == match[2]
    content = json.loads(match[1])
    assert content["Key"] == change.key
    assert content["Topic"].endswith("Entries")
    assert list(content) == [
        "Topic", "ClientId", "Division", "Action", "Key", "ExactOnlineEndpoint", "EventCreatedOn",
    ]  # fmt: skip


async def test_cost_centres_have_no_topic(exact: Twin) -> None:
    changes = exact.change("Costcenters", "edit") + exact.change("GLAccounts", "edit")

    assert [told.topic for told in map(event, changes) if told] == ["GLAccounts"]


async def test_notify_needs_a_callback_and_says_who_did_not_answer(exact: Twin) -> None:
    exact.change("GLAccounts", "edit")
    without = await exact.control.post("/control/notify", json={"n": 1})
    nobody = await exact.control.post("/control/notify", json={"n": 1, "callback": "http://127.0.0.1:1/exact/x"})

    assert without.status_code == 400
    assert [one["status"] for one in nobody.json()["sent"]] == [0]


async def test_settings_are_checked_and_calls_are_listed(exact: Twin) -> None:
    good: httpx.Response = await exact.control.post("/control/settings", json={"page_order": "id"})
    bad = [
        await exact.control.post("/control/settings", json=one) for one in ({"page_order": "x"}, {"rules_off": ["no"]})
    ]
    await exact.get(f"{ACCOUNTS}?$filter=Timestamp gt 1")
    calls = [json.loads(line) for line in (await exact.control.get("/control/journal")).text.splitlines()]

    assert good.json()["page_order"] == "id"
    assert [one.status_code for one in bad] == [400, 400]
    assert calls[-1]["route"] == "sync.GLAccounts"
