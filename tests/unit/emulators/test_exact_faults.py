"""What goes wrong on request: calls, token calls, commits, and answers that show an older state."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from emulators.wire import Reset, Truncated
from fakes.exact_emulator import ACCOUNTS, Twin, flat

ALL = f"{ACCOUNTS}?$filter=Timestamp gt 1&$select=ID,Timestamp"
SIZE = 100
LATER_S = 571


def fault(exact: Twin, route: str, kind: str, **members: Any) -> None:
    """The next call of a route goes wrong."""
    exact.faults.add({"route": route, "calls": [1], "fault": {"kind": kind} | members})


async def ids(exact: Twin, url: str = ALL) -> list[str]:
    return [row["ID"] for row in flat(await exact.read(url))]


@pytest.mark.parametrize("status", [408, 429, 500, 503, 599])
async def test_any_status_comes_in_the_place_of_the_answer_once(exact: Twin, status: int) -> None:
    fault(exact, "sync.*", "status", status=status)

    assert (await exact.get(ALL)).status_code == status
    assert (await exact.get(ALL)).status_code == 200


async def test_a_429_has_retry_after_or_not(exact: Twin) -> None:
    fault(exact, "sync.*", "status", status=429, retry_after=7)
    fault(exact, "sync.*", "status", status=429)
    answers = [await exact.get(ALL), await exact.get(ALL)]

    assert [one.headers.get("Retry-After") for one in answers] == ["7", None]


@pytest.mark.parametrize("status", [200, 503])
async def test_a_maintenance_page_is_html_with_200_as_well(exact: Twin, status: int) -> None:
    fault(exact, f"GET {ACCOUNTS}", "html", status=status)
    answer = await exact.get(ALL)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_a_fault_may_concern_one_site(exact: Twin) -> None:
    fault(exact, "be:sync.*", "status")
    elsewhere = (await exact.get(ALL)).status_code
    fault(exact, "nl:sync.*", "status")

    assert (elsewhere, (await exact.get(ALL)).status_code) == (200, 503)


async def test_connections_break_before_or_after_the_effect(exact: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[type] = []
    monkeypatch.setattr(Reset, "__call__", lambda self, *_: _noted(seen, self, *_))
    monkeypatch.setattr(Truncated, "__call__", lambda self, *_: _noted(seen, self, *_))
    for kind in ("reset_before", "reset_after", "truncate"):
        fault(exact, "sync.*", kind)
        await exact.get(ALL)

    assert seen == [Reset, Reset, Truncated]
    assert exact.site.limits.counted == 2


async def _noted(seen: list[type], answer: Any, scope: Any, receive: Any, send: Any) -> None:
    """As a client without a transport sees it: an empty answer."""
    seen.append(type(answer))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def test_a_token_call_took_effect_though_its_answer_never_came(exact: Twin) -> None:
    exact.site.settings.old_refresh = "refused"
    exact.site.clock.advance(LATER_S)
    before = exact.refresh_token
    fault(exact, "token", "refused_but_done", status=502)
    lost = await exact.refresh(before)

    assert lost.status_code == 502
    assert (await exact.refresh(before)).json()["error_description"] == "Old refresh token used."


async def test_a_token_call_may_arrive_after_its_caller_gave_up(exact: Twin) -> None:
    exact.site.clock.advance(LATER_S)
    before = exact.refresh_token
    fault(exact, "token", "late", seconds=0.05, answer=504)
    gave_up = (await exact.refresh(before)).status_code
    family = exact.site.authority.issued()
    await asyncio.sleep(0.1)

    assert gave_up == 504
    assert exact.site.authority.issued() != family
    assert (await exact.refresh(before)).status_code == 401


async def test_a_token_call_that_comes_twice_presents_its_token_twice(exact: Twin) -> None:
    exact.site.clock.advance(LATER_S)
    fault(exact, "token", "twice")
    first = await exact.refresh()
    exact.site.clock.advance(LATER_S)

    assert first.status_code == 200
    assert (await exact.refresh()).status_code == 401


async def test_the_commit_of_a_chosen_change_is_late(exact: Twin) -> None:
    before = await ids(exact)
    fault(exact, "change.GLAccounts", "late_commit", seconds=30)
    late, prompt = exact.change("GLAccounts", "create", 2)
    seen = set(await ids(exact)) - set(before)
    exact.site.clock.advance(31)
    versions = {row["ID"]: int(row["Timestamp"]) for row in flat(await exact.read(ALL))}

    assert seen == {prompt.key}
    assert versions[late.key] < versions[prompt.key]
