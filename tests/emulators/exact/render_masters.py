"""Relations, items, item groups, units and payment conditions as Exact's records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from emulators.books.catalogue import UNITS_OF_ITEMS, Catalogue, Item, ItemGroup
from emulators.books.documents import fixed_text
from emulators.books.firm import Firm
from emulators.books.ids import guid_of
from emulators.books.parties import CLIENT, GROUP, SUPPLIER, Party
from emulators.exact.shapes import FALSE, MASTERS_CREATED, TRUE, ZERO, Author, Rendered, Shape
from emulators.exact.values import NULL, boolean, day, guid, text

_COUNTRIES: Final = {
    "NL": "Nederland", "BE": "België", "DE": "Duitsland", "GB": "Verenigd Koninkrijk", "US": "Verenigde Staten",
}  # fmt: skip
_LANGUAGES: Final = {"NL": "NL", "BE": "NL-BE", "DE": "DE"}
_DAY_MS: Final = 86_400_000
TERMS: Final = (14, 30, 60)
_TIME_UNITS: Final = {"hour": '"h"', "day": '"d"', "month": '"m"'}


def condition_text(days: int) -> str:
    """A payment condition's description."""
    return f"{days} dagen netto"


def sales_vat(firm: Firm, party: Party) -> str:
    """The VAT role of what a client buys."""
    if party.country == firm.country:
        return "sales_high"
    return "sales_eu" if {party.country, firm.country} <= {"NL", "BE", "DE"} else "sales_zero"


class MasterRender:
    """Renders what other records refer to."""

    def __init__(self, firm: Firm) -> None:
        self._firm, self._author = firm, Author(firm)
        self._accounts = Shape("Accounts", firm, _ACCOUNT)
        self._items = Shape("Items", firm, _ITEM | {"CostPriceCurrency": text(firm.currency)})
        self._groups = Shape("ItemGroups", firm, {"IsDefault": ZERO})
        self._hours = Shape("HourCostTypes", firm)
        self._units = Shape("Units", firm, {"Active": TRUE})
        self._conditions = Shape("PaymentConditions", firm, {"PaymentMethod": '"B"', "DiscountPercentage": ZERO})

    def party(self, party: Party, manager: tuple[str, str] | None = None, at: int = MASTERS_CREATED) -> Rendered:
        """A relation; a renamed one was changed later than it was entered. `manager`: id and name."""
        firm = self._firm
        changed = at + 400 * _DAY_MS if party.renamed_from or party.ended else at
        terms, client = text(f"{party.terms:02d}"), party.kind != SUPPLIER
        vat = firm.vat(sales_vat(firm, party))
        found = self._author.stamp(at, changed) | {
            "ID": guid(party.id), "Code": text(party.code), "Name": text(party.name),
            "SearchCode": text(party.name[:20].upper()), "Status": text(party.status),
            "Type": '"D"' if party.kind == GROUP else '"A"', "IsSupplier": boolean(party.kind != CLIENT),
            "IsSales": boolean(client), "IsPurchase": boolean(party.kind != CLIENT),
            "Country": text(f"{party.country:<2}"), "CountryName": text(_COUNTRIES.get(party.country)),
            "City": text(party.city), "Language": text(_LANGUAGES.get(party.country, "EN")),
            "VATNumber": text(party.vat_number), "ChamberOfCommerce": text(party.chamber),
            "Blocked": boolean(party.blocked), "EndDate": day(party.ended), "Parent": guid(party.parent),
            "Remarks": text(party.remarks), "PaymentConditionSales": terms if client else NULL,
            "PaymentConditionSalesDescription": text(condition_text(party.terms)) if client else NULL,
            "PaymentConditionPurchase": NULL if party.kind == CLIENT else terms,
            "SalesCurrency": text(_currency(party, firm)), "PurchaseCurrency": text(firm.currency),
            "SalesVATCode": text(vat.code), "SalesVATCodeDescription": text(vat.description),
        }  # fmt: skip
        if manager is not None:
            found |= {"AccountManager": guid(manager[0]), "AccountManagerFullName": text(manager[1])}
        return self._accounts.of(party.id, None, found)

    def item(self, item: Item, at: int = MASTERS_CREATED) -> Rendered:
        group, vat = item.group, self._firm.vat("sales_high")
        found = self._author.stamp(at) | {
            "ID": guid(item.id), "Code": text(item.code), "Description": text(item.description),
            "SearchCode": text(item.description[:20].upper()), "IsTime": "1" if item.is_time else ZERO,
            "IsSalesItem": boolean(item.is_sales), "IsPurchaseItem": boolean(item.is_purchase),
            "ItemGroup": guid(group.id), "ItemGroupCode": text(group.code), "Unit": text(item.unit),
            "ItemGroupDescription": text(group.description), "UnitDescription": text(UNITS_OF_ITEMS[item.unit]),
            "UnitType": '"T"' if item.unit in _TIME_UNITS else '"O"', "StandardSalesPrice": fixed_text(item.price, 6),
            "GLRevenue": guid(group.revenue.id), "GLRevenueCode": text(group.revenue.code),
            "GLRevenueDescription": text(group.revenue.description[:60]), "GLCosts": guid(group.costs.id),
            "GLCostsCode": text(group.costs.code), "GLCostsDescription": text(group.costs.description[:60]),
            "SalesVatCode": text(vat.code), "SalesVatCodeDescription": text(vat.description),
        }  # fmt: skip
        return self._items.of(item.id, None, found)

    def group(self, group: ItemGroup) -> Rendered:
        found = self._author.stamp(MASTERS_CREATED) | {
            "ID": guid(group.id), "Code": text(group.code), "Description": text(group.description),
            "GLRevenue": guid(group.revenue.id), "GLRevenueCode": text(group.revenue.code),
            "GLRevenueDescription": text(group.revenue.description[:60]), "GLCosts": guid(group.costs.id),
            "GLCostsCode": text(group.costs.code), "GLCostsDescription": text(group.costs.description[:60]),
        }  # fmt: skip
        return self._groups.of(group.id, None, found)

    def fixed(self, catalogue: Catalogue) -> Iterator[Rendered]:
        """Item groups, hour and cost types, units, payment conditions."""
        yield from map(self.group, catalogue.groups)
        for item in (*catalogue.some("T"), *catalogue.some("N"), *catalogue.some("C")):
            found = {"ItemId": guid(item.id), "ItemCode": text(item.code), "ItemDescription": text(item.description)}
            yield self._hours.of(item.id, None, found)
        for code, description in UNITS_OF_ITEMS.items():
            key = guid_of(self._firm.seed, f"unit {self._firm.key}", code)
            found = {
                "ID": guid(key), "Code": text(code), "Description": text(description),
                "Type": '"T"' if code in _TIME_UNITS else '"O"', "TimeUnit": _TIME_UNITS.get(code, NULL),
                "Main": "1" if code == "hour" else ZERO,
            }  # fmt: skip
            yield self._units.of(key, None, found)
        yield from map(self._condition, TERMS)

    def _condition(self, days: int) -> Rendered:
        key = guid_of(self._firm.seed, f"condition {self._firm.key}", str(days))
        found = self._author.stamp(MASTERS_CREATED) | {
            "ID": guid(key), "Code": text(f"{days:02d}"), "Description": text(condition_text(days)),
            "PaymentDays": str(days), "PaymentEndOfMonths": ZERO, "Percentage": "1",
        }  # fmt: skip
        return self._conditions.of(key, None, found)


