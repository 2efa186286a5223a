"""Our count of a day against the emulator's, whosesoever midnight begins it and whatever the reset's unit is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import pytest

from emulators.clock import Clock
from emulators.exact.limits import Limits
from emulators.exact.rules import Rules
from emulators.exact.settings import Settings
from exactbi.connections.budget_rules import BudgetRules, BudgetState, Report, WindowRule
from exactbi.exact_online.limits import parse_allowance

CALLS_A_DAY = 40
STEP_S = 300.0
RULES = BudgetRules()
RULE = WindowRule(limit=58, seconds=60, belt=2, day_limit=CALLS_A_DAY, first_alone=True)
START = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC).timestamp()


class Held(Clock):
    """Goes on only by `advance`."""

    def now(self) -> float:
        return START + self._added


class Caller:
    """Calls whenever the rules let it, alone; counts by the day of Exact's zone."""

    def __init__(self, settings: Settings) -> None:
        self.clock, self.zone = Held(), ZoneInfo(settings.day_zone)
        rules = Rules()
        self.limits = Limits(self.clock, lambda: rules, lambda: settings, on=True)
        self.state = BudgetState()
        self.used: Counter[int] = Counter()
        self.first: dict[int, float] = {}
        self.refused = 0

    def step(self) -> None:
        now = self.clock.now()
        self.state = RULES.settle(self.state, RULE, now)
        if RULES.refused_until(self.state, RULE, 1, now) is None:
            self.state = RULES.reserve(self.state, "u", 1, now)
            self._call(now)
        self.clock.advance(STEP_S)

    def _call(self, now: float) -> None:
        verdict = self.limits.call(("app", 1))
        self.refused += verdict.refused is not None
        day = datetime.fromtimestamp(now, self.zone).toordinal()
        self.used[day] += 1
        self.first.setdefault(day, datetime.fromtimestamp(now, self.zone).timestamp() - self._midnight(now))
        told = parse_allowance({name.lower(): text for name, text in verdict.headers.items()}, now)
        resets_in = None if told.day_resets_at is None else told.day_resets_at - now
        report = Report(told.minute_remaining, 60.0, told.day_remaining, day_resets_in=resets_in)
        self.state = RULES.answer(self.state, RULE, "u", report, now)

    def _midnight(self, now: float) -> float:
        at = datetime.fromtimestamp(now, self.zone)
        return at.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


@pytest.mark.parametrize("unit", ["epoch_ms", "epoch_s", "remaining_ms"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Amsterdam", "America/New_York", "Pacific/Auckland"])
def test_each_day_of_exacts_is_used_from_its_midnight_and_no_call_is_refused(
    zone: str, unit: Literal["epoch_ms", "epoch_s", "remaining_ms"]
) -> None:
    caller = Caller(Settings(calls_a_day=CALLS_A_DAY, day_zone=zone, reset_unit=unit))

    for _ in range(int(4 * 86_400 / STEP_S)):
        caller.step()

    days = sorted(caller.used)[1:4]
    assert caller.refused == 0
    assert [caller.used[day] for day in days] == [CALLS_A_DAY] * 3
    assert max(caller.first[day] for day in days) <= STEP_S


def test_without_any_header_a_day_is_utcs() -> None:
    state = RULES.settle(BudgetState(day_count=CALLS_A_DAY), RULE, START)

    assert RULES.refused_until(state, RULE, 1, START) == datetime(2026, 6, 2, tzinfo=UTC).timestamp()


def test_the_end_of_a_day_comes_no_later_because_another_unit_looks_alike() -> None:
    state = RULES.settle(BudgetState(), RULE, START)
    for resets_in in (60.0, 50_000.0):
        state = RULES.answer(state, RULE, "u", Report(day_remaining=0, day_resets_in=resets_in), START)

    assert RULES.refused_until(state, RULE, 1, START) == START + 60.0


def test_an_end_that_lies_days_ahead_comes_from_a_clock_that_was_set_back() -> None:
    state = BudgetState(day_count=CALLS_A_DAY, day_ends=START + 30 * 86_400, day_told=True)

    assert RULES.settle(state, RULE, START).day_ends == START + 25 * 3_600
