"""The whole vertical as users run it: five processes, both vendors over HTTP, judged by the oracle."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

import pytest

from chaos.campaign import walked
from launcher import both_sides
from launcher.onboarding import notice_address
from launcher.stack import Plan, Stack
from launcher.vendors import World
from oracle.control_ports import sink_rows

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]


@pytest.fixture
def stack() -> Iterator[Stack]:
    name = f"e2e-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with Stack(Plan(name, World("1500", 1, 60.0), is_careless=True)) as started:
        both_sides.wait_until_equal(started, both_sides.source(started), lambda _: None)
        yield started


def changed(stack: Stack, n: int) -> None:
    """Edits, deletes, new entries, late postings and re-stamps of the ledger, told by a signed notice."""
    stack.exact.control.post("/control/change", {"entity": "TransactionLines", "n": n, "kinds": None})
    stack.exact.control.post("/control/notify", {"n": 1, "callback": notice_address(stack)})


def settled(stack: Stack) -> None:
    found = both_sides.wait_until_equal(stack, both_sides.source(stack), lambda _: None)
    assert all(verdict.equal for verdict in found)


def test_the_ledger_stays_equal_through_changes_and_kills(stack: Stack) -> None:
    changed(stack, 60)
    settled(stack)

    for victim in ("poller", "transformer", "pbi-pusher"):
        changed(stack, 60)
        time.sleep(0.3)
        stack.kill(victim)
        stack.tend()
    settled(stack)

    journal = walked(stack, "GL Lines")
    assert journal.ok
    assert journal.landings > 1


def test_power_bi_itself_says_that_it_is_right_and_a_row_can_be_traced_to_its_call(stack: Stack) -> None:
    verified = stack.command("verify", "--json")
    row = next(row["_row"] for row in sink_rows(stack.powerbi.control.base, both_sides.DATASET, "GL Lines"))
    traced = stack.command("trace", "--table", "GL Lines", "--key", str(row), "--json")

    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert all(table["ok"] for table in json.loads(verified.stdout.splitlines()[-1])["tables"])
    assert traced.returncode == 0, traced.stdout + traced.stderr
    stages = [hop["stage"] for hop in json.loads(traced.stdout.splitlines()[-1])["hops"]]
    assert {"exact call", "chunk", "applied", "batch"} <= set(stages)


def test_two_of_each_share_the_work(stack: Stack) -> None:
    for service in ("poller", "transformer", "pbi-pusher"):
        stack.double(service)
    changed(stack, 80)
    settled(stack)

    assert walked(stack, "GL Lines").ok
