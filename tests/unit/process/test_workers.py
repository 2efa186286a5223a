"""Loops that must not end in silence."""

from __future__ import annotations

import asyncio

import pytest

from exactbi.errors import CONFIG_INVALID, PART_UNREACHABLE, ConfigurationError, TransientError
from exactbi.process.service import Worker
from exactbi.process.workers import WorkerEndedError, supervise


class Script:
    """A loop that raises what it is told, run after run; then it waits for ever."""

    def __init__(self, *errors: Exception | None) -> None:
        self._errors = list(errors)
        self.runs = 0
        self.waits = asyncio.Event()

    async def run(self) -> None:
        self.runs += 1
        if self._errors:
            error = self._errors.pop(0)
            if error is None:
                return
            raise error
        self.waits.set()
        await asyncio.Event().wait()


async def test_an_outage_starts_the_loop_again() -> None:
    script = Script(TransientError(PART_UNREACHABLE, "x"), ConnectionResetError())
    supervised = asyncio.create_task(supervise(Worker("w", script.run)))

    await asyncio.wait_for(script.waits.wait(), 5.0)

    assert script.runs == 3
    supervised.cancel()


@pytest.mark.parametrize("error", [ConfigurationError(CONFIG_INVALID, "x"), ValueError("a bug")])
async def test_another_error_ends_the_process(error: Exception) -> None:
    with pytest.raises(type(error)):
        await supervise(Worker("w", Script(error).run))


async def test_a_loop_that_returns_ends_the_process() -> None:
    with pytest.raises(WorkerEndedError):
        await supervise(Worker("w", Script(None).run))
