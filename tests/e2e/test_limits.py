"""Vendors that refuse, fail and take consent back: nothing is lost, and a person reads what to do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from launcher import both_sides
from launcher.acts import change, loaded, settled, until
from launcher.onboarding import log_in
from launcher.stack import Plan, Stack
from launcher.vendors import World

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


@pytest.fixture
def stack() -> Iterator[Stack]:
    name = f"e2e-limits-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with loaded(Plan(name, World("1500", 1, 60.0), is_careless=True)) as started:
        yield started


def test_refusals_and_failures_of_both_sides_delay_and_lose_nothing(stack: Stack) -> None:
    for vendor, route, calls, fault in TROUBLE:
        control = stack.exact.control if vendor == "exact" else stack.powerbi.control
        control.post("/control/faults", {"route": route, "calls": calls, "fault": fault})
    for _ in range(4):
        change(stack, 30)

    assert all(verdict.equal for verdict in settled(stack))
    struck = [rule for side in (stack.exact, stack.powerbi) for rule in side.control.get("/control/faults")]
    assert all(rule["struck"] for rule in struck)


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


def test_a_day_that_is_spent_is_told_and_never_overdrawn(stack: Stack) -> None:
    refused = refused_by_limit(stack)
    stack.exact.control.post("/control/settings", {"calls_a_day": day_of_exact(stack)["used"] + 4})
    for _ in range(3):
        change(stack, 30)
    until(lambda: day_of_exact(stack)["used"] == day_of_exact(stack)["limit"])
    until(lambda: day_of_ours(stack)["used"] == day_of_ours(stack)["limit"])
    assert day_of_ours(stack)["resets_at"] is not None
    time.sleep(3)
    assert refused_by_limit(stack) == refused
    assert stack.asked("status")["failures_open"] == 0


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
