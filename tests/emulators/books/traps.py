"""Entries that a mapping must not stumble over, each found in real books or allowed by the vendor's documents."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final, Protocol

from emulators.books.makers import BUDGET
from emulators.books.model import UNITS, Entry

YEAR, PERIOD = 2026, 3


class Poster(Protocol):
    """What makes the plain entries that are made odd here."""

    def memorial(self, year: int, period: int, rows: int, day: date | None = None) -> Entry: ...
    def sale(self, year: int, period: int, day: date | None = None) -> Entry: ...
    def purchase(self, year: int, period: int, day: date | None = None) -> Entry: ...


LONG_TEXT: Final = "Zeer lange omschrijving 🚀 " + "x" * 173 + "🚀🚀" + "y" * 4_900
"""More than 4,000 characters, with an emoji on each side of the 200th."""
ODD_TEXT: Final = 'Regel één\r\nregel "twee"\t\\ einde \u2028 👩‍👩‍👧 \u0001'
HALF: Final = "12.00005"
BIG_ENTRY: Final = 1_500


def traps(makers: Poster, size: int) -> list[Entry]:
    """The odd entries that books of `size` lines have room for; they add up to zero after rounding each line."""
    made = [
        _texts(makers), _decimals(makers), _halves(makers), _tiny(makers), _without_account(makers), _budget(makers),
        *_nights(makers), _backdated(makers), _bands(makers),
    ]  # fmt: skip
    if size >= 20 * BIG_ENTRY:
        made.append(makers.memorial(YEAR, PERIOD, BIG_ENTRY))
    return made


def _memorial(makers: Poster, amounts: list[tuple[int, str | None]]) -> Entry:
    entry = makers.memorial(YEAR, PERIOD, len(amounts))
    for line, (units, text) in zip(entry.lines, amounts, strict=True):
        line.amount, line.text = units, text
    return entry


def _texts(makers: Poster) -> Entry:
    entry = _memorial(makers, [(100 * UNITS, None), (-40 * UNITS, None), (-60 * UNITS, None)])
    first, second, third = entry.lines
    first.description, first.notes = LONG_TEXT, LONG_TEXT
    second.description, second.cost_center = ODD_TEXT, "  "
    third.description, third.cost_center, third.vat_code = "", "HAL", "   "
    entry.reference = " ' OR 1=1; -- "
    return entry


def _decimals(makers: Poster) -> Entry:
    """0.1 + 0.2 in binary, and thirds: more than four decimals, balanced once each line is rounded."""
    return _memorial(
        makers,
        [
            (3_000, "0.30000000000000004"), (-3_000, "-0.3"),
            (333_333, "33.333333"), (333_333, "33.333333333333336"), (333_334, None), (-1_000_000, "-100"),
        ],
    )  # fmt: skip


def _halves(makers: Poster) -> Entry:
    """Exactly half a unit: half up goes away from zero on both sides."""
    return _memorial(makers, [(120_001, HALF), (-120_001, "-" + HALF)])


def _tiny(makers: Poster) -> Entry:
    """Zeros in all their forms, and numbers with an exponent."""
    entry = _memorial(makers, [(0, "1E-05"), (0, "-4E-05"), (0, "-0.0"), (12_500_000, "1.25E3"), (-12_500_000, None)])
    entry.lines[0].quantity, entry.lines[1].quantity = "1E-05", "-1E-05"
    return entry


def _without_account(makers: Poster) -> Entry:
    """A general journal entry whose line 0 has neither an account nor an amount."""
    entry = makers.memorial(YEAR, PERIOD, 3)
    entry.lines[-1].number = 0
    entry.lines.insert(0, entry.lines.pop())
    entry.lines[0].account, entry.lines[0].amount = None, 0
    entry.lines[2].amount = -entry.lines[1].amount
    return entry


def _budget(makers: Poster) -> Entry:
    """Type 3000 is a budget, not the ledger."""
    entry = makers.memorial(YEAR, PERIOD, 2)
    entry.type = BUDGET
    return entry


def _nights(makers: Poster) -> list[Entry]:
    """Created in the hour that a night in October repeats, beside the one that a night in March leaves out, and just
    after a midnight: a client that shifts zones gets another day."""
    walls = (
        datetime(2026, 10, 25, 2, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 3, 0, tzinfo=UTC), datetime(2026, 7, 1, 0, 15, tzinfo=UTC),
        datetime(2026, 1, 31, 23, 59, 59, 997_000, tzinfo=UTC),
    )  # fmt: skip
    made = []
    for wall in walls:
        entry = makers.sale(wall.year, wall.month, wall.date())
        entry.created = int(wall.timestamp() * 1000 + 0.5)
        made.append(entry)
    return made


def _backdated(makers: Poster) -> Entry:
    """Posted in May into January, with a due date far away."""
    entry = makers.purchase(YEAR, 1, date(YEAR, 1, 31))
    entry.created = int(datetime(YEAR, 5, 4, 9, 0, tzinfo=UTC).timestamp() * 1000)
    entry.due = date(2099, 12, 31)
    return entry


def _bands(makers: Poster) -> Entry:
    """Amounts on both sides of each edge of a band."""
    edges = [999_999, 1_000_000, 9_999_999, 10_000_000, 99_999_999, 100_000_000, 999_999_999, 1_000_000_000]
    return _memorial(makers, [*((units, None) for units in edges), (-sum(edges), None)])
