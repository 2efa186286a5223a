"""What the operational side asks of a company of the group: its accounts by role, VAT codes, periods, cost centres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from emulators.books.model import Account, CostCenter, Journal

One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class VatCode:
    """A VAT code: `code` as records carry it (trailing blanks too), `rate` a fraction's text, `points` hundredths of
    a per cent that a document charges (0 where the customer accounts for the tax), `type` E or I."""

    id: str
    code: str
    description: str
    rate: str
    points: int
    type: str


class Firm(Protocol):
    """One company. `seed` is the group's; `module`: it books purchases with the purchase module;
    `holding`: it has no clients, only the other companies."""

    @property
    def key(self) -> str: ...
    @property
    def division(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def vat_number(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def module(self) -> bool: ...
    @property
    def holding(self) -> bool: ...
    @property
    def months(self) -> tuple[tuple[int, int], ...]: ...
    @property
    def cost_centers(self) -> list[CostCenter]: ...
    @property
    def codes(self) -> list[str]: ...

    def account(self, role: str) -> Account:
        """The account of a role, such as `revenue_services` or `cost_travel`."""
        ...

    def vat(self, role: str) -> VatCode:
        """The code of a role: `sales_` or `purchase_`, then `high`, `low`, `zero` or `eu`."""
        ...

    def journal(self, role: str) -> Journal:
        """The journal of a role: `sales`, `purchase` or `intercompany_sales`."""
        ...

    def rate(self, currency: str, day: date) -> int:
        """What one of a foreign currency is worth on a day, in units of 0.0001 of the company's own."""
        ...

    def period_of(self, day: date) -> tuple[int, int]:
        """(fiscal year, period) of a date."""
        ...


class Dice(Protocol):
    """What is drawn from a seed."""

    def random(self) -> float: ...
    def getrandbits(self, bits: int, /) -> int: ...


def pick(dice: Dice, among: Sequence[One]) -> One:
    """One of them, at the cost of one draw."""
    return among[int(dice.random() * len(among))]
