"""What companies of the group charge each other: a pure function of the seed and the month, so that both sides of
each charge can be written apart, and are alike."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from typing import Final

from emulators.books.documents import MICROS, WHOLE
from emulators.books.firm import Firm
from emulators.books.volume import LAST_DAY, Volume

_FIRST_YEAR: Final = 2020
_FEES: Final = (12_500, 6_250, 4_800, 3_100)
_RENTS: Final = (4_500, 2_100, 1_900, 1_500)
_LENT_PRICE: Final = 88 * MICROS
_LENT_FROM: Final = 60
"""With fewer operational records there is no room for it."""
_LENT_HOURS: Final = (8, 24)


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """`quantity` in hundredths, `price` in millionths; lent hours name the seller's employee by place."""

    item: str
    description: str
    quantity: int
    price: int
    employee: int | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """An invoice from `seller` to `buyer`, by their keys."""

    seller: str
    buyer: str
    number: int
    day: date
    lines: tuple[ChargeLine, ...]

    @property
    def lends(self) -> bool:
        return self.lines[0].employee is not None


def charges(volume: Volume, year: int, month: int) -> list[Charge]:
    """The month's charges: fees and rent of the holding, and hours that the first company lends to the others."""
    alive = [one for one in volume.firms if (year, month) in volume.months(one)]
    holding = [one for one in alive if one.holding]
    trading = [one for one in alive if not one.holding]
    made = [_fees(seller, buyer, at, year, month) for seller in holding for at, buyer in enumerate(trading)]
    if trading and trading[0] is volume.trading[0] and volume.records >= _LENT_FROM:
        staff = volume.employees(trading[0])
        made += [_lent(trading[0], buyer, at, year, month, staff) for at, buyer in enumerate(trading[1:], 1)]
    return made


def _number(at: int, year: int, month: int) -> int:
    """A number of its own series: year, month and buyer."""
    return 900_000 + ((year - _FIRST_YEAR) * 12 + month) * 20 + at


def _day(year: int, month: int) -> date:
    return min(date(year, month, 28), LAST_DAY)


def _fees(seller: Firm, buyer: Firm, at: int, year: int, month: int) -> Charge:
    """The fee grows each year; rent only within the country."""
    raise_by = 100 + 3 * (year - 2024)
    fee = _FEES[min(at, len(_FEES) - 1)] * MICROS * raise_by // 100
    lines = [ChargeLine("G-FEE", f"Managementvergoeding {year}-{month:02d}", WHOLE, fee)]
    if seller.country == buyer.country:
        rent = _RENTS[min(at, len(_RENTS) - 1)] * MICROS
        lines.append(ChargeLine("G-HUUR", f"Huur en diensten {year}-{month:02d}", WHOLE, rent))
    return Charge(seller.key, buyer.key, _number(at, year, month), _day(year, month), tuple(lines))


def _lent(seller: Firm, buyer: Firm, at: int, year: int, month: int, staff: int) -> Charge:
    """Whole hours of one or two employees, of those that stay (see staff); others for each of two buyers."""
    dice = random.Random(f"lent {seller.seed} {seller.key} {buyer.key} {year}-{month}")
    steady = [one for one in range(min(staff, 30)) if one % 7 and one % 13 != 12]
    steady = [one for one in steady if one % 2 == at % 2] or steady
    people = sorted({steady[int(dice.random() * len(steady))] for _ in range(2)})
    low, high = _LENT_HOURS
    lines = [
        ChargeLine(
            "G-INH", f"Inhuur {year}-{month:02d}", WHOLE * (low + int(dice.random() * (high - low))), _LENT_PRICE, one
        )
        for one in people
    ]
    return Charge(seller.key, buyer.key, _number(at, year, month), _day(year, month), tuple(lines))
