"""Every rule of the Power BI emulator has a source and a test that proves it."""

from __future__ import annotations

from emulators.powerbi.rules import RULES
from emulators.proof import proofs


def test_every_rule_has_a_source_and_a_test() -> None:
    assert all(rule.what and rule.source.startswith("https://") for rule in RULES.values())
    assert RULES.keys() <= proofs().keys()
