"""The limits that the sources leave open: contract, days, headers, several requests at a time, growing blocks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from emulators.clock import Clock
from emulators.exact import rules as rule
from emulators.exact.limits import Limits
from emulators.exact.penalties import Caller, Penalties
from emulators.exact.rules import Rules
from emulators.exact.settings import Settings
from emulators.exact.windows import Window
from emulators.proof import proves
from fakes.exact_emulator import DIVISION, OFF, Twin
from unit.emulators.test_exact_limits import DAILY, FEW, MINUTELY, to_minute

SIZE = 100
SCOPE = ("app", 1)
DAY_S = 86_400


def limits(settings: Settings, *off: str, scale: float = 1.0) -> tuple[Clock, Limits]:
    """Limits at the start of a day of UTC; the clock's own seconds are what the test moves."""
    clock, rules = Clock(scale), Rules([*OFF, *off])
    clock.advance(DAY_S / scale - clock.now() % (DAY_S / scale) + 0.01)
    return clock, Limits(clock, lambda: rules, lambda: settings, on=True)


async def test_a_firm_may_have_other_numbers_of_calls(exact: Twin) -> None:
    to_minute(exact, 50)
    await exact.control.post("/control/settings", json={"calls_a_day": 2})
    statuses = [(await exact.get(FEW)).status_code for _ in range(3)]
    await exact.control.post("/control/settings", json={"calls_a_day": 3, "calls_a_minute": 3})

    assert statuses == [200, 200, 429]
    assert (await exact.get(FEW)).headers[DAILY[0]] == "3"
    assert (await exact.get(FEW)).status_code == 429


@proves(rule.CONTRACT_LIMIT)
def test_the_contracts_calls_of_a_day_are_shared_by_its_divisions() -> None:
    clock, all_limits = limits(Settings(), rule.MINUTE_LIMIT.id)
    refusals = [all_limits.call(("app", n % 5)).refused for n in range(20_001)]
    clock.advance(DAY_S)

    assert refusals == [None] * 20_000 + ["contract"]
    assert all_limits.call(SCOPE).refused is None


@proves(rule.CONTRACT_LIMIT)
def test_other_apps_use_the_contract_too_and_only_its_429_tells() -> None:
    _, all_limits = limits(Settings(used_elsewhere=19_999))
    first, second = all_limits.call(SCOPE), all_limits.call(SCOPE)

    assert (first.refused, second.refused) == (None, "contract")
    assert second.headers[DAILY[1]] == "4999"


def test_a_premium_contract_has_30_000_calls_and_no_limit_per_app() -> None:
    _, all_limits = limits(Settings(contract="premium"), rule.MINUTE_LIMIT.id)
    refusals = [all_limits.call(SCOPE).refused for _ in range(30_001)]

    assert refusals == [None] * 30_000 + ["contract"]


def test_a_day_ends_at_midnight_of_its_zone() -> None:
    settings = Settings(day_zone="Europe/Amsterdam")
    _, all_limits = limits(settings)
    reset = int(all_limits.call(SCOPE).headers[DAILY[2]]) / 1000

    assert datetime.fromtimestamp(reset, UTC).hour in (22, 23)
    with pytest.raises(ValueError, match="no such zone"):
        Settings(day_zone="Europe/Nowhere")


def test_a_days_window_is_shorter_under_the_scale() -> None:
    clock, all_limits = limits(Settings(calls_a_day=1), scale=60)
    refusals = [all_limits.call(SCOPE).refused, all_limits.call(SCOPE).refused]
    clock.advance(DAY_S / 60)

    assert refusals == [None, "day"]
    assert all_limits.call(SCOPE).refused is None


def test_a_minutes_limit_may_last_two_minutes() -> None:
    clock, all_limits = limits(Settings(minutes=2, calls_a_minute=1))
    all_limits.call(SCOPE)
    clock.advance(61)
    second = all_limits.call(SCOPE).refused
    clock.advance(60)

    assert second == "minute"
    assert all_limits.call(SCOPE).refused is None


