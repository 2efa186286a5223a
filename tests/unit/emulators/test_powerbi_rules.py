"""Every rule of the Power BI emulator has a source and a test that proves it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from emulators.powerbi.rules import RULES
from emulators.proof import ATTRIBUTE

HERE = Path(__file__).parent


def proved() -> set[str]:
    """The ids of the rules that some test here claims to prove."""
    found: set[str] = set()
    for file in HERE.glob("test_powerbi_*.py"):
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


def test_every_rule_has_a_source_and_a_test() -> None:
    assert all(rule.what and rule.source.startswith("https://") for rule in RULES.values())
    assert RULES.keys() == proved()
