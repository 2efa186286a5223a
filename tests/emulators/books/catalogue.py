"""Items and item groups: hour types (two of them in days), cost types, licences, fees, and what is bought."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from emulators.books.documents import MICROS
from emulators.books.firm import Firm
from emulators.books.ids import guid_of
from emulators.books.model import Account

HOUR, DAY, PIECE, KILOMETER, MONTH = "hour", "day", "pc", "km", "month"
UNITS_OF_ITEMS: Final = {HOUR: "Uur", DAY: "Dag", PIECE: "Stuk", KILOMETER: "Kilometer", MONTH: "Maand"}


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """A group gives its items their accounts."""

    id: str
    code: str
    description: str
    revenue: Account
    costs: Account


@dataclass(frozen=True, slots=True)
class Item:
    """An item; `price` in millionths of the company's currency. `is_time`: an hour type."""

    id: str
    code: str
    description: str
    group: ItemGroup
    unit: str
    price: int
    is_time: bool = False
    is_sales: bool = True
    is_purchase: bool = False

    @property
    def hours(self) -> int:
        """Hours of one unit; 0 for what is not time."""
        return {HOUR: 1, DAY: 8}.get(self.unit, 0) if self.is_time else 0


_GROUPS: Final = {
    "UREN": ("Uren", "revenue_services", "cost_subcontractors"),
    "PROJ": ("Projecttermijnen", "revenue_projects", "cost_subcontractors"),
    "ABO": ("Abonnementen en licenties", "revenue_licences", "cost_licences"),
    "BEH": ("Beheer op voorschot", "revenue_retainers", "cost_subcontractors"),
    "KOST": ("Doorbelaste kosten", "revenue_rebilled", "cost_travel"),
    "INK": ("Inkoop", "revenue_rebilled", "cost_office"),
    "GRP": ("Groep", "revenue_intercompany", "cost_intercompany"),
    "FEE": ("Vergoedingen", "revenue_fees", "cost_fees"),
}
_ITEMS: Final[tuple[tuple[str, str, str, str, str, str], ...]] = (
    ("U-SEN", "Advies senior", "UREN", HOUR, "142.5", "T"), ("U-MED", "Advies medior", "UREN", HOUR, "118", "T"),
    ("U-JUN", "Advies junior", "UREN", HOUR, "94.75", "T"), ("U-PL", "Projectleiding", "UREN", HOUR, "151.333333", "T"),
    ("U-DEV", "Ontwikkeling", "UREN", HOUR, "109.5", "T"), ("U-DAG", "Adviesdag", "UREN", DAY, "1100", "T"),
    ("U-WS", "Workshopdag", "UREN", DAY, "1450", "T"), ("U-REIS", "Reistijd", "UREN", HOUR, "0", "N"),
    ("U-OPL", "Opleiding", "UREN", HOUR, "0", "N"),
    ("P-TERM", "Projecttermijn", "PROJ", PIECE, "0", "S"), ("B-VOOR", "Beheer per maand", "BEH", MONTH, "1250", "S"),
    ("L-BAS", "Licentie Basis \"per gebruiker\"", "ABO", MONTH, "12.345678", "S"),
    ("L-PRO", "Licentie Pro", "ABO", MONTH, "33.333333", "S"), ("L-API", "API-oproepen", "ABO", PIECE, "0.001275", "S"),
    ("L-HOST", "Hosting ☁", "ABO", MONTH, "249.99", "S"),
    ("K-KM", "Kilometers", "KOST", KILOMETER, "0.23", "C"), ("K-HOT", "Hotel", "KOST", PIECE, "1", "C"),
    ("K-OND", "Onderaanneming", "KOST", HOUR, "85", "C"), ("K-MAT", "Materiaal", "KOST", PIECE, "1", "C"),
    ("I-LAP", "Laptop", "INK", PIECE, "1199", "B"), ("I-BUR", "Bureaustoel", "INK", PIECE, "319.5", "B"),
    ("I-LIC", "Ontwikkellicentie", "INK", PIECE, "58.125", "B"),
    ("I-INH", "Inhuur specialist", "INK", HOUR, "97.5", "B"),
    ("G-INH", "Uitgeleende uren", "GRP", HOUR, "88", "G"), ("G-HUUR", "Huur en diensten", "FEE", MONTH, "4500", "G"),
    ("G-FEE", "Managementvergoeding", "FEE", MONTH, "12500", "G"),
)  # fmt: skip
"""Code, description, group, unit, price, kind: T hour type, N hour type that is never sold, S sales, C costs of a
project, B bought, G within the group."""


@dataclass(frozen=True)
class Catalogue:
    """One company's items, by code, and its groups. `gone`: an hour type and a licence that are no more, though records
    refer to them."""

    groups: tuple[ItemGroup, ...]
    items: dict[str, Item]
    gone: tuple[Item, Item]

    def some(self, kind: str) -> list[Item]:
        """The items of a kind."""
        return [self.items[row[0]] for row in _ITEMS if row[5] == kind]

    @property
    def all(self) -> list[Item]:
        return list(self.items.values())


def catalogue(firm: Firm) -> Catalogue:
    """The same codes in every company, under ids of its own."""
    groups = {code: _group(firm, code, *rest) for code, rest in _GROUPS.items()}
    items = {item.code: item for item in _made(firm, groups)}
    hours, licence = (
        replace(items[code], id=guid_of(firm.seed, f"item {firm.key}", f"{code} gone"), code=f"{code}-OUD")
        for code in ("U-JUN", "L-BAS")
    )
    return Catalogue(tuple(groups.values()), items, (hours, licence))


def _group(firm: Firm, code: str, description: str, revenue: str, costs: str) -> ItemGroup:
    found = guid_of(firm.seed, f"item group {firm.key}", code)
    return ItemGroup(found, code, description, firm.account(revenue), firm.account(costs))


def _made(firm: Firm, groups: dict[str, ItemGroup]) -> Iterable[Item]:
    for code, description, group, unit, price, kind in _ITEMS:
        found = guid_of(firm.seed, f"item {firm.key}", code)
        sold, bought = kind not in "BN", kind in "BC"
        yield Item(found, code, description, groups[group], unit, _micros(price), kind in "TN", sold, bought)


def _micros(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * MICROS + int(part.ljust(6, "0") or 0)
