"""The divisions that a connection sees."""

from __future__ import annotations

from typing import Any, Protocol

from exactbi.exact_online import protocol
from exactbi.exact_online.client import Answer
from exactbi.work.divisions import Seen


class Account(Protocol):
    """The connection's user at Exact; division None is no division's budget."""

    async def get(self, division: int | None, endpoint: str, url: str) -> Answer: ...


async def visible(account: Account, base: str) -> list[Seen]:
    """The divisions of the licence that the user's current division belongs to."""
    me = protocol.parse_rows((await account.get(None, "current/Me", protocol.me_url(base))).body)[0]
    current = int(me["CurrentDivision"])
    answer = await account.get(current, "hrm/Divisions", protocol.divisions_url(base, current))
    return [_seen(row) for row in protocol.parse_rows(answer.body)]


def _seen(row: dict[str, Any]) -> Seen:
    def text(name: str) -> str:
        return str(row.get(name) or "").strip()

    return Seen(int(row["Code"]), text("Description"), text("Country"), text("Currency"))
