"""Every rule has a test that proves it, and a switch."""

from __future__ import annotations

import pytest

from emulators.exact.rules import RULES, Rules
from emulators.proof import proofs


def test_every_rule_has_an_id_a_source_and_a_test() -> None:
    assert RULES
    assert all(rule.source and rule.what for rule in RULES.values())
    assert RULES.keys() <= proofs().keys()


def test_an_unknown_rule_cannot_be_switched_off() -> None:
    with pytest.raises(ValueError, match="no such rules"):
        Rules(["exact.nothing"])
