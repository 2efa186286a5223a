"""What fills the books up: costs charged on between cost centres, and small expenses by card."""

from __future__ import annotations

from datetime import date
from typing import Final

from emulators.books.desk import BANK, OTHER, Desk, balanced
from emulators.books.model import Entry

_LONGEST: Final = 40
_SMALL: Final = 150 * 10_000


def filler(desk: Desk, day: date, room: int) -> Entry:
    """An entry of at most `room` lines (at least 2)."""
    rows = max(2, min(room, 4 + int(desk.dice.random() * _LONGEST)))
    return recharge(desk, day, rows) if desk.dice.random() < 0.6 else expenses(desk, day, rows)


def recharge(desk: Desk, day: date, rows: int) -> Entry:
    """A general journal entry: costs move between cost centres, the accounts' sums stay; rows come in pairs."""
    entry = desk.entry(OTHER, "memorial", day)
    units = desk.company.cost_units
    for _ in range(max(1, rows // 2)):
        account, amount, text = desk.cost(), desk.amount(), desk.text()
        for signed in (amount, -amount):
            line = desk.line(len(entry.lines) + 1, account, signed)
            line.cost_center, line.description = desk.cost_center(), text
            if desk.dice.random() < 0.3:
                line.cost_unit = units[int(desk.dice.random() * len(units))].code
            entry.lines.append(line)
    return entry


def expenses(desk: Desk, day: date, rows: int) -> Entry:
    """A card's statement: line 0 is the card's movement."""
    entry = desk.entry(BANK, "card", day)
    lines = [desk.line(0, desk.company.account("card"), 0)]
    for number in range(1, rows):
        line = desk.line(number, desk.cost(), 100 * int(desk.dice.random() * _SMALL // 100 + 1))
        line.cost_center, line.description = desk.cost_center(), desk.text()
        lines.append(line)
    return balanced(entry, lines)
