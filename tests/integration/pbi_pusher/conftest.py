"""Fixtures of delivery's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from fakes.emulated_power_bi import EmulatedPowerBi
from fakes.power_bi import FakePowerBi
from fakes.sink import Bench, Books, PowerBiSide, make_books
from launcher import vendors
from launcher.vendors import Emulator, World


@pytest.fixture
async def books(pool: asyncpg.Pool) -> Books:
    return await make_books(pool)


@pytest.fixture
def sink() -> FakePowerBi:
    return FakePowerBi()


@pytest.fixture
async def bench(pool: asyncpg.Pool, dsn: str, books: Books, tmp_path: Path) -> AsyncIterator[Bench]:
    built = Bench(pool, dsn, books, tmp_path)
    yield built
    await built.aclose()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("powerbi")
    started = vendors.start("powerbi", World(scale=1.0, limits="off"), folder, folder / "powerbi.log")
    yield started
    started.close()


@pytest.fixture(params=["fake", "emulator"])
def either(request: pytest.FixtureRequest) -> Iterator[PowerBiSide]:
    """The fake, then the emulator: what one shows the other must show."""
    if request.param == "fake":
        yield FakePowerBi()
        return
    side = EmulatedPowerBi(request.getfixturevalue("emulator"))
    side.forget()
    yield side
    side.close()
