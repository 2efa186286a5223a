"""How long a message waits between tries, and what is worth a try."""

from __future__ import annotations

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactbi.errors import (
    CONFIG_INVALID,
    MAP_FIELD,
    PART_UNREACHABLE,
    ConfigurationError,
    PermanentError,
    TransientError,
)
from exactbi.process.handling import LONGEST_WAIT_S, is_transient, wait_before


@given(st.integers(1, 10_000), st.floats(0.0, 1.0))
def test_waits_grow_to_a_limit_and_never_vanish(attempt: int, jitter: float) -> None:
    assert 0.05 <= wait_before(attempt, jitter) <= LONGEST_WAIT_S
    assert wait_before(attempt, 0.0) <= wait_before(attempt + 1, 0.0)


@pytest.mark.parametrize(
    "error",
    [
        TransientError(PART_UNREACHABLE, "x"),
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.AdminShutdownError(),
        asyncpg.DeadlockDetectedError(),
        asyncpg.TooManyConnectionsError(),
        asyncpg.InterfaceError("connection is closed"),
        ExceptionGroup("both", [TimeoutError(), TransientError(PART_UNREACHABLE, "x")]),
    ],
)
def test_outages_are_worth_another_try(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        PermanentError(MAP_FIELD, "x"),
        ConfigurationError(CONFIG_INVALID, "x"),
        ValueError(),
        asyncpg.UniqueViolationError(),
        asyncpg.UndefinedTableError(),
        ExceptionGroup("one", [TimeoutError(), ValueError()]),
    ],
)
def test_the_rest_is_not(error: Exception) -> None:
    assert not is_transient(error)
