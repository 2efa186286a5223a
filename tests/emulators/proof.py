"""Ties a test to the vendor rules that it proves, so that the list of rules can name their tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])
ATTRIBUTE = "proves"


class Identified(Protocol):
    """A rule of either emulator."""

    @property
    def id(self) -> str: ...


def proves(*rules: Identified) -> Callable[[Test], Test]:
    """Mark a test: it fails when one of these rules is switched off."""

    def mark(test: Test) -> Test:
        setattr(test, ATTRIBUTE, tuple(rule.id for rule in rules))
        return test

    return mark
