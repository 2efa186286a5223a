"""A rule counts as proved only if each of its tests passes with all rules on and fails with this one off."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.declared import Rule
from emulators.proof import proofs
from emulators.proving import Outcome, all_rules, judge, of_test

RULE = Rule("exact.rule", "exact", "what", "where")
ONE, TWO = "tests/test_a.py::test_one", "tests/test_a.py::test_two"


def test_a_test_that_passes_with_the_rule_and_fails_without_it_proves_it() -> None:
    verdict = judge(RULE, [ONE], {ONE: "passed"}, {ONE: "failed"})
    assert verdict.proved
    assert verdict.shown()["fails_when_off"] is True
    assert verdict.shown()["test"] == ONE


@pytest.mark.parametrize(
    ("on", "off", "why"),
    [
        ("passed", "passed", "test_one: passes with the rule off"),
        ("failed", "failed", "test_one: fails with all rules on"),
        ("passed", "broken", "test_one: does not get to run with the rule off"),
        ("broken", "failed", "test_one: does not get to run with all rules on"),
    ],
)
def test_anything_else_proves_nothing(on: Outcome, off: Outcome, why: str) -> None:
    verdict = judge(RULE, [ONE], {ONE: on}, {ONE: off})
    assert not verdict.proved
    assert verdict.shown()["why"] == why


def test_one_test_that_proves_does_not_speak_for_one_that_does_not() -> None:
    verdict = judge(RULE, [ONE, TWO], {ONE: "passed", TWO: "passed"}, {ONE: "failed", TWO: "passed"})
    assert verdict.why == "test_two: passes with the rule off"


def test_a_rule_without_a_test_and_a_test_that_was_not_run_are_not_proved() -> None:
    assert judge(RULE, [], {}, {}).why == "no test is marked @proves for it"
    assert not judge(RULE, [ONE], {ONE: "passed"}, {}).proved
    assert judge(RULE, [], {}, {}).shown()["test"] is None


@pytest.mark.parametrize(
    ("cases", "outcome"),
    [
        (["passed", "failed", "broken"], "failed"), (["passed", "broken"], "broken"),
        (["passed", "passed"], "passed"), ([], "broken"),
    ],
)  # fmt: skip
def test_a_test_fails_when_one_of_its_cases_does(cases: list[Outcome], outcome: Outcome) -> None:
    assert of_test(cases) == outcome


def test_claims_are_read_from_the_marks(tmp_path: Path) -> None:
    claimed = proofs()
    assert all("::test_" in test for tests in claimed.values() for test in tests)
    assert claimed.keys() <= {rule.id for rule in all_rules()}
    assert proofs(tmp_path) == {}
