"""Employees, their employments, and what an hour of theirs costs the company from day to day."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from emulators.books.documents import MICROS
from emulators.books.firm import Firm, pick
from emulators.books.ids import guid_of

_FIRST: Final = (
    "Jan", "Fatima", "Pieter", "Sofie", "Mehmet", "Anneke", "Łukasz", "Élise", "Thomas", "Ngọc", "Bram", "Ingrid",
)  # fmt: skip
_LAST: Final = (
    "de Vries", "van den Berg", "Janssens", "Özdemir", "Müller", "Kowalski", "O'Connor", "Peeters", "Bakker",
    "Schäfer", "'t Hart",
)  # fmt: skip
MID_MONTH: Final = date(2025, 3, 17)
"""The day in mid-month from which one employee costs more."""
MID_MONTH_AT, WITHOUT_RATE_AT = 0, 1
"""Their places among the employees of the first company."""
_START_OF_RATES: Final = 2023
_LAST_YEAR: Final = 2026


@dataclass(frozen=True, slots=True)
class Rate:
    """From `start` to `end`, both included; `end` None while it lasts. `internal`, `intercompany` in millionths."""

    id: str
    start: date
    end: date | None
    internal: int
    intercompany: int


@dataclass(frozen=True, slots=True)
class Employee:
    """An employee with one employment; `rates` without gaps, empty for the one without."""

    id: str
    hid: int
    first: str
    last: str
    employment: str
    cost_center: str
    start: date
    end: date | None
    rates: tuple[Rate, ...]

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    def works(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)

    def rate(self, day: date) -> Rate | None:
        """The rate that is valid on a day."""
        return next((one for one in self.rates if one.start <= day and (one.end is None or day <= one.end)), None)


def staff(firm: Firm, count: int, *, first: bool) -> list[Employee]:
    """`count` employees; in the first company one without a rate, and one whose rate changes in mid-month."""
    dice = random.Random(f"staff {firm.seed} {firm.key}")
    return [_employee(firm, at, dice, first=first) for at in range(count)]


def _employee(firm: Firm, at: int, dice: random.Random, *, first: bool) -> Employee:
    found = guid_of(firm.seed, f"employee {firm.key}", str(at))
    start = date(2019 + at % 4, 1 + at % 12, 1) if at % 7 else date(2024, 1 + at % 12, 1)
    end = date(2025, 8, 31) if at % 13 == 12 else None
    bare = first and at == WITHOUT_RATE_AT
    rates = () if bare else _rates(firm, at, start, end, dice, mid=first and at == MID_MONTH_AT)
    center, job = firm.codes[at % len(firm.codes)], guid_of(firm.seed, f"employment {firm.key}", str(at))
    last = f"{pick(dice, _LAST)}" if at < len(_LAST) * 2 else f"{pick(dice, _LAST)}-{at}"
    return Employee(found, at + 1, pick(dice, _FIRST), last, job, center, start, end, rates)


def _rates(firm: Firm, at: int, start: date, end: date | None, dice: random.Random, *, mid: bool) -> tuple[Rate, ...]:
    """A new rate each January, two to five per cent higher."""
    first = max(start, date(_START_OF_RATES, 1, 1))
    days = [first, *(date(year, 1, 1) for year in range(first.year + 1, _LAST_YEAR + 1))]
    if mid:
        days = sorted([*days, MID_MONTH])
    days = [day for day in days if end is None or day <= end]
    level, made = 38 * MICROS + int(dice.random() * 40) * MICROS // 2, []
    for n, day in enumerate(days):
        until = days[n + 1] - timedelta(days=1) if n + 1 < len(days) else end
        key = guid_of(firm.seed, f"rate {firm.key}", f"{at} {day}")
        made.append(Rate(key, day, until, level, level * 115 // 100))
        level += level * (2 + int(dice.random() * 4)) // 100
    return tuple(made)
