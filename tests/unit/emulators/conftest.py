"""Emulators in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from emulators.exact.store import Store
from emulators.powerbi.identities import Credentials, make_credentials
from fakes.exact_emulator import Twin
from fakes.exact_group import SIZES, Books, known, opened
from fakes.power_bi_emulator import Twin as PowerBiTwin


@pytest.fixture
async def exact(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Twin]:
    """An Exact emulator with the small books (a module may say SIZE), where somebody has logged in."""
    twin = await Twin.opened(tmp_path, getattr(request.module, "SIZE", 2_000)).log_in()
    yield twin
    twin.site.store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store of one Exact site."""
    made = Store(tmp_path / "store.sqlite")
    yield made
    made.close()


@pytest.fixture(scope="session")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    """A secret and a certificate; making a key takes a while."""
    return make_credentials(tmp_path_factory.mktemp("power_bi"))


@pytest.fixture
async def power_bi(credentials: Credentials) -> PowerBiTwin:
    """A Power BI emulator without datasets, where somebody has a token."""
    return await PowerBiTwin.opened(credentials).log_in()


@pytest.fixture(scope="session", params=list(SIZES))
def group(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Books]:
    """The group's records by division: few, enough for every month's entries, and after people have worked."""
    size, changes = SIZES[request.param]
    with opened(tmp_path_factory.mktemp("group"), size, changes) as sites:
        return known(sites)
