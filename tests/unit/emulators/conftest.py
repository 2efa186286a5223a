"""Emulators in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.exact_emulator import Twin


@pytest.fixture
async def exact(tmp_path: Path) -> AsyncIterator[Twin]:
    """An Exact emulator with the small books, where somebody has logged in."""
    twin = await Twin.opened(tmp_path).log_in()
    yield twin
    twin.site.store.close()
