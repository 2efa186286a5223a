"""Reads that show another state: a stale replica, former versions, records after their delete, pages in odd orders."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.exact.entities import COST_CENTERS, GL_ACCOUNTS
from fakes.exact_emulator import ACCOUNTS, CENTERS, DELETED, DIVISION, Twin, flat
from unit.emulators.test_exact_faults import fault, ids

SIZE = 100
ALL = f"{ACCOUNTS}?$filter=Timestamp gt 1&$select=ID,Timestamp"
FOR_EVER = {"route": "sync.GLAccounts", "fault": {"kind": "stale", "seconds": 30}}


async def test_a_stale_read_shows_the_state_of_some_seconds_ago(exact: Twin) -> None:
    before = await exact.read(ALL)
    exact.site.clock.advance(60)
    for kind in ("create", "edit", "delete", "restamp"):
        exact.change("GLAccounts", kind, 2)
    now = await exact.read(ALL)
    fault(exact, "sync.GLAccounts", "stale", seconds=30)

    assert await exact.read(ALL) == before
    assert await exact.read(ALL) == now


async def test_a_stale_read_of_other_resources_and_of_deletes(exact: Twin) -> None:
    url = f"{CENTERS}?$select=ID,Description,Modified"
    before, log = (await exact.get(url)).json(), f"{DELETED}?$filter=Timestamp gt 1"
    exact.site.clock.advance(60)
    exact.change("Costcenters", "edit", 40)
    exact.change("GLAccounts", "delete")
    fault(exact, "list.Costcenters", "stale", seconds=30)
    fault(exact, "sync.Deleted", "stale", seconds=30)

    assert ((await exact.get(url)).json(), await exact.read(log)) == (before, [[]])
    assert (await exact.get(url)).json() != before
    assert len(list(flat(await exact.read(log)))) == 1


async def test_a_single_record_is_stale_too(exact: Twin) -> None:
    row = exact.site.store.rows(COST_CENTERS, DIVISION)[0]
    for held in exact.site.store.rows(COST_CENTERS, DIVISION)[1:]:
        exact.site.store.remove(COST_CENTERS, held, 0, 0.0)
    exact.site.clock.advance(60)
    exact.change("Costcenters", "edit")
    fault(exact, "key.Costcenters", "stale", seconds=30)
    url = f"{CENTERS}(guid'{row.id}')?$select=Description"
    stale, now = (await exact.get(url)).json()["d"], (await exact.get(url)).json()["d"]

    assert stale["Description"] != now["Description"]


@pytest.mark.parametrize("stale", [False, True])
async def test_a_count_is_of_what_is_shown_of_stale_doubled_and_deleted_records(exact: Twin, *, stale: bool) -> None:
    exact.site.clock.advance(60)
    for kind in ("create", "edit", "delete", "delete", "restamp"):
        exact.change("GLAccounts", kind, 2)
    exact.site.settings.doubles, exact.site.settings.shown_after_delete_s = 1.0, 30
    if stale:
        exact.faults.add(FOR_EVER)
    found = (await exact.get(f"{ALL}&$inlinecount=allpages")).json()["d"]

    assert int(found["__count"]) == len(found["results"])


async def test_many_pages_of_a_stale_stream_hold_each_record_once(exact: Twin) -> None:
    exact.site.clock.advance(60)
    before = {row.id for row in exact.site.store.rows(GL_ACCOUNTS, DIVISION)}
    exact.change("GLAccounts", "restamp", 5)
    exact.faults.add(FOR_EVER)
    rows, url = [], f"{ALL}&$top=7"
    above = 1
    while page := (await exact.get(url)).json()["d"]:
        rows += page
        above = int(page[-1]["Timestamp"])
        url = ALL.replace("gt 1", f"gt {above}") + "&$top=7"

    assert sorted(row["ID"] for row in rows) == sorted(before)


async def test_a_replica_is_behind_for_a_share_of_reads_as_a_setting(exact: Twin) -> None:
    before = await ids(exact)
    exact.site.clock.advance(60)
    exact.change("GLAccounts", "create")
    exact.site.settings.replica_lag_s, exact.site.settings.replica_share = 30, 0.5
    seen = [len(await ids(exact)) - len(before) for _ in range(20)]

    assert set(seen) == {0, 1}
    assert sorted(seen) != seen, "answers go back in time"


async def test_the_same_id_comes_twice_in_a_run_first_its_former_version(exact: Twin) -> None:
    exact.site.settings.doubles = 1.0
    exact.site.clock.advance(1)
    made = exact.change("GLAccounts", "restamp")[0]
    versions = [int(row["Timestamp"]) for row in flat(await exact.read(ALL)) if row["ID"] == made.key]

    assert len(versions) == 2
    assert versions == sorted(versions)


async def test_a_deleted_record_is_still_shown_for_a_while_as_a_setting(exact: Twin) -> None:
    exact.site.settings.shown_after_delete_s = 30
    gone = exact.change("GLAccounts", "delete")[0]
    logged = [entry["EntityKey"] for entry in flat(await exact.read(f"{DELETED}?$filter=Timestamp gt 1"))]
    shown = await ids(exact)
    exact.site.clock.advance(31)

    assert logged == [gone.key]
    assert gone.key in shown
    assert gone.key not in await ids(exact)


@pytest.mark.parametrize("order", ["timestamp", "id", "offset"])
async def test_each_order_of_pages_gives_every_record_once_when_nothing_changes(exact: Twin, order: Any) -> None:
    exact.site.settings.page_order = order
    held = {row.id for row in exact.site.store.rows(GL_ACCOUNTS, DIVISION)}

    assert sorted(await ids(exact)) == sorted(held)


async def test_a_live_record_is_missed_when_pages_go_on_by_number_and_one_before_moves(exact: Twin) -> None:
    exact.site.settings.list_order = "offset"
    url = f"{CENTERS}?$select=ID"
    first = (await exact.get(url)).json()["d"]
    before = exact.site.store.rows(COST_CENTERS, DIVISION, key=first["results"][0]["ID"])[0]
    exact.site.store.remove(COST_CENTERS, before, 0, 0)
    seen = [row["ID"] for row in first["results"] + list(flat(await exact.read(first["__next"])))]
    live = {row.id for row in exact.site.store.rows(COST_CENTERS, DIVISION)}

    assert len(live - set(seen)) == 1


async def test_the_records_of_a_page_come_in_no_order_as_a_setting(exact: Twin) -> None:
    ordered = await ids(exact)
    exact.site.settings.shuffled = True
    shuffled = await ids(exact)

    assert shuffled != ordered
    assert sorted(shuffled) == sorted(ordered)
