"""One stack for the end-to-end tests of a test process: each begins with both sides equal, and leaves it sound."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from launcher.acts import loaded, settled
from launcher.stack import Plan, Stack
from launcher.vendors import World

NAME = f"e2e-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
WORLD = World("1500", 1, 60.0)


@pytest.fixture(scope="package")
def started() -> Iterator[Stack]:
    """The stack, of which both sides were equal once."""
    with loaded(Plan(NAME, WORLD, is_careless=True)) as stack:
        yield stack


@pytest.fixture
def stack(started: Stack) -> Stack:
    """The stack that the tests share. StalledError where the test before left its two sides different for good."""
    settled(started)
    return started


@pytest.fixture
def own_stack() -> Iterator[Stack]:
    """A stack for a test after which nothing moves any more."""
    with loaded(Plan(f"{NAME}-own", WORLD, is_careless=True)) as stack:
        yield stack
