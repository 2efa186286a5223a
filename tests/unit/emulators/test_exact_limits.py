"""Calls per minute and day, the error limit, faults, and the answers' own clock."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from emulators.exact import rules as rule
from emulators.proof import proves
from fakes.exact_emulator import ACCOUNTS, DIVISION, LINES, Twin

FEW = f"{ACCOUNTS}?$filter=Timestamp gt 9999999999"
DAILY = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
MINUTELY = ("X-RateLimit-Minutely-Limit", "X-RateLimit-Minutely-Remaining", "X-RateLimit-Minutely-Reset")


def to_minute(exact: Twin, before_end_s: float) -> None:
    """Move the clock to so many seconds before a minute ends."""
    exact.site.clock.advance(120 - exact.site.clock.now() % 60 - before_end_s)


@proves(rule.MINUTE_LIMIT, rule.LIMIT_HEADERS)
async def test_the_sixty_first_call_of_a_clock_minute_is_refused(exact: Twin) -> None:
    to_minute(exact, 50)
    answers = [await exact.get(FEW) for _ in range(61)]
    to_minute(exact, 59)
    after = await exact.get(FEW)

    assert [one.status_code for one in answers] == [200] * 60 + [429]
    assert [one.headers[MINUTELY[1]] for one in answers[:60]] == [str(n) for n in range(59, -1, -1)]
    assert all(name in answers[0].headers for name in DAILY + MINUTELY)
    assert all(name in answers[60].headers for name in MINUTELY)
    assert not any(name in answers[60].headers for name in DAILY)
    assert after.status_code == 200


async def test_the_minute_ends_when_its_header_says(exact: Twin) -> None:
    to_minute(exact, 50)
    reset = int((await exact.get(FEW)).headers[MINUTELY[2]]) / 1000

    assert reset % 60 == 0
    assert 0 < reset - exact.site.clock.now() <= 60


@proves(rule.DAY_LIMIT)
async def test_the_five_thousand_and_first_call_of_a_day_is_refused(exact: Twin) -> None:
    exact.off(rule.MINUTE_LIMIT.id, rule.TOKEN_LIFE.id)
    to_minute(exact, 50)
    scope = (exact.site.apps[0].client_id, DIVISION)
    for _ in range(5_000):
        exact.site.limits.call(scope)
    refused = await exact.get(FEW)
    exact.site.clock.advance(86_400)

    assert refused.status_code == 429
    assert refused.headers[DAILY[1]] == "0"
    assert not any(name in refused.headers for name in MINUTELY)
    assert (await exact.get(FEW)).status_code == 200


async def test_calls_without_a_division_are_not_counted_and_carry_no_headers(exact: Twin) -> None:
    answer = await exact.get("/api/v1/current/Me")

    assert not any(name in answer.headers for name in DAILY + MINUTELY)
    assert exact.site.limits.counted == 0


@proves(rule.ERROR_LIMIT)
async def test_the_eleventh_error_of_an_endpoint_within_an_hour_blocks_the_app_for_an_hour(exact: Twin) -> None:
    exact.off(rule.TOKEN_LIFE.id)
    wrong = [(await exact.get(f"{LINES}?$filter=Type eq 1")).status_code for _ in range(11)]
    blocked = await exact.get(FEW)
    exact.site.clock.advance(3_601)

    assert wrong == [400] * 11
    assert blocked.status_code == 403
    assert (await exact.get(FEW)).status_code == 200


async def test_lifted_limits_refuse_nothing(tmp_path: Path) -> None:
    exact = await Twin.opened(tmp_path, 100, limits=False).log_in()
    with closing(exact.site.store):
        statuses = {(await exact.get(FEW)).status_code for _ in range(70)}

    assert statuses == {200}


async def test_statistics_show_use_peak_and_the_bound_of_a_load(exact: Twin) -> None:
    to_minute(exact, 50)
    for _ in range(61):
        await exact.get(FEW)
    stats = (await exact.control.get("/control/stats")).json()

    assert stats["calls"]["sync.GLAccounts"] == 61
    assert (stats["s429"], stats["refused"], stats["refused_by_limit"]) == (1, {"429": 1}, {"minute": 1})
    assert stats["peak_use"] == 1.0
    assert stats["bound"]["calls"] == 60


async def test_answers_carry_the_emulators_own_date(exact: Twin) -> None:
    exact.site.clock.advance(7_200)
    shown = parsedate_to_datetime((await exact.get("/api/v1/current/Me")).headers["Date"])

    assert abs(shown.timestamp() - datetime.now(UTC).timestamp() - 7_200) < 60


async def test_a_fault_answers_in_exacts_place(exact: Twin) -> None:
    page = {"kind": "status", "status": 200, "body": "<html>Maintenance</html>"}
    exact.faults.add({"route": "sync.TransactionLines", "calls": [1], "fault": page})
    exact.faults.add({"route": "token", "calls": [1], "fault": {"kind": "refused_but_done", "status": 502}})
    exact.site.clock.advance(571)
    before = exact.refresh_token

    assert "<html>" in (await exact.get(f"{LINES}?$filter=Timestamp gt 1")).text
    assert (await exact.get(f"{LINES}?$filter=Timestamp gt 1&$select=ID")).status_code == 200
    assert (await exact.refresh(before)).status_code == 502
    assert (await exact.refresh(before)).json()["error"] == "unauthorized_client"
