"""A group of four plain companies, for tests of the operational side alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from emulators.books.firm import VatCode
from emulators.books.ids import guid_of
from emulators.books.model import Account, CostCenter, Journal

_POINTS: Final = {"high": 2100, "low": 900}
_LAST: Final = (2026, 11)


@dataclass(frozen=True)
class PlainFirm:
    """Accounts, VAT codes and journals named after their roles; fiscal years are calendar years."""

    key: str
    division: int
    name: str
    country: str = "NL"
    first: tuple[int, int] = (2024, 1)
    module: bool = False
    holding: bool = False
    seed: int = 1
    currency: str = "EUR"

    @property
    def vat_number(self) -> str:
        return f"{self.country}80{self.division}"

    @property
    def months(self) -> tuple[tuple[int, int], ...]:
        every = ((year, month) for year in (2024, 2025, 2026) for month in range(1, 13))
        return tuple(one for one in every if self.first <= one <= _LAST)

    @property
    def codes(self) -> list[str]:
        return ["ADM", "CON", " K10"]

    @property
    def cost_centers(self) -> list[CostCenter]:
        return [CostCenter(guid_of(self.seed, f"center {self.key}", code), code, code, 0) for code in self.codes]

    def account(self, role: str) -> Account:
        return Account(guid_of(self.seed, f"account {self.key}", role), role[:9], role, 110, "W", "C")

    def vat(self, role: str) -> VatCode:
        side, kind = role.split("_")
        points = _POINTS.get(kind, 0)
        rate = "0.21" if points == 2100 else "0.09" if points else "0"
        found = guid_of(self.seed, f"vat {self.key}", role)
        return VatCode(found, f"{len(role)}  ", role, rate, points, "I" if side == "purchase" else "E")

    def journal(self, role: str) -> Journal:
        return Journal(role[:4], role)

    def rate(self, currency: str, day: date) -> int:
        return 9_200 if currency == "USD" and day else 11_500

    def period_of(self, day: date) -> tuple[int, int]:
        return day.year, day.month


GROUP: Final = (
    PlainFirm("nl-100001", 100001, "Demo Advies B.V.", module=True),
    PlainFirm("nl-100002", 100002, "Demo Holding B.V.", holding=True),
    PlainFirm("be-200001", 200001, "Demo Advies NV", "BE", (2024, 7)),
    PlainFirm("de-300001", 300001, "Demo Beratung GmbH", "DE", (2025, 7)),
)
