"""Sales invoices as Exact's records: the sync stream with header, lines and VAT, and the normal header and lines.

In the sync stream a sale is negative and a credit note positive; line 0 is the header, rows from 9000 are the VAT.
The normal endpoints have neither, and a sale is positive there (forums.invantive.com/t/1855 and /t/1222).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from emulators.books.catalogue import UNITS_OF_ITEMS
from emulators.books.documents import SalesInvoice, TradeLine, converted, fixed_text, vat_of
from emulators.books.firm import Firm, VatCode
from emulators.books.ids import guid_of
from emulators.books.model import UNITS, decimal_text
from emulators.exact.render_masters import condition_text
from emulators.exact.shapes import FALSE, ZERO, Author, Rendered, Shape
from emulators.exact.values import NULL, day, guid, header_row, moment, number, text

VAT_ROW: Final = 9999
"""The number of the first VAT code's row; others count down."""
STATUSES: Final = {10: "Concept", 20: "Open", 50: "Verwerkt"}
TYPES: Final = {8020: "Verkoopfactuur", 8021: "Creditnota", 8023: "Directe factuur", 8024: "Directe creditnota"}
_DELETED_TYPE: Final = "13"


class SalesRender:
    """Renders one company's sales invoices."""

    def __init__(self, firm: Firm) -> None:
        self._firm, self._author = firm, Author(firm)
        self._rows, self._headers = Shape("SalesInvoices", firm, _ROW), Shape("SalesInvoiceHeaders", firm, _HEADER)
        self._lines, self._deleted = Shape("SalesInvoiceLines", firm, _LINE), Shape("Deleted", firm)
        self._centers = {one.code: text(one.description) for one in firm.cost_centers}

    def records(self, invoice: SalesInvoice) -> Iterator[Rendered]:
        """The sync rows, the normal header, the normal lines; of a removed invoice only what the delete log has."""
        if invoice.removed:
            yield from self._log(invoice)
            return
        shared = self._shared(invoice)
        base = self._rows.base(shared)
        head = header_row(invoice.id)
        yield self._rows.of(head, invoice.id, self._header(invoice, -1) | {"ID": guid(head)}, base)
        for line in invoice.lines:
            yield self._rows.of(line.id, invoice.id, self._line(line, -1), base)
        for row in self._vat_rows(invoice):
            yield self._rows.of(row[0], invoice.id, row[1], base)
        header = shared | self._header(invoice, 1)
        header.pop("LineNumber")
        yield self._headers.of(invoice.id, None, header)
        for line in invoice.lines:
            yield self._lines.of(line.id, invoice.id, self._line(line, 1) | {"InvoiceID": guid(invoice.id)})

    def _shared(self, one: SalesInvoice) -> dict[str, str]:
        """What header and lines have in common."""
        party, ordered = one.party, one.ordered_by or one.party
        found = self._author.stamp(one.created, one.modified) | {
            "InvoiceID": guid(one.id), "InvoiceNumber": number(one.number), "InvoiceDate": day(one.date),
            "DueDate": day(one.due), "OrderDate": day(one.date), "OrderNumber": number(one.order_number),
            "InvoiceTo": guid(party.id), "InvoiceToName": text(party.name), "OrderedBy": guid(ordered.id),
            "OrderedByName": text(ordered.name), "DeliverTo": guid(ordered.id), "DeliverToName": text(ordered.name),
            "Currency": text(one.currency), "Journal": text(one.journal.code), "YourRef": text(one.reference),
            "JournalDescription": text(one.journal.description), "Status": str(one.status), "Type": str(one.type),
            "StatusDescription": text(STATUSES[one.status]), "TypeDescription": text(TYPES[one.type]),
            "PaymentCondition": text(f"{party.terms:02d}"),
            "PaymentConditionDescription": text(condition_text(party.terms)),
        }  # fmt: skip
        if one.salesperson is not None:
            found["Salesperson"] = guid(one.salesperson.id)
            found["SalespersonFullName"] = text(one.salesperson.name)
        return found

    def _header(self, one: SalesInvoice, sign: int) -> dict[str, str]:
        """The header's own: amounts with VAT, but for those that say they are without."""
        given = sum(line.given for line in one.lines)
        taxed = given + sum(vat_of(line.given, line.vat.points) for line in one.lines)
        return {
            "AmountDiscountExclVat": decimal_text(sign * _own(one, given)),
            "AmountDiscount": decimal_text(sign * _own(one, taxed)),
            "LineNumber": ZERO, "Description": text(one.description), "AmountDC": decimal_text(sign * one.gross),
            "AmountFC": decimal_text(sign * one.gross_foreign),
            "AmountFCExclVat": decimal_text(sign * one.net_foreign), "VATAmountDC": decimal_text(sign * one.vat_total),
            "VATAmountFC": decimal_text(sign * (one.gross_foreign - one.net_foreign)),
        }  # fmt: skip

    def _line(self, one: TradeLine, sign: int) -> dict[str, str]:
        """A line's own: amounts without VAT; quantities have the amounts' sign, prices have none."""
        item = one.item
        found = {
            "NetPrice": fixed_text(one.net_price, 6), "Discount": fixed_text(one.discount, 4),
            "ID": guid(one.id), "LineNumber": str(one.number), "Description": text(one.description),
            "AmountDC": decimal_text(sign * one.net), "AmountFC": decimal_text(sign * one.foreign),
            "VATAmountDC": decimal_text(sign * one.vat_amount), "VATAmountFC": decimal_text(sign * one.vat_foreign),
            "Quantity": fixed_text(sign * one.quantity, 2), "UnitPrice": fixed_text(one.price, 6),
            "Item": guid(item.id), "ItemCode": text(item.code), "ItemDescription": text(item.description),
            "UnitCode": text(item.unit), "UnitDescription": text(UNITS_OF_ITEMS[item.unit]),
            "GLAccount": guid(one.account.id), "GLAccountDescription": text(one.account.description[:60]),
            "VATCode": text(one.vat.code), "VATCodeDescription": text(one.vat.description),
            "VATPercentage": one.vat.rate, "StartTime": day(one.start), "EndTime": day(one.end),
            "DeliveryDate": day(one.end),
        }  # fmt: skip
        if one.cost_center is not None:
            found["CostCenter"] = text(one.cost_center)
            found["CostCenterDescription"] = self._centers.get(one.cost_center, NULL)
        if one.project is not None:
            found |= {"Project": guid(one.project.id), "ProjectDescription": text(one.project.description)}
        if one.wbs is not None:
            found |= {"ProjectWBS": guid(one.wbs.id), "ProjectWBSDescription": text(one.wbs.description)}
        if one.employee is not None:
            found |= {"Employee": guid(one.employee.id), "EmployeeFullName": text(one.employee.name)}
        return found

    def _vat_rows(self, invoice: SalesInvoice) -> Iterator[tuple[str, dict[str, str]]]:
        """(id, texts) of a row for each VAT code that charges something."""
        found: dict[str, tuple[VatCode, int, int]] = {}
        for line in invoice.lines:
            _, amount, foreign = found.get(line.vat.code, (line.vat, 0, 0))
            found[line.vat.code] = line.vat, amount + line.vat_amount, foreign + line.vat_foreign
        charged = [one for one in found.values() if one[1]]
        for at, (code, amount, foreign) in enumerate(charged):
            key = guid_of(self._firm.seed, f"vat of {invoice.id}", code.code)
            yield key, {
                "ID": guid(key), "LineNumber": str(VAT_ROW - at), "Description": text(code.description),
                "AmountDC": decimal_text(-amount), "AmountFC": decimal_text(-foreign), "VATCode": text(code.code),
                "VATCodeDescription": text(code.description), "VATPercentage": code.rate,
            }  # fmt: skip

    def _log(self, invoice: SalesInvoice) -> Iterator[Rendered]:
        for gone in (header_row(invoice.id), *(line.id for line in invoice.lines)):
            key = guid_of(self._firm.seed, "deleted", gone)
            found = {
                "ID": guid(key),
                "EntityKey": guid(gone),
                "EntityType": _DELETED_TYPE,
                "DeletedBy": self._author.guid,
            }
            yield self._deleted.of(key, None, found | {"DeletedDate": moment(invoice.created)})


def _own(one: SalesInvoice, foreign: int) -> int:
    """An amount of the document in the company's currency."""
    return foreign if one.rate == UNITS else converted(foreign, one.rate)


def _discountless(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, ZERO)


_HEADER: Final = {
    "IsExtraDuty": FALSE, "StarterSalesInvoiceStatus": ZERO,
    **_discountless(
        "AmountDiscount", "AmountDiscountExclVat", "Discount", "DiscountType", "ExtraDutyAmountFC", "GAccountAmountFC",
        "WithholdingTaxAmountFC", "WithholdingTaxBaseAmount", "WithholdingTaxPercentage",
    ),
}  # fmt: skip
_ROW: Final = _HEADER | {"ExtraDutyPercentage": ZERO}
_LINE: Final = _discountless("Discount", "ExtraDutyAmountFC", "ExtraDutyPercentage")
