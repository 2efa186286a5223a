"""Type 10: what a company began with. One that joined in the middle of a year brings its profit and loss accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from emulators.books.desk import OPENING, Desk
from emulators.books.model import Entry
from emulators.books.monthly import Asset

_BRIEF: Final = (("capital", -100_000), ("bank", 400_000))
_BALANCE: Final = (*_BRIEF, ("loan", -150_000), ("cash", 750))
_RESULT: Final = (
    ("revenue_services", -412_500), ("revenue_projects", -128_300), ("wages", 221_400), ("social", 39_850),
    ("cost_rent", 24_000), ("cost_travel", 18_266), ("cost_software", 11_905), ("cost_subcontractors", 47_110),
)  # fmt: skip


def opening(desk: Desk, day: date, owned: Iterable[Asset], *, in_mid_year: bool) -> Entry:
    """Whole amounts of currency, balanced by the reserve; assets on lines of their own. Without assets it is brief:
    capital, money at the bank and the reserve."""
    entry = desk.entry(OPENING, "opening", day, None)
    entry.status = 50
    account, lines = desk.company.account, entry.lines
    for asset in owned:
        line = desk.line(len(lines) + 1, account("assets"), asset.cost)
        line.asset, line.description = asset, asset.description
        lines.append(line)
    whole = bool(entry.lines)
    for role, amount in (_BALANCE if whole else _BRIEF) + (_RESULT if whole and in_mid_year else ()):
        line = desk.line(len(lines) + 1, account(role), amount * 10_000)
        line.cost_center = desk.company.codes[0] if line.account and line.account.balance_type == "W" else None
        lines.append(line)
    lines.append(desk.line(len(lines) + 1, account("reserve"), -sum(line.amount for line in lines)))
    return entry
