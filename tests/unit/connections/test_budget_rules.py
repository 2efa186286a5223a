"""A budget never lets more through than its limit, whatever the order of calls, answers, kills and clock jumps."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from exactbi.connections.budget_rules import LATE, BudgetRules, BudgetState, Report, WindowRule

RULES = BudgetRules()
RULE = WindowRule(limit=3, seconds=60, timeout=60)
EXACT = WindowRule(limit=58, seconds=60, belt=2, day_limit=5_000, first_alone=True)
ERRORS = WindowRule(limit=8, seconds=3_600, errors_only=True)


@dataclass
class Scope:
    """One scope's state under a rule, used as the shell uses it."""

    rule: WindowRule
    state: BudgetState = field(default_factory=BudgetState)
    made: int = 0

    def reserve(self, now: float, cost: int = 1) -> str | float:
        """The use's name, or until when it is refused."""
        self.state = RULES.settle(self.state, self.rule, now)
        until = RULES.refused_until(self.state, self.rule, cost, now)
        if until is not None:
            return until
        self.made += 1
        self.state = RULES.reserve(self.state, f"u{self.made}", cost, now)
        return f"u{self.made}"

    def answer(self, use: str | float, now: float, report: Report | None = None) -> None:
        self.state = RULES.settle(self.state, self.rule, now)
        self.state = RULES.answer(self.state, self.rule, str(use), report or Report(), now)

    def spend(self, now: float, count: int) -> None:
        for _ in range(count):
            self.answer(self.reserve(now), now)


STEPS = st.lists(
    st.tuples(st.sampled_from(["reserve", "answer", "lose"]), st.floats(0, 90), st.integers(0, 9)), max_size=40
)


@given(STEPS)
def test_no_window_ever_holds_more_arrivals_than_the_limit(steps: list[tuple[str, float, int]]) -> None:
    scope, now, open_uses, arrivals = Scope(RULE), 0.0, dict[str, float](), list[float]()
    for action, pause, pick in steps:
        now += pause
        for use in [use for use, reserved in open_uses.items() if now - reserved > RULE.timeout]:
            arrivals.append(open_uses.pop(use) + RULE.timeout + LATE)
        names = sorted(open_uses)
        if action == "reserve" and isinstance(reserved_use := scope.reserve(now), str):
            open_uses[reserved_use] = now
        elif action == "answer" and names:
            use = names[pick % len(names)]
            arrivals.append(now)
            del open_uses[use]
            scope.answer(use, now)
    worst = max((sum(at <= other < at + RULE.seconds for other in arrivals) for at in arrivals), default=0)
    assert worst <= RULE.limit


@given(st.lists(st.floats(-7_200, 7_200), min_size=1, max_size=10))
def test_a_jump_of_the_clock_never_starves_longer_than_the_bound(jumps: list[float]) -> None:
    scope, now = Scope(RULE), 1_000_000.0
    for jump in jumps:
        scope.reserve(now)
        now += jump
    refused = scope.reserve(now)
    assert isinstance(refused, str) or refused - now <= RULE.timeout + LATE + RULE.seconds
    assert isinstance(scope.reserve(now + RULE.timeout + LATE + RULE.seconds), str)


@given(st.floats(0, 60), st.integers(1, 3))
def test_the_time_given_to_wait_is_long_enough(answered_at: float, cost: int) -> None:
    scope = Scope(RULE)
    uses = [scope.reserve(0.0) for _ in range(3)]
    for use in uses:
        scope.answer(use, answered_at)
    until = scope.reserve(answered_at, cost)
    assert isinstance(until, float)
    assert isinstance(scope.reserve(until, cost), str)


def test_a_use_counts_until_a_window_after_its_answer() -> None:
    scope = Scope(WindowRule(limit=1, seconds=60))
    use = scope.reserve(0)
    scope.answer(use, 50)
    assert scope.reserve(109.9) == 110
    assert isinstance(scope.reserve(110), str)


def test_an_unanswered_use_counts_until_it_can_no_longer_arrive() -> None:
    scope = Scope(WindowRule(limit=1, seconds=60, timeout=60))
    scope.reserve(0)
    assert scope.reserve(179.9) == 180
    assert isinstance(scope.reserve(180), str)


