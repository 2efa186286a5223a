"""Fixtures of delivery's tests."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from fakes.power_bi import FakePowerBi
from fakes.sink import Bench, Books, make_books


@pytest.fixture
async def books(pool: asyncpg.Pool) -> Books:
    return await make_books(pool)


@pytest.fixture
def sink() -> FakePowerBi:
    return FakePowerBi()


@pytest.fixture
def bench(pool: asyncpg.Pool, dsn: str, books: Books, tmp_path: Path) -> Bench:
    return Bench(pool, dsn, books, tmp_path)
