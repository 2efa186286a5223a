"""A division's worker over PostgreSQL, with a division of Exact in memory."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import asyncpg
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
from fakes.division_setting import CLOCK, WAIT_S, Setting, load, make_setting, until, working
from fakes.exact_division import guid


@pytest.fixture
async def setting(pool: asyncpg.Pool, dsn: str) -> Setting:
    return await make_setting(pool, dsn)


async def test_a_first_load_reads_every_stream_into_the_outbox(setting: Setting) -> None:
    await load(setting)

    assert await setting.live("GLAccounts") == {guid(n) for n in range(1, 8)}
    assert await setting.live("TransactionLines") == {guid(100 + n) for n in range(1, 8)}
    assert await setting.live("Costcenters") == {guid(200 + n) for n in range(1, 8)}
    first = (await setting.chunks("TransactionLines"))[0]
    assert (first.generation, first.seen, first.records[0].parent) == (2, 2, guid(50))
    assert b"1.5" in bytes(first.records[0].body)
    assert setting.exact.peak == 1


async def test_each_chunk_leads_to_the_call_that_fetched_it(setting: Setting) -> None:
    await load(setting)

    lost = await setting.pool.fetchval(
        "select count(*) from outbox o where topic = 'raw-records' "
        "and not exists (select from call c where c.id = o.headers ->> 'call' and c.path like '/api/v1/100001/%')"
    )

    assert lost == 0


async def test_a_first_load_joins_its_chunks_to_its_pass(setting: Setting) -> None:
    await load(setting)

    joined = await setting.pool.fetch(
        "select p.stream, p.generation, p.first_number, p.last_number, count(*) as chunks from pass p "
        "join pass_chunk c on c.pass = p.id where p.complete_at is not null group by p.id order by p.stream"
    )

    assert [(row["stream"], row["generation"], row["chunks"]) for row in joined] == [
        ("Costcenters", 0, 1), ("GLAccounts", 2, 3), ("TransactionLines", 2, 3),
    ]  # fmt: skip
    assert 0 < joined[0]["first_number"] < joined[0]["last_number"]


async def test_a_notice_fetches_what_changed_since_the_cursor(setting: Setting) -> None:
    await load(setting)
    setting.exact.write("GLAccounts", guid(3), Code="new")
    setting.exact.urls.clear()
    worker = setting.worker()

    async with working(worker):
        await setting.raised("GLAccounts", rules.INCREMENTAL)
        await until(setting.idle, worker)

    assert len(setting.exact.urls) == 1
    assert [record.id for record in (await setting.chunks("GLAccounts"))[-1].records] == [guid(3)]


async def test_a_logged_delete_becomes_a_deleted_record_of_its_stream(setting: Setting) -> None:
    await load(setting)
    setting.exact.delete("TransactionLines", guid(104))
    worker = setting.worker()

    async with working(worker):
        await setting.raised("Deleted", rules.INCREMENTAL)
        await until(setting.idle, worker)

    gone = (await setting.chunks("TransactionLines"))[-1]
    assert [(record.id, record.deleted, bytes(record.body)) for record in gone.records] == [(guid(104), True, b"null")]
    assert gone.generation == 2
    assert guid(104) not in await setting.live("TransactionLines")


async def test_keys_are_fetched_and_the_missing_are_deleted_at_the_number_of_the_request(setting: Setting) -> None:
    await load(setting)
    setting.exact.delete("Costcenters", guid(202))
    worker = setting.worker()

    async with working(worker):
        await setting.raised("Costcenters", rules.KEYS, **{guid(201): "upsert", guid(202): "delete"})
        await until(setting.idle, worker)

    chunk = (await setting.chunks("Costcenters"))[-1]
    assert [(record.id, record.deleted) for record in chunk.records] == [(guid(201), False), (guid(202), True)]
    assert {record.version for record in chunk.records} == {chunk.seen}
    assert await setting.pool.fetchval("select count(*) from work_key") == 0


async def test_candidates_of_a_sweep_are_fetched_by_key_and_come_as_records(setting: Setting) -> None:
    await load(setting)
    setting.exact.delete("GLAccounts", guid(2))
    worker = setting.worker()

    async with working(worker):
        candidates = {guid(1): "upsert", guid(2): "upsert"}
        await setting.raised("GLAccounts", rules.CANDIDATES, rules.SWEEP, **candidates)
        await until(setting.idle, worker)

    chunk = (await setting.chunks("GLAccounts"))[-1]
    found = [(record.id, record.version, record.deleted) for record in chunk.records]
    assert found == [(guid(1), 0, False), (guid(2), 0, True)]
    assert chunk.generation == 2


async def test_a_key_that_is_asked_again_during_the_run_stays_wanted(setting: Setting) -> None:
    await load(setting)
    worker = setting.worker()
    asked: list[str] = []

    class Interrupted:
        async def get(self, endpoint: str, url: str, lease: Any) -> Any:
            answer = await setting.exact.get(endpoint, url, lease)
            if not asked:
                setting.exact.write("Costcenters", guid(201), Code="late")
                await setting.raised("Costcenters", rules.KEYS, **{guid(201): "upsert"})
            asked.append(url)
            return answer

    worker = setting.worker(Interrupted())
    async with working(worker):
        await setting.raised("Costcenters", rules.KEYS, **{guid(201): "upsert"})
        await until(setting.idle, worker)

    assert len(asked) == 2
    assert b"late" in bytes((await setting.chunks("Costcenters"))[-1].records[0].body)


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


async def test_unordered_pages_leave_the_cursor_at_the_first_response(setting: Setting) -> None:
    setting.exact.order = "id"
    await load(setting)
    for number in (7, 6, 5, 1):
        setting.exact.write("GLAccounts", guid(number), Code="again")
    newest = [int(setting.exact.records["GLAccounts"][guid(n)]["Timestamp"]) for n in (1, 5, 6)]
    worker = setting.worker()

    async with working(worker):
        await setting.raised("GLAccounts", rules.INCREMENTAL)
        await until(setting.idle, worker)

    assert await setting.pool.fetchval("select cursor from stream where stream = 'GLAccounts'") == max(newest)


async def test_a_second_look_reads_from_the_mark_and_moves_no_cursor(setting: Setting) -> None:
    await load(setting)
    before = await setting.row("select cursor, mark from stream where stream = 'GLAccounts'")
    setting.exact.urls.clear()
    worker = setting.worker()

    async with working(worker):
        await setting.raised("GLAccounts", rules.SECOND_LOOK, rules.SCHEDULE)
        await until(setting.idle, worker)
        setting.exact.clock += 3600
        await setting.raised("GLAccounts", rules.SECOND_LOOK, rules.SCHEDULE)
        await until(setting.idle, worker)

    after = await setting.row("select cursor, mark from stream where stream = 'GLAccounts'")
    assert "Timestamp gt 0L" in setting.exact.urls[0]
    assert after["cursor"] == before["cursor"]
    assert after["mark"] > before["mark"]


async def test_a_resync_raises_the_generation_and_reads_the_log_once_more(setting: Setting) -> None:
    await load(setting)
    setting.exact.urls.clear()
    worker = setting.worker()

    async with working(worker):
        await setting.raised("GLAccounts", rules.PASS, rules.RESYNC)
        await until(setting.idle, worker)

    assert {generation for generation, _, _ in (await setting.held("GLAccounts")).values()} == {3}
    assert sum("sync/Deleted" in url for url in setting.exact.urls) == 1
    assert await setting.pool.fetchval("select count(*) from pass where stream = 'GLAccounts'") == 2


async def test_a_log_unread_for_too_long_makes_passes_due(setting: Setting) -> None:
    await load(setting)
    setting.exact.clock += 46 * 86_400
    worker = setting.worker()

    async with working(worker):
        await setting.raised("Deleted", rules.INCREMENTAL)
        await until(setting.idle, worker)

    reasons = await setting.pool.fetch("select stream from pass where reason = 'expired' order by stream")
    assert [row["stream"] for row in reasons] == ["GLAccounts", "TransactionLines"]


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
