"""Ties tests to the vendor rules that they prove, so that the list of rules can name them and hold them to it."""

from __future__ import annotations

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])
ATTRIBUTE: Final = "proves"
TESTS: Final = Path(__file__).parents[1]
FOLDER: Final = TESTS / "unit" / "emulators"
LISTS: Final = "*_rules.py"
"""The files that ask for the proofs are no proofs themselves."""


class Identified(Protocol):
    """A rule of either emulator."""

    @property
    def id(self) -> str: ...


def proves(*rules: Identified) -> Callable[[Test], Test]:
    """Mark a test: it fails when any one of these rules is switched off (EMULATOR_RULES_OFF=<id>)."""

    def mark(test: Test) -> Test:
        setattr(test, ATTRIBUTE, tuple(rule.id for rule in rules))
        return test

    return mark


def proofs(folder: Path = FOLDER) -> dict[str, list[str]]:
    """Rule id to the tests that claim to prove it: `tests/unit/emulators/test_x.py::test_y`."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(folder.glob("test_*.py")):
        if not file.match(LISTS):
            for name, rules in _claims(file):
                for rule in rules:
                    found[rule].append(f"{file.relative_to(TESTS.parent).as_posix()}::{name}")
    return dict(found)


def _claims(file: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(test, rules) of a file: it is loaded, since marks name rules by the constants that declare them."""
    spec = importlib.util.spec_from_file_location(f"proofs_{file.stem}", file)
    assert spec
    assert spec.loader
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)  # dataclasses look their module up
    spec.loader.exec_module(module)
    for name, test in vars(module).items():
        rules: tuple[str, ...] = getattr(test, ATTRIBUTE, ())
        if rules:
            yield name, rules
