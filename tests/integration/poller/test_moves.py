"""A division that moves to another database of Exact: its Timestamps are others, and nothing of it may be lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from exactbi.clock import Scale
from exactbi.config.customer import Connection, Customer, load_customers
from exactbi.errors import EXACT_FORBIDDEN, EXACT_UNREACHABLE, ConfigurationError, ExactbiError, TransientError
from exactbi.exact_online.client import Answer
from exactbi.exact_online.dates import EPOCH, format_wall
from exactbi.work import divisions, rules
from exactbi.work.divisions import Seen
from fakes.clocks import HeldClock
from fakes.division_setting import STREAMS, Setting, load, until, working
from fakes.exact_division import guid
from launcher.folders import CHECKOUT
from poller.relocation import Relocation

BASE = "https://exact.test"
DAY_S = 86_402.0
THEN = EPOCH + timedelta(days=20_758, hours=9, minutes=30)


class Account:
    """A user that sees when divisions moved, two to a page."""

    def __init__(self, *codes: int) -> None:
        self.rows = [{"Code": code, "DivisionMoveDate": None, "DivisionHRLinkUnlinkDate": None} for code in codes]
        self.calls: list[tuple[int | None, str]] = []
        self.error: ExactbiError | None = None

    def moved(self, code: int, at: datetime, name: str = "DivisionMoveDate") -> None:
        next(row for row in self.rows if row["Code"] == code)[name] = format_wall(at)  # type: ignore[assignment]

    async def get(self, division: int | None, endpoint: str, url: str) -> Answer:
        self.calls.append((division, endpoint))
        if self.error is not None:
            raise self.error
        start = int(url.partition("$skiptoken=")[2] or 0)
        document: dict[str, Any] = {"results": self.rows[start : start + 2]}
        if start + 2 < len(self.rows):
            document["__next"] = f"https://other.test/x?$skiptoken={start + 2}"
        assert url.startswith(BASE)
        return Answer(200, json.dumps({"d": document}).encode(), {}, 0.0, 0.0, 0.0, None, "call")


class Office:
    """Whoever asks when divisions moved, with a clock to turn."""

    def __init__(self, pool: asyncpg.Pool, account: Account) -> None:
        self.customer: Customer = load_customers(CHECKOUT / "deploy" / "customers")["demo"]
        self.connection: Connection = self.customer.connections[0]
        self.account, self.clock = account, HeldClock()
        self.relocation = Relocation(pool, self.clock, Scale(1.0))

    async def look(self, after_s: float = DAY_S) -> None:
        self.clock.advance(after_s)
        await self.relocation.look(self.customer, self.connection, self.account, BASE)


async def wanted_passes(pool: asyncpg.Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch(
        "select stream, reason from work where kind = 'pass' and requested_seq > done_seq order by stream"
    )
    return [(row["stream"], row["reason"]) for row in rows]


async def moved_division(setting: Setting, change: Callable[[], None]) -> None:
    """Load, move, let people work by `change`, find the move, and read until nothing is wanted."""
    office = Office(setting.pool, Account(100001))
    await office.look()
    await load(setting)
    setting.exact.move()
    office.account.moved(100001, THEN)
    change()
    await office.look()
    worker = setting.worker()
    async with working(worker):
        await until(setting.loaded, worker)


def newest(setting: Setting, stream: str) -> Mapping[str, int]:
    return {record: int(row["Timestamp"]) for record, row in setting.exact.records[stream].items()}


async def test_after_a_move_the_new_databases_records_win_whatever_their_timestamps(setting: Setting) -> None:
    def change() -> None:
        setting.exact.write("GLAccounts", guid(3), Code="after")
        setting.exact.delete("TransactionLines", guid(104))

    await moved_division(setting, change)

    held = {stream: await setting.held(stream) for stream in ("GLAccounts", "TransactionLines")}
    assert {record: version for record, (_, version, _) in held["GLAccounts"].items()} == newest(setting, "GLAccounts")
    assert {generation for generation, _, _ in held["GLAccounts"].values()} == {3}
    gone = {
        record for record, (generation, _, deleted) in held["TransactionLines"].items() if deleted or generation < 3
    }
    assert gone == {guid(104)}


async def test_after_a_move_cursors_and_marks_are_the_new_databases_also_those_of_the_log(setting: Setting) -> None:
    await moved_division(setting, lambda: setting.exact.delete("GLAccounts", guid(1)))
    log = max(int(entry["Timestamp"]) for entry in setting.exact.log)
    states = {row["stream"]: row["cursor"] for row in await setting.pool.fetch("select stream, cursor from stream")}

    assert states["GLAccounts"] == max(newest(setting, "GLAccounts").values())
    assert states["Deleted"] == log
    marks = await setting.pool.fetch("select mark, landmarks from stream where stream <> 'Costcenters'")
    starts = [start for row in marks for _, start in json.loads(row["landmarks"])]
    assert max([*starts, *(row["mark"] for row in marks)]) <= max(states.values())


async def test_what_is_changed_after_the_passes_is_polled_from_the_new_cursors(setting: Setting) -> None:
    await moved_division(setting, lambda: None)
    setting.exact.write("GLAccounts", guid(8), Code="8")
    setting.exact.delete("TransactionLines", guid(101))
    worker = setting.worker()
    async with working(worker):
        await setting.raised("GLAccounts", rules.INCREMENTAL)
        await setting.raised("Deleted", rules.INCREMENTAL)
        await until(setting.idle, worker)

    assert guid(8) in await setting.live("GLAccounts")
    assert guid(101) not in await setting.live("TransactionLines")


async def test_a_run_of_the_old_database_that_was_open_ends_before_the_pass_resets_its_stream(setting: Setting) -> None:
    office = Office(setting.pool, Account(100001))
    await office.look()
    await load(setting)
    for number in range(301, 308):
        setting.exact.write("TransactionLines", guid(number), EntryID=guid(50))
        setting.exact.delete("TransactionLines", guid(number))
    pages = iter((False, True))

    async def moves_between_two_pages(url: str) -> None:
        if "sync/Deleted" in url and next(pages, False):
            setting.exact.move()
            office.account.moved(100001, THEN)
            await office.look()

    class Moving:
        async def get(self, endpoint: str, url: str, lease: Any) -> Answer:
            await moves_between_two_pages(url)
            return await setting.exact.get(endpoint, url, lease)

    worker = setting.worker(Moving())
    async with working(worker):
        await setting.raised("Deleted", rules.INCREMENTAL)
        await until(setting.loaded, worker)

    cursor = await setting.pool.fetchval("select cursor from stream where stream = 'Deleted'")
    assert cursor == max(int(entry["Timestamp"]) for entry in setting.exact.log)


async def test_a_move_makes_a_pass_of_every_stream_due_and_of_the_log_with_a_trace_for_people(setting: Setting) -> None:
    office = Office(setting.pool, Account(100001))
    await office.look()
    await load(setting)
    office.account.moved(100001, THEN, "DivisionHRLinkUnlinkDate")
    await office.look()

    assert await wanted_passes(setting.pool) == [(name, rules.MOVED) for name in sorted((*STREAMS, "Deleted"))]
    event = await setting.row("select customer, actor, what, detail from audit_event")
    assert (event["customer"], event["actor"], event["what"]) == ("demo", "poller", "division moved")
    assert json.loads(event["detail"]) == {"division": "nl/100001", "linked": "2026-11-01 09:30:00"}


async def test_the_first_dates_and_the_same_dates_make_nothing_due(setting: Setting) -> None:
    office = Office(setting.pool, Account(100001))
    office.account.moved(100001, THEN)
    for _ in range(3):
        await office.look()

    assert await wanted_passes(setting.pool) == []
    assert await setting.pool.fetchval("select count(*) from audit_event") == 0


async def test_one_call_a_day_asks_for_all_divisions_of_a_connection(setting: Setting) -> None:
    await divisions.keep(setting.pool, "demo", "nl", "nl", [Seen(100001), Seen(100002)])
    office = Office(setting.pool, Account(100002, 100001))
    await office.look()
    await office.look(DAY_S / 2)
    await office.look(DAY_S / 2)

    assert office.account.calls == [(100001, "system/Divisions")] * 2


async def test_every_page_of_the_list_is_read_at_our_own_host(setting: Setting) -> None:
    office = Office(setting.pool, Account(1, 2, 3, 100001))
    await office.look()
    office.account.moved(100001, THEN)
    await load(setting)
    await office.look()

    assert len(office.account.calls) == 4
    assert ("GLAccounts", rules.MOVED) in await wanted_passes(setting.pool)


async def test_a_refusal_is_said_once_and_asked_again_a_day_later(
    setting: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(setting.pool, Account(100001))
    office.account.error = ConfigurationError(EXACT_FORBIDDEN, "Application Scope Violated")
    for wait in (DAY_S, DAY_S / 2, DAY_S / 2, DAY_S):
        await office.look(wait)

    assert len(office.account.calls) == 3
    assert capsys.readouterr().out.count("moves of divisions can't be seen") == 1


async def test_a_move_is_found_by_the_dates_before_a_refusal(setting: Setting) -> None:
    office = Office(setting.pool, Account(100001))
    await office.look()
    await load(setting)
    office.account.error = ConfigurationError(EXACT_FORBIDDEN, "Application Scope Violated")
    await office.look()
    office.account.error = None
    office.account.moved(100001, THEN)
    await office.look()

    assert ("Deleted", rules.MOVED) in await wanted_passes(setting.pool)


async def test_an_outage_leaves_the_question_due(setting: Setting) -> None:
    office = Office(setting.pool, Account(100001))
    office.account.error = TransientError(EXACT_UNREACHABLE, "no answer")
    with pytest.raises(TransientError):
        await office.look()
    office.account.error = None
    await office.look(0.0)

    assert len(office.account.calls) == 2
    asked = await setting.pool.fetchval("select moves_asked_at from division where code = 100001")
    assert asked == datetime.fromtimestamp(office.clock.now(), UTC)
