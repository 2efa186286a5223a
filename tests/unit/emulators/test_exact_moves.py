"""A division that moves to another database: its Timestamps, its delete log, its dates in the lists."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.exact import rules as rule
from emulators.proof import proves
from fakes.exact_emulator import ACCOUNTS, DELETED, DIVISION, LINES, Twin, flat

ALL = "?$filter=Timestamp gt 1&$select=ID,Timestamp"
LISTED = f"/api/v1/{DIVISION}/system/Divisions?$select=Code,DivisionMoveDate,DivisionHRLinkUnlinkDate"


async def move(exact: Twin, **asked: Any) -> None:
    answer = await exact.control.post("/control/move", json={"division": DIVISION} | asked)
    assert answer.status_code == 200, answer.text


async def stamps(exact: Twin, path: str) -> dict[str, int]:
    return {row["ID"]: int(row["Timestamp"]) for row in flat(await exact.read(path + ALL))}


@proves(rule.MOVE_RENUMBERS)
async def test_a_move_makes_all_timestamps_anew_by_a_lower_counter_and_in_another_order(exact: Twin) -> None:
    exact.change("GLAccounts", "delete", 3)
    exact.change("GLAccounts", "edit", 3)
    before = {path: await stamps(exact, path) for path in (LINES, ACCOUNTS, DELETED)}
    await move(exact)
    after = {path: await stamps(exact, path) for path in (LINES, ACCOUNTS, DELETED)}

    assert {path: set(found) for path, found in after.items()} == {path: set(found) for path, found in before.items()}
    lowest = min(stamp for found in before.values() for stamp in found.values())
    assert max(stamp for found in after.values() for stamp in found.values()) < lowest
    assert sorted(before[ACCOUNTS], key=before[ACCOUNTS].get) != sorted(after[ACCOUNTS], key=after[ACCOUNTS].get)  # type: ignore[arg-type]
    assert max(after[DELETED].values()) < min(after[LINES].values())


async def test_changes_after_a_move_are_numbered_by_the_new_database(exact: Twin) -> None:
    await move(exact)
    before = await stamps(exact, ACCOUNTS)
    changed = exact.change("GLAccounts", "edit")[0]
    gone = exact.change("GLAccounts", "delete")[0]
    after, log = await stamps(exact, ACCOUNTS), list(flat(await exact.read(DELETED + "?$filter=Timestamp gt 1")))

    assert changed.key == gone.key or after[changed.key] > max(before.values())
    assert [entry["EntityKey"] for entry in log] == [gone.key]
    assert max(before.values()) < int(log[0]["Timestamp"]) < 5_000_000_000


async def test_each_move_goes_below_the_one_before(exact: Twin) -> None:
    await move(exact)
    once = await stamps(exact, ACCOUNTS)
    await move(exact)

    assert max((await stamps(exact, ACCOUNTS)).values()) < min(once.values())


async def test_a_change_under_way_is_made_before_the_move(exact: Twin) -> None:
    await exact.control.post("/control/settings", json={"late_commit_s": 3600})
    exact.change("GLAccounts", "create")
    before = await stamps(exact, ACCOUNTS)
    await move(exact)

    assert len(await stamps(exact, ACCOUNTS)) == len(before) + 1


@pytest.mark.parametrize(("kind", "date"), [("move", "DivisionMoveDate"), ("link", "DivisionHRLinkUnlinkDate")])
async def test_the_list_tells_when_a_division_moved_or_was_linked(exact: Twin, kind: str, date: str) -> None:
    before = next(flat(await exact.read(LISTED)))
    await move(exact, kind=kind)
    after = next(flat(await exact.read(LISTED)))

    assert {name for name in before if before[name] != after[name]} - {"__metadata"} == {date}


async def test_records_of_a_stream_without_timestamps_stay_as_they_are(exact: Twin) -> None:
    centers = f"/api/v1/{DIVISION}/hrm/Costcenters?$select=ID,Code,Modified"
    before = list(flat(await exact.read(centers)))
    await move(exact)

    assert list(flat(await exact.read(centers))) == before


@pytest.mark.parametrize("asked", [{}, {"division": 7}, {"division": DIVISION, "kind": "fly"}])
async def test_an_unknown_division_or_kind_is_refused(exact: Twin, asked: dict[str, Any]) -> None:
    assert (await exact.control.post("/control/move", json=asked)).status_code == 400
