"""Fixtures of the poller's tests."""

from __future__ import annotations

import asyncpg
import pytest

from fakes.division_setting import Setting, make_setting


@pytest.fixture
async def setting(pool: asyncpg.Pool, dsn: str) -> Setting:
    """A customer with one dataset that maps three streams, and one division."""
    return await make_setting(pool, dsn)