@pytest.mark.parametrize(
    ("unit", "nearly"),
    [
        ("epoch_ms", lambda now: (now + 60) * 1000),
        ("epoch_s", lambda now: now + 60),
        ("remaining_ms", lambda _: 60_000),
    ],
)
def test_a_reset_comes_in_the_unit_of_the_setting(unit: str, nearly) -> None:  # type: ignore[no-untyped-def]
    clock, all_limits = limits(Settings(reset_unit=unit))  # type: ignore[arg-type]
    reset = int(all_limits.call(SCOPE).headers[MINUTELY[2]])

    assert reset == pytest.approx(nearly(clock.now()), rel=0.01)


@pytest.mark.parametrize(("which", "shown"), [("own", MINUTELY), ("all", MINUTELY + DAILY), ("none", ())])
def test_a_refusal_carries_the_headers_of_the_setting(which: str, shown: tuple[str, ...]) -> None:
    _, all_limits = limits(Settings(calls_a_minute=1, headers_on_429=which))  # type: ignore[arg-type]
    all_limits.call(SCOPE)
    refused = all_limits.call(SCOPE)

    assert refused.refused == "minute"
    assert set(refused.headers) == set(shown)


def test_retry_after_and_the_minutes_reset_are_settings() -> None:
    _, all_limits = limits(Settings(calls_a_minute=1, retry_after=True, minutely_reset=False))
    first, refused = all_limits.call(SCOPE), all_limits.call(SCOPE)

    assert MINUTELY[2] not in first.headers
    assert 0 < int(refused.headers["Retry-After"]) <= 60


@proves(rule.IN_FLIGHT)
async def test_a_second_request_of_the_division_at_the_same_time_is_refused(exact: Twin) -> None:
    to_minute(exact, 50)
    exact.faults.add({"route": "sync.GLAccounts", "calls": [1], "fault": {"kind": "latency", "seconds": 0.3}})
    slow = asyncio.ensure_future(exact.get(FEW))
    await asyncio.sleep(0.1)
    second = await exact.get(f"/api/v1/{DIVISION}/hrm/Costcenters?$select=ID")
    answers = [(await slow).status_code, second.status_code, (await exact.get(FEW)).status_code]

    assert answers == [200, 429, 200]
    assert exact.site.limits.stats()["limits"][2]["peak"] == 2


async def test_any_number_of_requests_at_a_time_is_a_setting(exact: Twin) -> None:
    exact.site.settings.in_flight = 0
    exact.faults.add({"route": "*", "calls": [1], "fault": {"kind": "latency", "seconds": 0.2}})
    answers = await asyncio.gather(*(exact.get(FEW) for _ in range(3)))

    assert {answer.status_code for answer in answers} == {200}


@proves(rule.BLOCK_GROWS)
def test_a_second_block_lasts_twice_as_long() -> None:
    clock, rules, caller = Clock(), Rules(OFF), Caller("app", "user", 1, "endpoint")
    penalties = Penalties(clock, lambda: rules, Settings, on=True)
    for _ in range(2):
        for _ in range(11):
            penalties.error(caller, 404)
        clock.advance(3_601)

    assert penalties.blocked("app")
    clock.advance(3_600)
    assert not penalties.blocked("app")


def test_only_the_endpoint_is_blocked_as_a_setting() -> None:
    clock, rules, caller = Clock(), Rules(OFF), Caller("app", "user", 1, "a")
    penalties = Penalties(clock, lambda: rules, lambda: Settings(block_scope="endpoint"), on=True)
    for _ in range(11):
        penalties.error(caller, 400)

    assert penalties.blocked("app", "a")
    assert not penalties.blocked("app", "b")


def test_429_and_5xx_are_no_errors_of_the_error_limit() -> None:
    clock, rules = Clock(), Rules(OFF)
    penalties = Penalties(clock, lambda: rules, Settings, on=True)
    for status in (408, 429, 500, 503) * 5:
        penalties.error(Caller("app", "user", 1, "a"), status)

    assert not penalties.blocked("app", "a")


def test_the_bound_of_a_load_counts_from_its_first_call_to_the_window_of_its_last() -> None:
    window = Window("minute")
    for n in range(150):
        window.at(1_000.0 + 60 * (n // 60), 60, 60).take(1_000.0 + 60 * (n // 60))

    assert 1_000 % 60 == 40
    assert window.least_s() == 20 + 60
    assert window.shown()["peak"] == 60
