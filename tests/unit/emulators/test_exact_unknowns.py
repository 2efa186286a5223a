"""What nobody outside Exact knows, as settings: counters of deletes, ids that return, tokens that live on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from emulators.exact import rules as rule
from emulators.exact.commits import Remove
from emulators.exact.entities import TRANSACTION_LINES
from emulators.exact.row import Row
from emulators.exact.values import NULL
from emulators.proof import proves
from fakes.exact_emulator import DELETED, DIVISION, LINES, Twin, flat, message

LOG = f"{DELETED}?$filter=Timestamp gt 1"
ACCOUNTS_ALL = f"/api/v1/{DIVISION}/sync/Financial/GLAccounts?$filter=Timestamp gt 1&$select=ID,Timestamp"
START = f"/api/v1/{DIVISION}/read/sync/Sync/SyncTimestamp"
LATER_S = 571


async def settings(exact: Twin, **changed: Any) -> None:
    assert (await exact.control.post("/control/settings", json=changed)).status_code == 200


@proves(rule.DELETED_LOGGED)
async def test_a_delete_is_logged_with_the_databases_counter(exact: Twin) -> None:
    highest = max(int(row["Timestamp"]) for row in flat(await exact.read(ACCOUNTS_ALL)))
    gone = exact.change("GLAccounts", "delete")[0]
    log = list(flat(await exact.read(LOG)))

    assert [entry["EntityKey"] for entry in log] == [gone.key]
    assert int(log[0]["Timestamp"]) > highest


async def test_deletes_may_be_numbered_by_a_counter_of_their_own(exact: Twin) -> None:
    await settings(exact, deleted_counter="own")
    gone = exact.change("GLAccounts", "delete", 3)
    log = list(flat(await exact.read(LOG)))

    assert [entry["EntityKey"] for entry in log] == [one.key for one in gone]
    assert [int(entry["Timestamp"]) for entry in log] == [1_000, 1_001, 1_002]


@pytest.mark.parametrize(("which", "logged"), [("all", [0, 1, 2]), ("headers", [0]), ("lines", [1, 2])])
async def test_of_a_document_all_records_or_its_header_or_its_lines_are_logged(
    exact: Twin, which: str, logged: list[int]
) -> None:
    await settings(exact, delete_log=which)
    rows = [_line(number) for number in range(3)]
    exact.site.commits.commit([exact.site.commits.put(TRANSACTION_LINES, row) for row in rows])
    exact.site.commits.commit([Remove(TRANSACTION_LINES, row, exact.site.versions.next()) for row in rows])
    found = {entry["EntityKey"] for entry in flat(await exact.read(LOG))}

    assert found == {rows[at].id for at in logged}


def _line(number: int) -> Row:
    values = [NULL] * len(TRANSACTION_LINES.fields)
    values[TRANSACTION_LINES.at("LineNumber")] = str(number)
    key = f"00000000-0000-4000-8000-00000000000{number}"
    return Row(0, DIVISION, key, "00000000-0000-4000-8000-0000000000ff", 0.0, values)


async def test_deleted_records_return_under_their_ids_with_a_newer_timestamp(exact: Twin) -> None:
    gone = exact.change("GLAccounts", "delete", 2)
    deleted = list(flat(await exact.read(LOG)))
    answer = await exact.control.post("/control/return", json={"entity": "GLAccounts", "n": 1})
    back = answer.json()["changed"][0]
    found = {row["ID"]: int(row["Timestamp"]) for row in flat(await exact.read(ACCOUNTS_ALL))}

    assert (back["key"], back["kind"]) == (gone[-1].key, "return")
    assert found[gone[-1].key] > int(deleted[-1]["Timestamp"])
    assert gone[0].key not in found


async def test_an_entry_returns_with_all_its_lines(exact: Twin) -> None:
    before = exact.site.store.count(TRANSACTION_LINES)
    gone = exact.change("TransactionLines", "delete")[0]
    without = exact.site.store.count(TRANSACTION_LINES)
    answer = await exact.control.post("/control/return", json={"entity": "TransactionLines", "n": 1})
    rows = exact.site.store.rows(TRANSACTION_LINES, DIVISION, parent=gone.key)

    assert (before - without, exact.site.store.count(TRANSACTION_LINES)) == (len(gone.ids), before)
    assert sorted(answer.json()["changed"][0]["ids"]) == sorted(row.id for row in rows)


async def test_more_cannot_return_than_was_deleted(exact: Twin) -> None:
    for asked in ({"entity": "GLAccounts", "n": 1}, {"entity": "Nothing"}, {"entity": "GLAccounts", "site": "be"}):
        assert (await exact.control.post("/control/return", json=asked)).status_code == 400


async def test_an_old_refresh_token_may_live_until_its_successor_is_used(exact: Twin) -> None:
    await settings(exact, old_refresh="lives")
    old = exact.refresh_token
    for _ in range(2):  # the first answer may be lost: the old token works once more
        exact.site.clock.advance(LATER_S)
        assert (await exact.refresh(old)).status_code == 200
    exact.site.clock.advance(LATER_S)
    assert (await exact.refresh()).status_code == 200
    exact.site.clock.advance(LATER_S)

    assert (await exact.refresh(old)).status_code == 401
    assert (await exact.refresh()).status_code == 200


async def test_token_calls_are_among_the_statistics(exact: Twin) -> None:
    await exact.refresh()
    stats = (await exact.control.get("/control/stats")).json()
    token = next(use for use in stats["limits"] if use["name"] == "token")

    assert (token["used"], token["limit"], token["site"]) == (2, 200, "nl")


@pytest.mark.parametrize("choice", ["least_modified", "least_timestamp"])
async def test_sync_timestamp_gives_the_first_record_modified_since_a_date(exact: Twin, choice: str) -> None:
    exact.change("TransactionLines", "edit", 20)
    await settings(exact, sync_from=choice)
    rows = list(flat(await exact.read(f"{LINES}?$filter=Timestamp gt 1&$select=Timestamp,Modified")))
    placed = sorted((_ms(row["Modified"]), int(row["Timestamp"])) for row in rows)
    since = placed[len(placed) // 2][0]
    kept = [one for one in placed if one[0] >= since]
    wall = datetime.fromtimestamp(since / 1000, UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    found = (await exact.get(f"{START}?modified=datetime'{wall}'&endPoint='TransactionLines'")).json()["d"]
    wanted = min(kept) if choice == "least_modified" else min(kept, key=lambda one: one[1])

    assert [(_ms(one["Modified"]), int(one["TimeStampAsBigInt"])) for one in found] == [wanted]
    assert found[0]["API"] == "TransactionLines"


def _ms(shown: str) -> int:
    return int(shown[6:-2])


async def test_sync_timestamp_has_no_record_after_the_last_and_none_of_an_empty_stream(exact: Twin) -> None:
    urls = [f"{START}?modified=datetime'{day}'&endPoint='{name}'" for day, name in _NOTHING]
    answers = [await exact.get(url) for url in urls]

    assert [answer.json()["d"] for answer in answers] == [[], []]


_NOTHING = [("2099-01-01", "TransactionLines"), ("2020-01-01", "ShopOrders")]


@proves(rule.SYNC_START)
@pytest.mark.parametrize(
    "query",
    [
        "endPoint='TransactionLines'", "modified=datetime'2025-01-01'", "modified='2025'&endPoint='TransactionLines'",
        "modified=datetime'2025-01-01'&endPoint='GLAccounts'", "modified=datetime'2025-13-01'&endPoint='Projects'",
        "modified=datetime'0000-01-01'&endPoint='Projects'", "modified=datetime'2025-01-01T99:99'&endPoint='Projects'",
    ],
)  # fmt: skip
async def test_sync_timestamp_wants_a_date_and_a_stream_that_it_knows(exact: Twin, query: str) -> None:
    answer = await exact.get(f"{START}?{query}")

    assert answer.status_code == 400
    assert "mandatory" in message(answer)


async def test_settings_are_checked_and_may_be_of_one_site(exact: Twin) -> None:
    wrong = ({"page_order": "x"}, {"replica_share": 2}, {"nothing": 1}, {"day_zone": "Mars"}, {"calls_a_day": 0})
    statuses = [(await exact.control.post("/control/settings", json=one)).status_code for one in wrong]
    other = await exact.control.post("/control/settings?site=be", json={"calls_a_day": 7})
    own = await exact.control.post("/control/settings?site=nl", json={"calls_a_day": 7})

    assert statuses == [400] * 5
    assert (other.status_code, own.status_code) == (400, 200)
    assert exact.site.settings.calls_a_day == 7
