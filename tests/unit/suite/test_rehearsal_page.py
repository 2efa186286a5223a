"""docs/rehearsal.md: what is not known for sure stands there, with the setting that takes the other reading."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from emulators.exact.settings import Settings as ExactSettings
from emulators.powerbi.settings import Settings as PowerBiSettings
from launcher.folders import CHECKOUT

PAGE = (CHECKOUT / "docs" / "rehearsal.md").read_text(encoding="utf-8")
NO_READINGS = {"rules_off", "callback", "tenant_switch", "role"}
"""What an administrator or a rehearsal switches, without a question behind it."""


@pytest.mark.parametrize("settings", [ExactSettings, PowerBiSettings])
def test_every_setting_of_an_emulator_stands_beside_the_question_that_it_answers(settings: Any) -> None:
    names = {field.name for field in msgspec.structs.fields(settings)} - NO_READINGS

    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []
