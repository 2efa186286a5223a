"""A company of the group: its chart and who uses which account, VAT codes, journals, cost centres, fiscal years."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Final

from emulators.books.chart import CENTERS_IN_USE, cost_centers
from emulators.books.charts import chart_of
from emulators.books.firm import VatCode
from emulators.books.ids import guid_of
from emulators.books.model import UNITS, Account, CostCenter, Journal
from emulators.books.rates import rate_of
from emulators.books.vat import VatBooking, vat_codes

LAST_MONTH: Final = (2026, 11)
TODAY: Final = date(2026, 11, 20)
"""The books' present: the last month is under way."""
_COST_UNITS: Final = 60
"""Exactly a page of a normal endpoint, so that its last page is an empty one."""
_JOURNALS: Final = {
    "sales": ("70", "Verkoopboek", 20), "intercompany_sales": ("71", "Verkoopboek groep", 20),
    "purchase": ("60", "Inkoopboek", 22), "bank": ("20", "Bank", 12), "cash": ("10", "Kas", 10),
    "card": ("25", "Creditcard", 12),
    "memorial": ("90", "Memoriaal", 90), "payroll": ("95", "Salarissen", 90), "assets": ("91", "Activa", 90),
    "vat": ("93", "Btw-aangiften", 90), "opening": ("99", "Openingsbalans", 90), "closing": ("98", "Afsluiting", 90),
}  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """What makes a company. `first`: its first calendar month; `fiscal_start`: the month in which its years begin;
    `weight`: its share of the group's entries."""

    site: str
    division: int
    name: str
    country: str
    currency: str
    vat_number: str
    hid: int
    first: tuple[int, int]
    weight: float
    fiscal_start: int = 1
    module: bool = False
    holding: bool = False
    main: bool = False


@dataclass(frozen=True)
class Unit:
    """A cost unit."""

    id: str
    code: str
    description: str


@dataclass(frozen=True)
class Period:
    """A financial period."""

    year: int
    number: int
    start: date
    end: date


class Company:
    """One company; everything in it follows from its profile and the group's seed."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile, self.seed = profile, seed
        self.division, self.name = profile.division, profile.name
        self.country, self.currency, self.vat_number = profile.country, profile.currency, profile.vat_number
        self.module, self.holding = profile.module, profile.holding
        self.key = f"{profile.site}-{profile.division}"
        self.months = _months(profile.first)
        self.accounts, self._roles = chart_of(self.key, profile.country, holding=profile.holding, odd=profile.module)
        self.vats = vat_codes(self.key, profile.country)
        self._vat_of = {booking.code.id: booking for booking in self.vats.values()}
        self.journals = {role: Journal(code, name) for role, (code, name, _) in _JOURNALS.items()}
        self.cost_centers = self._centers()
        self.codes = [code for code, _ in CENTERS_IN_USE]
        self.cost_units = [
            Unit(guid_of(0, f"cost unit of {self.key}", str(at)), f"KD{at:03d}", f"Kostendrager {at}")
            for at in range(1, _COST_UNITS + 1)
        ]

    def _centers(self) -> list[CostCenter]:
        """The first company has spare ones too, beyond a page of sixty."""
        made = cost_centers(self.division)
        return made if self.module else made[: len(CENTERS_IN_USE)]

    def account(self, role: str) -> Account:
        return self._roles[role]

    def vat(self, role: str) -> VatCode:
        return self.vats[role].code

    def booking(self, code: VatCode) -> VatBooking:
        """Where a code's VAT is booked."""
        return self._vat_of[code.id]

    @property
    def vat_accounts(self) -> list[Account]:
        """The accounts that a VAT return empties."""
        return [self._roles[role] for role in ("vat_high", "vat_low", "vat_eu", "vat_claim")]

    def journal(self, role: str) -> Journal:
        return self.journals[role]

    def journal_type(self, role: str) -> int:
        """Journals.Type (docs page FinancialJournals)."""
        return _JOURNALS[role][2]

    def rate(self, currency: str, day: date) -> int:
        return UNITS if currency == self.currency else rate_of(currency, self.currency, day.year, day.month)

    def period_of(self, day: date) -> tuple[int, int]:
        """A fiscal year has the name of the calendar year in which it begins."""
        since = day.month - self.profile.fiscal_start
        return (day.year, since + 1) if since >= 0 else (day.year - 1, since + 13)

    def end_of(self, year: int, period: int) -> date:
        """The last day of a period."""
        months = self.profile.fiscal_start + period - 2
        at, month = year + months // 12, months % 12 + 1
        return date(at, month, calendar.monthrange(at, month)[1])

    @property
    def open_year(self) -> int:
        return self.period_of(TODAY)[0]

    @property
    def first_year(self) -> int:
        return self.period_of(date(*self.profile.first, 1))[0]

    def periods(self) -> list[Period]:
        """The periods of all years in use, and of the next one."""
        return [
            Period(year, number, self.end_of(year, number).replace(day=1), self.end_of(year, number))
            for year in range(self.first_year, self.open_year + 2)
            for number in range(1, 13)
        ]

    def is_closed(self, year: int, period: int) -> bool:
        """Whether the period is closed in the seed: all but the last three months of the open year."""
        return year < self.open_year or self.end_of(year, period) < date(2026, 9, 1)


def _months(first: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    found, (year, month) = [], first
    while (year, month) <= LAST_MONTH:
        found.append((year, month))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return tuple(found)
