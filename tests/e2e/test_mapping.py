"""A mapping that breaks for some records: what it breaks, what goes on, and how a person mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher import both_sides
from launcher.acts import change, settled, until
from launcher.stack import Stack

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]

BROKEN = """
      tables:
        - name: GL Lines
          columns:
            - {name: Document Number, source: VATPercentage}
"""
"""A whole number where Exact has fractions: lines with VAT can't be mapped, all others can."""


def test_a_mapping_that_breaks_keeps_its_neighbours_going_and_is_mended_and_replayed(stack: Stack) -> None:
    customer = stack.folder / "customers" / "demo.yaml"
    right = customer.read_text()
    before = both_sides.held(stack)["GL Lines"]

    activate(stack, customer, right.replace("      packs: [finance]\n", f"      packs: [finance]\n{BROKEN[1:]}"))
    until(lambda: open_failures(stack) > 0 and both_sides.held(stack)["GL Lines"] > before)
    assert no_sum_differs(stack)
    change(stack, 60)
    failure = stack.asked("failures", "list")["failures"][0]
    shown = stack.command("failures", "show", failure["id"]).stdout
    assert failure["class"] == "person"
    assert "Document Number" in failure["message"]
    assert "Document Number" in shown

    words = ("--stream", "TransactionLines", "--reason", "the mapping is mended")
    replay = stack.asked("replay", "plan", *words)["replay"]
    assert replay["total"] > 0
    activate(stack, customer, right)
    stack.asked("replay", "run", str(replay["id"]))
    until(lambda: stack.asked("replay", "status", str(replay["id"]))["replay"]["state"] == "done")

    assert all(verdict.equal for verdict in settled(stack))
    assert open_failures(stack) == 0


def activate(stack: Stack, file: Path, text: str) -> None:
    file.write_text(text)
    done = stack.command("migrate")
    assert done.returncode == 0, done.stderr


def no_sum_differs(stack: Stack) -> bool:
    """Records that can't be mapped keep the rows of their last good version."""
    found = both_sides.verdicts(stack, both_sides.source(stack))
    return not any(control.difference for verdict in found for control in verdict.controls)


def open_failures(stack: Stack) -> int:
    count: int = stack.asked("status")["failures_open"]
    return count
