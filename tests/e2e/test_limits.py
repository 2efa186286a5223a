"""Vendors that refuse, fail and take consent back: nothing is lost, and a person reads what to do."""

from __future__ import annotations

import time
from typing import Any

import pytest

from launcher import both_sides
from launcher.acts import change, settled, until
from launcher.onboarding import log_in
from launcher.stack import Stack

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]

TROUBLE: tuple[tuple[str, str, list[int], dict[str, Any]], ...] = (
    ("exact", "sync.TransactionLines", [1], {"kind": "status", "status": 429, "retry_after": 2}),
    ("exact", "sync.TransactionLines", [2], {"kind": "status", "status": 503}),
    ("exact", "sync.Deleted", [1], {"kind": "reset_after"}),
    ("powerbi", "rows.post", [1], {"kind": "status", "status": 429, "retry_after": 2}),
    ("powerbi", "rows.post", [2], {"kind": "status", "status": 429, "retry_after": 1}),
)
"""Each strikes the calls with these numbers, once.

A POST without an answer is settled by a census, a minute later: chaos does that."""


def test_refusals_and_failures_of_both_sides_delay_and_lose_nothing(stack: Stack) -> None:
    for vendor, route, calls, fault in TROUBLE:
        control = stack.exact.control if vendor == "exact" else stack.powerbi.control
        control.post("/control/faults", {"route": route, "calls": calls, "fault": fault})
    until(lambda: all_strike_at_changes(stack))

    assert all(verdict.equal for verdict in settled(stack))


def test_a_consent_that_was_taken_back_is_told_and_a_new_one_goes_on_where_it_ended(stack: Stack) -> None:
    stack.exact.control.post("/control/revoke", {})
    change(stack, 30)
    before = both_sides.held(stack)

    until(lambda: [token["state"] for token in stack.asked("status")["tokens"]] == ["revoked"])
    pinged = stack.command("ping")
    assert pinged.returncode != 0
    assert "exactbi login" in pinged.stdout + pinged.stderr
    assert both_sides.held(stack)["GL Lines"] == before["GL Lines"]

    log_in(stack)
    assert all(verdict.equal for verdict in settled(stack))
    assert stack.asked("status")["failures_open"] == 0


def test_a_day_that_is_spent_is_told_and_never_overdrawn(own_stack: Stack) -> None:
    refused = refused_by_limit(own_stack)
    own_stack.exact.control.post("/control/settings", {"calls_a_day": day_of_exact(own_stack)["used"] + 4})
    until(lambda: is_spent_by_changes(own_stack))
    until(lambda: day_of_ours(own_stack)["used"] == day_of_ours(own_stack)["limit"])
    assert day_of_ours(own_stack)["resets_at"] is not None
    time.sleep(3)
    assert refused_by_limit(own_stack) == refused
    assert own_stack.asked("status")["failures_open"] == 0


def all_strike_at_changes(stack: Stack) -> bool:
    """Changes that come while others are under way are read and sent together: few may not make enough calls."""
    change(stack, 5)
    rules = [rule for side in (stack.exact, stack.powerbi) for rule in side.control.get("/control/faults")]
    return len(rules) == len(TROUBLE) and all(rule["struck"] for rule in rules)


def is_spent_by_changes(stack: Stack) -> bool:
    change(stack, 5)
    return bool(day_of_exact(stack)["used"] == day_of_exact(stack)["limit"])


def day_of_exact(stack: Stack) -> dict[str, Any]:
    """The use of the day, as Exact counts it."""
    uses = stack.exact.control.get("/control/stats")["limits"]
    found: dict[str, Any] = next(use for use in uses if use["name"] == "day")
    return found


def refused_by_limit(stack: Stack) -> dict[str, int]:
    found: dict[str, int] = stack.exact.control.get("/control/stats")["refused_by_limit"]
    return found


def day_of_ours(stack: Stack) -> dict[str, Any]:
    """The same as `exactbi status` tells it."""
    budgets: list[dict[str, Any]] = stack.asked("status")["budgets"]
    return next(scope for scope in budgets if scope["vendor"] == "exact" and scope["scope"].endswith("/day"))
