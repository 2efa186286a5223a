"""The whole vertical as users run it: five processes, both vendors over HTTP, judged by the oracle."""

from __future__ import annotations

import json
import time

import pytest

from chaos.campaign import walked
from launcher import both_sides
from launcher.acts import change, settled, until
from launcher.databases import ask
from launcher.stack import Stack
from oracle.control_ports import sink_rows

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]


def test_the_ledger_stays_equal_through_changes_and_kills(stack: Stack) -> None:
    change(stack, 60)
    assert all(verdict.equal for verdict in settled(stack))

    for victim in ("poller", "transformer", "pbi-pusher"):
        change(stack, 60)
        time.sleep(0.3)
        stack.kill(victim)
        stack.tend()
        listed = json.loads((stack.folder / "parts.json").read_text())["parts"]
        assert {part["name"]: part["pid"] for part in listed}[victim] == stack.children[victim].pid
    assert all(verdict.equal for verdict in settled(stack))

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
    with stack.doubled("poller", "transformer", "pbi-pusher"):
        change(stack, 80)
        assert all(verdict.equal for verdict in settled(stack))

    assert walked(stack, "GL Lines").ok


def test_a_division_that_exact_moves_is_read_anew_and_comes_to_the_same_sums(stack: Stack) -> None:
    """Its polls find nothing any more: all Timestamps of the other database are lower than their cursors."""
    until(lambda: bool(one(stack, "select bool_and(moves_told) from division where state = 'active'")))
    stack.exact.control.post("/control/move", {"division": one(stack, "select code from division where code > 0")})
    change(stack, 60)

    ask(stack.dsn, "update division set moves_asked_at = null")  # as if a day had passed
    stack.kill("poller")
    assert all(verdict.equal for verdict in settled(stack))

    assert one(stack, "select array_agg(distinct reason) from pass where generation > 2") == ["moved"]
    assert one(stack, "select actor from audit_event where what = 'division moved'") == "poller"
    assert walked(stack, "GL Lines").ok


def one(stack: Stack, query: str) -> object:
    """The only value of a query to the stack's database."""
    [row] = ask(stack.dsn, query)
    [value] = row.values()
    return value
