"""Every rule has a test that proves it, and a switch."""

from __future__ import annotations

import pytest

from emulators.exact.rules import ALL, Rules
from emulators.proof import proofs


def test_every_rule_has_an_id_a_source_and_a_test() -> None:
    assert len({rule.id for rule in ALL}) == len(ALL)
    assert all(rule.source and rule.what for rule in ALL)
    assert {rule.id for rule in ALL} <= proofs().keys()


def test_an_unknown_rule_cannot_be_switched_off() -> None:
    with pytest.raises(ValueError, match="no such rules"):
        Rules(["exact.nothing"])
