"""Every rule has a test that proves it, and a switch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from emulators.exact.rules import ALL, Rules
from emulators.proof import ATTRIBUTE

HERE = Path(__file__).parent


def proved() -> set[str]:
    """The ids of the rules that some test here claims to prove."""
    found: set[str] = set()
    for file in HERE.glob("test_exact_*.py"):
        if file.name == Path(__file__).name:
            continue
        spec = importlib.util.spec_from_file_location(f"proofs_{file.stem}", file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for test in vars(module).values():
            found |= set(getattr(test, ATTRIBUTE, ()))
    return found


def test_every_rule_has_an_id_a_source_and_a_test() -> None:
    assert len({rule.id for rule in ALL}) == len(ALL)
    assert all(rule.source and rule.what for rule in ALL)
    assert {rule.id for rule in ALL} <= proved()


def test_an_unknown_rule_cannot_be_switched_off() -> None:
    with pytest.raises(ValueError, match="no such rules"):
        Rules(["exact.nothing"])