def test_a_header_lowers_what_is_left_at_once() -> None:
    scope = Scope(EXACT)
    scope.answer(scope.reserve(0), 1, Report(remaining=3, remaining_for=20))
    scope.answer(scope.reserve(2), 3)
    assert scope.reserve(4) == 21
    assert isinstance(scope.reserve(21), str)


def test_a_header_of_a_call_beside_others_gives_nothing_back() -> None:
    scope = Scope(EXACT)
    scope.answer(scope.reserve(0), 1, Report(remaining=4, remaining_for=50))
    use, _beside = scope.reserve(2), scope.reserve(2)
    scope.answer(use, 3, Report(remaining=30, remaining_for=48))
    assert not isinstance(scope.reserve(4), str)


def test_without_a_header_in_this_minute_one_call_goes_alone() -> None:
    scope = Scope(EXACT)
    first = scope.reserve(0)
    assert isinstance(first, str)
    assert not isinstance(scope.reserve(1), str)
    scope.answer(first, 2, Report(remaining=50, remaining_for=58))
    assert isinstance(scope.reserve(3), str)
    assert isinstance(scope.reserve(3), str)


def test_a_leaked_first_call_holds_back_one_window_only() -> None:
    scope = Scope(EXACT)
    scope.reserve(0)
    assert not isinstance(scope.reserve(59), str)
    assert isinstance(scope.reserve(60), str)


def test_a_suspension_is_never_shortened() -> None:
    scope = Scope(RULE)
    use, other = scope.reserve(0), scope.reserve(0)
    scope.answer(use, 1, Report(retry_after=3_600))
    scope.answer(other, 2, Report(retry_after=5))
    assert scope.reserve(100) == 3_601


def test_the_days_calls_are_counted_and_begin_anew_at_midnight() -> None:
    scope = Scope(WindowRule(limit=9, seconds=1, day_limit=2))
    scope.spend(10, 1)
    scope.spend(20, 1)
    assert scope.reserve(30) == 86_400
    assert isinstance(scope.reserve(86_400), str)


def test_a_days_header_gives_back_what_kills_leaked() -> None:
    scope = Scope(EXACT)
    scope.reserve(0)
    alone = scope.reserve(1_000)
    scope.answer(alone, 1_001, Report(day_remaining=4_999))
    assert scope.state.day_count == 1


def test_a_days_header_raises_the_count_of_other_processes_calls() -> None:
    scope = Scope(EXACT)
    scope.answer(scope.reserve(0), 1, Report(day_remaining=0))
    assert scope.reserve(100) == 86_400


def test_only_errors_count_where_errors_are_counted() -> None:
    scope = Scope(ERRORS)
    scope.spend(0, 500)
    for _ in range(8):
        scope.answer(scope.reserve(1), 1, Report(error=True))
    assert scope.reserve(2) == 3_601


def test_calls_in_flight_could_all_be_errors() -> None:
    scope = Scope(ERRORS)
    for _ in range(8):
        assert isinstance(scope.reserve(0), str)
    assert not isinstance(scope.reserve(0), str)


def test_a_released_use_leaves_nothing() -> None:
    scope = Scope(WindowRule(limit=1, seconds=60, day_limit=1))
    use = scope.reserve(0)
    scope.state = RULES.release(scope.state, str(use))
    assert isinstance(scope.reserve(0), str)


@given(st.lists(st.tuples(st.integers(1, 10_000), st.floats(0.1, 30)), max_size=60))
def test_merged_uses_never_count_shorter_than_single_ones(uses: list[tuple[int, float]]) -> None:
    single = Scope(WindowRule(limit=10**9, seconds=3_600))
    merged = Scope(WindowRule(limit=10**9, seconds=3_600, grain=60))
    now = 0.0
    for cost, pause in uses:
        now += pause
        for scope in (single, merged):
            scope.answer(scope.reserve(now, cost), now)
        for scope in (single, merged):
            scope.state = RULES.settle(scope.state, scope.rule, now)
        assert RULES.used(merged.state) >= RULES.used(single.state)
    assert len(merged.state.uses) <= 32


def test_a_state_survives_its_json() -> None:
    scope = Scope(EXACT)
    scope.answer(scope.reserve(0), 1, Report(remaining=3, remaining_for=20, day_remaining=7, retry_after=2))
    assert msgspec.json.decode(msgspec.json.encode(scope.state), type=BudgetState) == scope.state
