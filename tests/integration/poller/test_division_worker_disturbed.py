"""A division's worker over PostgreSQL that is killed, refused, held back, or loses its lease."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from exactbi.errors import (
    EXACT_REFUSED,
    EXACT_SUSPENDED,
    EXACT_UNREACHABLE,
    PermanentError,
    SuspendedError,
    TransientError,
)
from exactbi.postgres.lease import LeaseLostError, hold
from exactbi.work import rules
from fakes.division_setting import CLOCK, WAIT_S, Setting, load, until, working
from fakes.exact_division import guid


async def test_a_killed_run_goes_on_at_its_next_page_with_the_seq_that_it_read(setting: Setting) -> None:
    def die(url: str) -> None:
        if "skiptoken" in url:
            raise asyncio.CancelledError

    setting.exact.before = die
    with contextlib.suppress(asyncio.CancelledError):
        await setting.worker().run()
    await setting.pool.execute("update work set not_before = null")
    first = await setting.row("select stream, requested_seq from run where ended_at is null limit 1")
    await setting.raised(first["stream"], rules.PASS, rules.RESYNC)
    setting.exact.before = lambda _: None
    setting.exact.urls.clear()
    worker = setting.worker()

    async with working(worker):
        await until(setting.loaded, worker)

    assert any("skiptoken" in url for url in setting.exact.urls[:2])
    passes = await setting.pool.fetch("select reason from pass where stream = $1 order by id", first["stream"])
    assert [row["reason"] for row in passes] == ["first_load", "resync"]


async def test_a_refused_link_starts_the_run_again_without_losing_a_chunk(setting: Setting) -> None:
    refusals = iter([True, False])

    def refuse(url: str) -> None:
        if "skiptoken" in url and next(refusals, False):
            raise PermanentError(EXACT_REFUSED, "the skip token is stale")

    setting.exact.before = refuse
    await load(setting)

    assert await setting.pool.fetchval("select max(restarts) from run") == 1
    assert await setting.live("GLAccounts") == {guid(n) for n in range(1, 8)}
    assert await setting.live("TransactionLines") == {guid(100 + n) for n in range(1, 8)}


async def test_a_failing_page_is_tried_again_later_and_its_error_is_kept(setting: Setting) -> None:
    await load(setting)
    failures = iter([TransientError(EXACT_UNREACHABLE, "no answer")])

    def fail(_: str) -> None:
        if error := next(failures, None):
            raise error

    setting.exact.before = fail
    worker = setting.worker()
    async with working(worker):
        await setting.raised("GLAccounts", rules.INCREMENTAL)
        await until(lambda: setting.pool.fetchval("select bool_or(error = 'EXACT_UNREACHABLE') from work"), worker)
        assert await setting.pool.fetchval("select max(not_before) > now() from work")
        await until(setting.idle, worker)

    assert await setting.pool.fetchrow("select attempts, not_before, error from work where error is not null") is None


async def test_a_spent_budget_holds_the_division_and_is_no_attempt(setting: Setting) -> None:
    await load(setting)
    suspensions = iter([SuspendedError(EXACT_SUSPENDED, "minute", CLOCK.now() + 0.5)])

    def suspend(_: str) -> None:
        if error := next(suspensions, None):
            raise error

    setting.exact.before = suspend
    worker = setting.worker()
    async with working(worker):
        await setting.raised("GLAccounts", rules.INCREMENTAL)
        await until(lambda: setting.pool.fetchval("select max(attempts) = 1 from work"), worker)
        await until(setting.idle, worker)

    runs = await setting.pool.fetchval("select count(*) from run where kind = 'incremental' and stream = 'GLAccounts'")
    assert runs == 1


async def test_a_worker_whose_lease_was_taken_over_writes_nothing(setting: Setting) -> None:
    await load(setting)
    setting.exact.write("GLAccounts", guid(1), Code="changed")
    before = await setting.pool.fetchval("select count(*) from outbox")
    stolen: list[str] = []

    class Stolen:
        async def get(self, endpoint: str, url: str, lease: Any) -> Any:
            stolen.append(url)
            await setting.pool.execute("update lease set epoch = epoch + 1")
            return await setting.exact.get(endpoint, url, lease)

    await setting.raised("GLAccounts", rules.INCREMENTAL)
    with pytest.raises(LeaseLostError):
        async with asyncio.timeout(WAIT_S):
            await setting.worker(Stolen()).run()

    assert stolen
    assert await setting.pool.fetchval("select count(*) from outbox") == before
    assert not await setting.idle()


async def test_the_second_worker_waits_for_the_lease_of_the_first(setting: Setting) -> None:
    first, second = setting.worker(), setting.worker()
    async with working(first) as task:
        await until(setting.loaded, first)
        async with working(second):
            setting.exact.write("GLAccounts", guid(9), Code="9")
            task.cancel()
            await setting.raised("GLAccounts", rules.INCREMENTAL)
            await until(setting.idle, second)

    assert guid(9) in await setting.live("GLAccounts")


async def test_an_outbox_that_nobody_publishes_holds_back_new_runs(setting: Setting) -> None:
    await load(setting)
    await setting.pool.execute("update outbox set created_at = now() - interval '2 hours'")
    await setting.raised("GLAccounts", rules.INCREMENTAL)
    setting.exact.urls.clear()
    worker = setting.worker()

    async with working(worker):
        await asyncio.sleep(0.5)

    assert setting.exact.urls == []
    assert not await setting.idle()


async def test_a_lease_is_named_after_its_division(setting: Setting) -> None:
    async with hold(setting.dsn, "division demo/nl/100001", CLOCK):
        worker = setting.worker()
        async with working(worker):
            await asyncio.sleep(0.3)
    assert setting.exact.urls == []
