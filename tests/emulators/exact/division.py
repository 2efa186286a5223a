"""A company as Exact knows it: what the division lists say of it, and its books, which go on when things change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from emulators.books.chart import CENTERS_IN_USE
from emulators.books.ledger import Ledger
from emulators.books.makers import Makers
from emulators.books.operations import Operations
from emulators.exact import values as json_text
from emulators.exact.entities import ENTITIES
from emulators.exact.group_seed import Kept
from emulators.exact.ops_render import OpsRender
from emulators.exact.render import Render
from emulators.exact.values import NULL

HRM, SYSTEM, ALL = "HrmDivisions", "SystemDivisions", "AllDivisions"
_REGULAR, _ACTIVE = "0", "1"
"""hrm/Divisions.Status 0 is a regular division; system/Divisions.Status 1 an active one (their docs pages)."""
_COUNTRIES: Final = {"NL": "Nederland", "BE": "België", "DE": "Duitsland", "GB": "Verenigd Koninkrijk"}
_ODD_ACCOUNTS: Final = 3
_CURRENCIES: Final = {"EUR": "Euro", "GBP": "Pond sterling"}


@dataclass(frozen=True)
class Division:
    """A company of a site: one ledger on its own, or a company of the group with all its books."""

    code: int
    name: str
    render: Render
    ledger: Ledger | None = None
    kept: Kept | None = None

    @property
    def makers(self) -> Makers:
        """What goes on making entries; ValueError for a company of the group."""
        if self.ledger is None:
            raise ValueError("the group's companies keep books of their own")
        return self.ledger.makers

    @property
    def accounts_in_use(self) -> set[str]:
        """The ids of accounts that ledger lines may refer to: all of the chart but three odd ones."""
        accounts, odd = (self.kept.company.accounts, self.kept.company.module) if self.kept else (
            self.makers.accounts, True,
        )  # fmt: skip
        return {account.id for account in (accounts[:-_ODD_ACCOUNTS] if odd else accounts)}

    @property
    def centers_in_use(self) -> set[str]:
        """The ids of cost centres that lines refer to by code, and edits draw from."""
        centers = self.kept.company.cost_centers if self.kept else self.makers.cost_centers
        return {center.id for center in centers[: len(CENTERS_IN_USE)]}

    @property
    def books(self) -> Kept:
        """The books of a company of the group; ValueError for one ledger on its own."""
        if self.kept is None:
            raise ValueError("this company has a ledger only")
        return self.kept

    @property
    def operations(self) -> Operations:
        return self.books.keeper.operations

    @property
    def ops_render(self) -> OpsRender:
        return self.books.operations

    def record(self, name: str = HRM) -> list[str]:
        """The values of the division in one of the three lists."""
        entity = ENTITIES[name]
        found = [NULL] * len(entity.fields)
        for field, value in (self._shared() | (self._in_hrm() if name == HRM else self._in_system())).items():
            found[entity.at(field)] = value
        return found

    def _shared(self) -> dict[str, str]:
        company = self.kept.company if self.kept else None
        return {
            "Code": str(self.code), "Description": json_text.text(self.name), "BlockingStatus": "0",
            "Country": json_text.text(company.country if company else "NL"),
            "Currency": json_text.text(company.currency if company else "EUR"),
            "VATNumber": json_text.text(company.vat_number if company else None),
        }  # fmt: skip

    @property
    def _number(self) -> str:
        return f'"{self.kept.company.profile.hid if self.kept else self.code % 1000}"'

    @property
    def _main(self) -> str:
        return json_text.boolean(self.kept.company.profile.main if self.kept else True)

    def _in_hrm(self) -> dict[str, str]:
        company = self.kept.company if self.kept else None
        return {
            "CountryDescription": json_text.text(_COUNTRIES[company.country if company else "NL"]),
            "CurrencyDescription": json_text.text(_CURRENCIES[company.currency if company else "EUR"]),
            "HID": self._number, "Main": self._main, "Status": _REGULAR,
        }  # fmt: skip

    def _in_system(self) -> dict[str, str]:
        company = self.kept.company if self.kept else None
        return {
            "Hid": self._number, "IsMainDivision": self._main, "Status": _ACTIVE, "IsPracticeDivision": "false",
            "Legislation": json_text.text(company.country if company else "NL"), "Current": self._main,
        }  # fmt: skip
