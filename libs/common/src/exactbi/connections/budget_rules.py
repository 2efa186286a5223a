"""The rules of a vendor's budget: who may call now, and what an answer changes. Pure; time comes in as an argument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

LATE: Final = 60.0
"""Wall seconds after a request's timeout within which it may still reach the vendor."""
ALONE_RETRY: Final = 0.5
"""Seconds after which a call that must wait for another's answer is tried again."""
LONGEST_SUSPENSION: Final = 2 * 86_400.0
"""A suspension that lies further ahead comes from a clock that was set back."""
LONGEST_DAY: Final = 25 / 24
"""Of a day's seconds: the day on which summer time ends in the vendor's zone."""


@dataclass(frozen=True)
class WindowRule:
    """How much may be used in a window. Times are seconds of the vendor's; `timeout` is the request's, in wall seconds.

    `limit` is what we allow ourselves, `belt` how much the vendor's own limit lies above it. `day_limit` counts per day
    of the vendor's: its answers tell when that ends; until one did, it is the UTC day.
    `first_alone`: without a Remaining header in this window, one call at a time. `errors_only`: answers without an
    error leave nothing behind. `grain`: answered uses within so many seconds become one, for windows of many uses.
    """

    limit: int
    seconds: float
    belt: int = 0
    timeout: float = 60.0
    day_limit: int | None = None
    day_seconds: float = 86_400.0
    first_alone: bool = False
    errors_only: bool = False
    grain: float = 0.0

    def scaled(self, factor: float) -> WindowRule:
        """With windows `factor` times shorter; timeouts stay."""
        return replace(
            self, seconds=self.seconds / factor, day_seconds=self.day_seconds / factor, grain=self.grain / factor
        )

    def own(self) -> WindowRule:
        """The window alone, as a worker keeps it by its own clock: day, headers and the first call are Postgres'."""
        return WindowRule(
            self.limit, self.seconds, timeout=self.timeout, errors_only=self.errors_only, grain=self.grain
        )


class Use(msgspec.Struct, frozen=True, array_like=True):
    """A reservation, and when it was answered."""

    id: str
    reserved: float
    answered: float | None
    cost: int


