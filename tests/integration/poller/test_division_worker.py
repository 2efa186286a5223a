"""A division's worker over PostgreSQL: what its runs read of Exact, and what comes of it in the outbox."""

from __future__ import annotations

from typing import Any

from exactbi.work import rules
from fakes.division_setting import Setting, load, until, working
from fakes.exact_division import guid


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
