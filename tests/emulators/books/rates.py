"""Exchange rates: one a month, in units of 0.0001, drawn once for all seeds so that every company has the same."""

from __future__ import annotations

import random
from functools import cache
from typing import Final

from emulators.books.model import UNITS

_BASE: Final = {("USD", "EUR"): 9_200, ("GBP", "EUR"): 11_700, ("EUR", "GBP"): 8_550, ("USD", "GBP"): 7_870}
_SWING: Final = 900
CURRENCIES: Final = ("USD", "GBP", "EUR")


@cache
def rate_of(source: str, target: str, year: int, month: int) -> int:
    """What one of `source` is worth in `target` during a month."""
    if source == target:
        return UNITS
    dice = random.Random(f"rate {source} {target} {year}-{month}")
    return _BASE[source, target] + int((dice.random() - 0.5) * _SWING)
