"""The divisions that a connection sees, and when they moved."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Protocol

from exactbi.errors import EXACT_REFUSED, PermanentError
from exactbi.exact_online import protocol
from exactbi.exact_online.client import Answer
from exactbi.exact_online.dates import parse_wall
from exactbi.exact_online.sites import at_site
from exactbi.work.divisions import Seen
from exactbi.work.moves import Moves

_MOVED: Final = "DivisionMoveDate"
_LINKED: Final = "DivisionHRLinkUnlinkDate"


class Account(Protocol):
    """The connection's user at Exact; division None is no division's budget."""

    async def get(self, division: int | None, endpoint: str, url: str) -> Answer: ...


async def visible(account: Account, base: str) -> list[Seen]:
    """The divisions of the licence that the user's current division belongs to."""
    me = protocol.parse_rows((await account.get(None, "current/Me", protocol.me_url(base))).body)[0]
    current = int(me["CurrentDivision"])
    rows = await _pages(account, current, "hrm/Divisions", protocol.divisions_url(base, current), base)
    return [_seen(row) for row in rows]


async def last_moves(account: Account, base: str, division: int) -> dict[int, Moves]:
    """When each division that the user may see was moved or linked, asked for at one of them."""
    rows = await _pages(account, division, "system/Divisions", protocol.moves_url(base, division), base)
    try:
        return {int(row["Code"]): Moves(_wall(row, _MOVED), _wall(row, _LINKED)) for row in rows}
    except (KeyError, TypeError, ValueError) as error:
        raise PermanentError(EXACT_REFUSED, f"a division's dates can't be read: {error!r}") from error


async def _pages(account: Account, division: int, endpoint: str, url: str, base: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    following: str | None = url
    while following is not None:
        answer = await account.get(division, endpoint, at_site(following, base))
        rows, following = protocol.parse_list(answer.body)
        found += rows
    return found


def _wall(row: dict[str, Any], name: str) -> datetime | None:
    """A date that Exact must tell, if only as null: what is not told can't be compared."""
    return None if row[name] is None else parse_wall(row[name])


def _seen(row: dict[str, Any]) -> Seen:
    def text(name: str) -> str:
        return str(row.get(name) or "").strip()

    return Seen(int(row["Code"]), text("Description"), text("Country"), text("Currency"))