def _currency(party: Party, firm: Firm) -> str:
    return party.currency if party.currency != "EUR" else firm.currency


_ACCOUNT: Final = {
    "AutomaticProcessProposedEntry": ZERO, "CanDropShip": FALSE, "ConsolidationScenario": ZERO, "CostPaid": ZERO,
    "CreditLinePurchase": ZERO, "CreditLineSales": ZERO, "DeliveryAdvice": ZERO, "DiscountPurchase": ZERO,
    "DiscountSales": ZERO, "EnableSalesPaymentLink": FALSE, "HasWithholdingTaxSales": FALSE,
    "IgnoreDatevWarningMessage": FALSE, "InvoicingMethod": "1", "IsAccountant": ZERO, "IsAgency": ZERO,
    "IsAnonymised": ZERO, "IsBank": FALSE, "IsCompetitor": ZERO, "IsExtraDuty": FALSE, "IsMailing": ZERO,
    "IsMember": FALSE, "IsPilot": FALSE, "IsReseller": FALSE, "PurchaseLeadDays": ZERO,
    "RecepientOfCommissions": FALSE, "SecurityLevel": "10", "SeparateInvPerProject": "1",
    "SeparateInvPerSubscription": ZERO, "ShippingLeadDays": ZERO, "ShowRemarkForSales": FALSE, "Source": "1",
}  # fmt: skip
_ITEM: Final = {
    "AverageCost": ZERO, "CopyRemarks": ZERO, "CostPriceStandard": ZERO, "IsBatchItem": ZERO, "IsBatchNumberItem": ZERO,
    "IsFractionAllowedItem": TRUE, "IsMakeItem": ZERO, "IsNewContract": ZERO, "IsOnDemandItem": ZERO,
    "IsPackageItem": FALSE, "IsRegistrationCodeItem": ZERO, "IsSerialItem": FALSE, "IsSerialNumberItem": FALSE,
    "IsStockItem": FALSE, "IsSubcontractedItem": FALSE, "IsTaxableItem": "1", "IsWebshopItem": ZERO,
    "SecurityLevel": "10", "Stock": ZERO, "UseExplosion": ZERO,
    **{f"FreeBoolField_0{n}": FALSE for n in range(1, 6)},
}  # fmt: skip