class BudgetState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one scope. `left` holds until `left_until`: what the last Remaining header leaves.

    `day_ends`: when `day_count` begins anew; `day_told`: whether an answer of this day said so.
    """

    uses: tuple[Use, ...] = ()
    day_ends: float = 0.0
    day_told: bool = False
    day_count: int = 0
    left: int = 0
    left_until: float = 0.0
    suspended_until: float = 0.0


@dataclass(frozen=True)
class Report:
    """What an answer says. `remaining_for`: the seconds for which `remaining` holds; None: a whole window.

    `day_resets_in`: seconds until the day's limit begins anew.
    """

    remaining: int | None = None
    remaining_for: float | None = None
    day_remaining: int | None = None
    retry_after: float | None = None
    error: bool = False
    day_resets_in: float | None = None


class BudgetRules:
    """Decides over a scope's state. All methods are pure; `now` is Postgres' clock, or the worker's monotonic one."""

    def expiry(self, use: Use, rule: WindowRule) -> float:
        """When a use stops counting: a window after its answer; unanswered, a window after it can no longer arrive."""
        if use.answered is not None:
            return use.answered + rule.seconds
        if rule.errors_only:
            return use.reserved + rule.timeout + LATE
        return use.reserved + rule.timeout + LATE + rule.seconds

    def settle(self, state: BudgetState, rule: WindowRule, now: float) -> BudgetState:
        """Stamps in the future read as now, what no longer counts left out. To be kept also when a call is refused."""
        uses = tuple(use for use in (_not_after(use, now) for use in state.uses) if self.expiry(use, rule) > now)
        return msgspec.structs.replace(
            self._settled_day(state, rule, now),
            uses=uses,
            left_until=min(state.left_until, now + rule.seconds),
            suspended_until=min(state.suspended_until, now + LONGEST_SUSPENSION),
        )

    def refused_until(self, state: BudgetState, rule: WindowRule, cost: int, now: float) -> float | None:
        """When a call of `cost` may be tried again; None where it may go now. `state` is settled."""
        if cost > rule.limit:
            raise ValueError(f"a use of {cost} never fits a limit of {rule.limit}")
        waits = (
            self._suspended(state, now),
            self._day(state, rule, cost),
            self._window(state, rule, cost),
            self._header(state, cost, now),
            self._alone(state, rule, now),
        )
        return max((wait for wait in waits if wait is not None), default=None)

    def reserve(self, state: BudgetState, use_id: str, cost: int, now: float) -> BudgetState:
        """The state with the use noted. `state` is settled."""
        return msgspec.structs.replace(
            state,
            uses=(*state.uses, Use(use_id, now, None, cost)),
            day_count=state.day_count + cost,
            left=max(0, state.left - cost),
        )

    def release(self, state: BudgetState, use_id: str) -> BudgetState:
        """The state without a use of which no byte was sent."""
        kept = tuple(use for use in state.uses if use.id != use_id)
        cost = sum(use.cost for use in state.uses if use.id == use_id)
        return msgspec.structs.replace(state, uses=kept, day_count=max(0, state.day_count - cost))

    def answer(self, state: BudgetState, rule: WindowRule, use_id: str, report: Report, now: float) -> BudgetState:
        """The state after an answer. `state` is settled."""
        in_flight = sum(use.cost for use in state.uses if use.answered is None and use.id != use_id)
        state = msgspec.structs.replace(state, uses=self._answered(state.uses, rule, use_id, report, now))
        state = self._remaining(state, rule, report, in_flight, now)
        if report.retry_after is not None:
            state = msgspec.structs.replace(state, suspended_until=max(state.suspended_until, now + report.retry_after))
        return state

    def used(self, state: BudgetState) -> int:
        """What counts in the window. `state` is settled."""
        return sum(use.cost for use in state.uses)

    def _settled_day(self, state: BudgetState, rule: WindowRule, now: float) -> BudgetState:
        """The day that is now, counted anew once the last one ended: when an answer told, else at midnight UTC."""
        if state.day_ends <= 0.0:
            return msgspec.structs.replace(state, day_ends=(now // rule.day_seconds + 1) * rule.day_seconds)
        if state.day_ends > now:
            return msgspec.structs.replace(state, day_ends=min(state.day_ends, now + LONGEST_DAY * rule.day_seconds))
        past = (now - state.day_ends) // rule.day_seconds + 1
        ends = state.day_ends + past * rule.day_seconds
        return msgspec.structs.replace(state, day_ends=ends, day_told=False, day_count=0)

    def _suspended(self, state: BudgetState, now: float) -> float | None:
        return state.suspended_until if state.suspended_until > now else None

    def _day(self, state: BudgetState, rule: WindowRule, cost: int) -> float | None:
        if rule.day_limit is None or state.day_count + cost <= rule.day_limit:
            return None
        return state.day_ends

    def _window(self, state: BudgetState, rule: WindowRule, cost: int) -> float | None:
        over = self.used(state) + cost - rule.limit
        if over <= 0:
            return None
        for ends, freed in sorted((self.expiry(use, rule), use.cost) for use in state.uses):
            over -= freed
            if over <= 0:
                return ends
        raise AssertionError("a use within the limit fits once the window is empty")

    def _header(self, state: BudgetState, cost: int, now: float) -> float | None:
        return state.left_until if state.left_until > now and cost > state.left else None

    def _alone(self, state: BudgetState, rule: WindowRule, now: float) -> float | None:
        if not rule.first_alone or state.left_until > now:
            return None
        in_flight = any(use.answered is None and use.reserved + rule.seconds > now for use in state.uses)
        return now + ALONE_RETRY if in_flight else None

    def _answered(
        self, uses: tuple[Use, ...], rule: WindowRule, use_id: str, report: Report, now: float
    ) -> tuple[Use, ...]:
        if rule.errors_only and not report.error:
            return tuple(use for use in uses if use.id != use_id)
        marked = tuple(msgspec.structs.replace(use, answered=now) if use.id == use_id else use for use in uses)
        return _merged(marked, rule.grain) if rule.grain else marked

    def _remaining(
        self, state: BudgetState, rule: WindowRule, report: Report, in_flight: int, now: float
    ) -> BudgetState:
        """Remaining lowers what is left; it gives back only where the answered call was the only one in flight."""
        if report.remaining is not None:
            left = max(0, report.remaining - rule.belt - in_flight)
            if in_flight and state.left_until > now:
                left = min(left, state.left)
            holds = rule.seconds if report.remaining_for is None else min(report.remaining_for, rule.seconds)
            state = msgspec.structs.replace(state, left=left, left_until=now + holds)
        if report.day_remaining is not None and rule.day_limit is not None:
            counted = max(0, rule.day_limit - report.day_remaining)
            day_count = max(counted, state.day_count) if in_flight else counted
            state = msgspec.structs.replace(state, day_count=day_count)
            if report.day_resets_in is not None and report.day_resets_in > 0:
                ends = now + min(report.day_resets_in, LONGEST_DAY * rule.day_seconds)
                # The earliest that this day's answers said: some tell seconds, some milliseconds, which may look alike.
                ends = min(ends, state.day_ends) if state.day_told else ends
                state = msgspec.structs.replace(state, day_ends=ends, day_told=True)
        return state


def _not_after(use: Use, now: float) -> Use:
    """The use with stamps in the future read as now."""
    if use.reserved <= now and (use.answered is None or use.answered <= now):
        return use
    answered = None if use.answered is None else min(use.answered, now)
    return Use(use.id, min(use.reserved, now), answered, use.cost)


def _merged(uses: Iterable[Use], grain: float) -> tuple[Use, ...]:
    """Answered uses of one grain as one, answered at the latest: it never counts shorter than its parts."""
    merged: dict[int, Use] = {}
    open_uses: list[Use] = []
    for use in uses:
        if use.answered is None:
            open_uses.append(use)
            continue
        bucket = int(use.answered // grain)
        known = merged.get(bucket)
        if known is None or known.answered is None:
            merged[bucket] = use
        else:
            merged[bucket] = Use(known.id, known.reserved, max(known.answered, use.answered), known.cost + use.cost)
    return (*merged.values(), *open_uses)
