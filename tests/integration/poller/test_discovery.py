"""The list of divisions."""

from __future__ import annotations

import json
from typing import Any

import asyncpg

from exactbi.exact_online.client import Answer
from exactbi.work import divisions
from exactbi.work.divisions import Seen
from poller.divisions import visible


class Account:
    """A user that sees two divisions."""

    def __init__(self) -> None:
        self.calls: list[tuple[int | None, str]] = []

    async def get(self, division: int | None, endpoint: str, url: str) -> Answer:
        self.calls.append((division, endpoint))
        rows: list[dict[str, Any]] = [{"CurrentDivision": 5}]
        if endpoint == "hrm/Divisions":
            rows = [{"Code": 5, "Description": "Five ", "Country": "NL", "Currency": "EUR"}, {"Code": 6}]
        return Answer(200, json.dumps({"d": {"results": rows}}).encode(), {}, 0.0, 0.0, 0.0, None, "call")


async def states(pool: asyncpg.Pool) -> dict[int, str]:
    return {row["code"]: row["state"] for row in await pool.fetch("select code, state from division")}


async def test_all_divisions_of_the_current_ones_licence_are_listed() -> None:
    account = Account()

    assert await visible(account, "https://exact.test") == [Seen(5, "Five", "NL", "EUR"), Seen(6)]
    assert account.calls == [(None, "current/Me"), (5, "hrm/Divisions")]


async def test_a_division_that_is_not_visible_pauses_until_it_is_again(pool: asyncpg.Pool) -> None:
    await pool.execute("insert into customer (id) values ('demo')")
    await divisions.keep(pool, "demo", "nl", "nl", [Seen(5, "Five"), Seen(6)])

    assert await divisions.keep(pool, "demo", "nl", "nl", [Seen(5)]) == [6]
    assert [known.code for known in await divisions.active(pool, ["demo"])] == [5]
    await divisions.keep(pool, "demo", "nl", "nl", [Seen(5), Seen(6)])
    assert await states(pool) == {5: "active", 6: "active"}
    assert await pool.fetchval("select name from division where code = 5") == "Five"


async def test_a_division_that_a_person_paused_stays_paused(pool: asyncpg.Pool) -> None:
    await pool.execute("insert into customer (id) values ('demo')")
    await divisions.keep(pool, "demo", "nl", "nl", [Seen(5)])
    await pool.execute("update division set state = 'paused'")

    await divisions.keep(pool, "demo", "nl", "nl", [Seen(5)])

    assert await states(pool) == {5: "paused"}


async def test_a_paused_customer_is_not_read(pool: asyncpg.Pool) -> None:
    await pool.execute("insert into customer (id, paused) values ('demo', true)")
    await divisions.keep(pool, "demo", "nl", "nl", [Seen(5)])

    assert await divisions.active(pool, ["demo"]) == []
