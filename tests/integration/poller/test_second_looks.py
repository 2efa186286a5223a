"""The second look after a first load: it reads what the load may have missed, and no page that it need not."""

from __future__ import annotations

import asyncpg
import pytest

from exactbi.work import rules
from fakes.division_setting import Setting, load, make_setting, until, working
from fakes.exact_division import guid

DAY_S = 86_400
LINES = 60
"""One a day; twenty pages."""


@pytest.fixture(params=["timestamp", "id"])
async def setting(pool: asyncpg.Pool, dsn: str, request: pytest.FixtureRequest) -> Setting:
    setting = await make_setting(pool, dsn)
    setting.exact.order = request.param
    for number in range(LINES):
        written(setting, number, days_ago=LINES - number)
    return setting


def written(setting: Setting, number: int, days_ago: float) -> str:
    record = guid(10_000 - number)
    at = int((setting.exact.clock - days_ago * DAY_S) * 1000)
    setting.exact.write("TransactionLines", record, EntryID=guid(50), Modified=f"/Date({at})/")
    return record


async def look(setting: Setting) -> list[str]:
    """The addresses of a second look of the lines."""
    setting.exact.urls.clear()
    setting.exact.clock += 1800
    worker = setting.worker()
    async with working(worker):
        await setting.raised("TransactionLines", rules.SECOND_LOOK, rules.SCHEDULE)
        await until(setting.idle, worker)
    return [url for url in setting.exact.urls if "TransactionLines" in url]


async def test_the_look_after_a_load_reads_the_last_days_only(setting: Setting) -> None:
    await load(setting)
    load_calls = sum("TransactionLines" in url for url in setting.exact.urls)

    assert load_calls > 20
    assert len(await look(setting)) <= 4


async def test_a_commit_that_was_late_during_the_load_is_found_by_the_look(setting: Setting) -> None:
    record = written(setting, LINES, days_ago=0)
    commit = setting.exact.hide("TransactionLines", record)
    written(setting, LINES + 1, days_ago=0)
    await load(setting)
    commit()

    assert record not in await setting.live("TransactionLines")
    await look(setting)
    assert record in await setting.live("TransactionLines")


async def test_after_a_move_the_look_reads_all_once_more(setting: Setting) -> None:
    await load(setting)
    setting.exact.move()
    worker = setting.worker()
    async with working(worker):
        await setting.raised("TransactionLines", rules.PASS, rules.MOVED)
        await until(setting.loaded, worker)

    assert "Timestamp gt 0L" in (await look(setting))[0]


async def test_a_load_without_dates_is_read_once_more(setting: Setting) -> None:
    for row in setting.exact.records["TransactionLines"].values():
        row.pop("Modified", None)
    await load(setting)

    assert "Timestamp gt 0L" in (await look(setting))[0]
