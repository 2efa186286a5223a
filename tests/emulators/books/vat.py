"""The VAT codes of each country, with the accounts that their amounts are booked on.

Codes carry trailing blanks, as published clients see them. Rates: NL 21/9/0, BE 21/12/6/0, DE 19/7, GB 20/5/0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from emulators.books.firm import VatCode
from emulators.books.ids import guid_of


@dataclass(frozen=True, slots=True)
class VatBooking:
    """A code, the role of its account, and for reverse-charged purchases the points of both its VAT lines."""

    code: VatCode
    account: str
    reverse_points: int = 0


_RATES: Final = {"NL": (2100, 900), "BE": (2100, 600), "DE": (1900, 700), "GB": (2000, 500)}
_NAMES: Final = {
    "NL": ("BTW hoog", "BTW laag", "Geen BTW", "BTW verlegd binnen de EU"),
    "BE": ("BTW 21%", "BTW 6%", "Vrijgesteld", "Medecontractant EU"),
    "DE": ("USt 19 %", "USt 7 %", "Steuerfrei", "Reverse Charge § 13b"),
    "GB": ("VAT standard", "VAT reduced", "Zero rated", "Reverse charge"),
}
_CODES: Final = {
    "sales_high": "2  ", "sales_low": "1  ", "sales_zero": "0", "sales_eu": "7  ",
    "purchase_high": "4  ", "purchase_low": "3  ", "purchase_zero": "5  ", "purchase_eu": "6  ",
}  # fmt: skip
_LEVELS: Final = ("high", "low", "zero", "eu")
_BELGIAN_MIDDLE: Final = 1200


def vat_codes(key: str, country: str) -> dict[str, VatBooking]:
    """The codes of a company by role; Belgium has 12% too."""
    found = {}
    high, low = _RATES[country]
    for role, code in _CODES.items():
        side, level = role.split("_")
        points = {"high": high, "low": low}.get(level, 0)
        name = _NAMES[country][_LEVELS.index(level)]
        account = "vat_claim" if side == "purchase" else ("vat_low" if level == "low" else "vat_high")
        reverse = high if role == "purchase_eu" else 0
        found[role] = VatBooking(_code(key, code, name, points, side), account, reverse)
    if country == "BE":
        for side, code, account in (("sales", "8  ", "vat_low"), ("purchase", "9  ", "vat_claim")):
            found[f"{side}_middle"] = VatBooking(_code(key, code, "BTW 12%", _BELGIAN_MIDDLE, side), account)
    return found


def _code(key: str, code: str, name: str, points: int, side: str) -> VatCode:
    rate = f"{points / 10_000:g}"
    kind = "E" if side == "sales" else "I"
    return VatCode(guid_of(0, f"VAT code of {key}", code), code, name, rate, points, kind)
