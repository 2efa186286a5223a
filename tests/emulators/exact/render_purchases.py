"""Purchase orders and the purchase module's invoices as Exact's records.

Orders: the sync stream has header and lines in one, and there a cost centre is a Guid with its code beside it; the
normal endpoint has the code (docs pages SyncPurchaseOrderPurchaseOrders, PurchaseOrderPurchaseOrderLines).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from emulators.books.catalogue import UNITS_OF_ITEMS
from emulators.books.documents import OrderLine, PurchaseInvoice, PurchaseOrder, TradeLine, fixed_text
from emulators.books.firm import Firm
from emulators.books.model import decimal_text
from emulators.exact.render_masters import condition_text
from emulators.exact.shapes import FALSE, TRUE, ZERO, Author, Rendered, Shape
from emulators.exact.values import NULL, boolean, day, guid, header_row, moment, number, text


class PurchaseRender:
    """Renders one company's purchase orders and module invoices."""

    def __init__(self, firm: Firm) -> None:
        self._firm, self._author = firm, Author(firm)
        self._rows, self._headers = Shape("PurchaseOrders", firm, _ROW), Shape("PurchaseOrderHeaders", firm, _HEADER)
        self._lines = Shape("PurchaseOrderLines", firm, _LINE)
        self._invoices = Shape("PurchaseInvoices", firm, {"AmountDiscount": ZERO, "AmountDiscountExclVat": ZERO})
        self._invoice_lines = Shape("PurchaseInvoiceLines", firm, {"Discount": ZERO})
        self._centers = {one.code: one for one in firm.cost_centers}

    def order(self, one: PurchaseOrder) -> Iterator[Rendered]:
        """The sync rows, the normal header, the normal lines."""
        shared = self._shared(one)
        base = self._rows.base(shared)
        own = self._header(one)
        row = header_row(one.id)
        yield self._rows.of(row, one.id, own | {"ID": guid(row), "LineNumber": ZERO}, base)
        for line in one.lines:
            found = self._line(line)
            found |= {"CostCenterCode": found.pop("CostCenter"), "CostCenter": self._center_id(line)}
            yield self._rows.of(line.id, one.id, found, base)
        yield self._headers.of(one.id, None, shared | own | {"PurchaseOrderLineCount": str(len(one.lines))})
        stamp = self._author.stamp(one.created, one.modified) | {"PurchaseOrderID": guid(one.id)}
        for line in one.lines:
            yield self._lines.of(line.id, one.id, stamp | self._line(line))

    def _shared(self, one: PurchaseOrder) -> dict[str, str]:
        supplier = one.supplier
        found = self._author.stamp(one.created, one.modified) | {
            "PurchaseOrderID": guid(one.id), "OrderNumber": str(one.number), "OrderDate": day(one.date),
            "OrderStatus": str(one.status), "ReceiptStatus": str(one.receipt_status),
            "InvoiceStatus": str(one.invoice_status), "Supplier": guid(supplier.id),
            "SupplierCode": text(supplier.code), "SupplierName": text(supplier.name),
            "Currency": text(self._firm.currency), "YourRef": text(one.reference),
            "PaymentCondition": text(f"{supplier.terms:02d}"), "ApprovalStatus": "2", "Approved": moment(one.created),
            "PaymentConditionDescription": text(condition_text(supplier.terms)), "Approver": self._author.guid,
            "ApprovalStatusDescription": text("Goedgekeurd"), "ApproverFullName": self._author.name,
        }  # fmt: skip
        if one.buyer is not None:
            found |= {"PurchaseAgent": guid(one.buyer.id), "PurchaseAgentFullName": text(one.buyer.name)}
        return found

    def _header(self, one: PurchaseOrder) -> dict[str, str]:
        net, vat = sum(line.net for line in one.lines), sum(line.vat_amount for line in one.lines)
        latest = max((line.receipt for line in one.lines if line.receipt), default=None)
        return {
            "Description": text(f"Bestelling {one.number}"), "AmountDC": decimal_text(net + vat),
            "AmountFC": decimal_text(net + vat), "AmountFCExclVat": decimal_text(net), "VATAmount": decimal_text(vat),
            "ReceiptDate": day(latest),
        }  # fmt: skip

    def _center_id(self, line: OrderLine) -> str:
        found = self._centers.get(line.cost_center or "")
        return guid(found.id if found else None)

    def _line(self, one: OrderLine) -> dict[str, str]:
        item, price = one.item, fixed_text(one.price, 6)
        center = self._centers.get(one.cost_center or "")
        found = {
            "ID": guid(one.id), "LineNumber": str(one.number), "Description": text(one.description),
            "AmountDC": decimal_text(one.net), "AmountFC": decimal_text(one.net), "Item": guid(item.id),
            "ItemCode": text(item.code), "ItemDescription": text(item.description), "NetPrice": price,
            "UnitPrice": price, "Quantity": fixed_text(one.quantity, 2), "Rebill": boolean(one.rebill),
            "QuantityInPurchaseUnits": fixed_text(one.quantity, 2), "ReceivedQuantity": fixed_text(one.received, 2),
            "InvoicedQuantity": fixed_text(one.invoiced, 2), "Unit": text(item.unit), "ReceiptDate": day(one.receipt),
            "UnitDescription": text(UNITS_OF_ITEMS[item.unit]), "VATAmount": decimal_text(one.vat_amount),
            "VATCode": text(one.vat.code), "VATDescription": text(one.vat.description),
            "VATPercentage": one.vat.rate, "CostCenter": text(one.cost_center),
            "CostCenterDescription": text(center.description) if center else NULL,
        }  # fmt: skip
        if one.project is not None:
            found |= {"Project": guid(one.project.id), "ProjectCode": text(one.project.code)}
            found["ProjectDescription"] = text(one.project.description)
        return found

    def invoice(self, one: PurchaseInvoice) -> Iterator[Rendered]:
        """Header and lines of the purchase module."""
        year, period = self._firm.period_of(one.date)
        amounts = {
            "Amount": decimal_text(one.gross_foreign), "AmountDC": decimal_text(one.gross),
            "AmountFCExclVat": decimal_text(one.net_foreign),
            "VATAmount": decimal_text(one.gross_foreign - one.net_foreign),
        }  # fmt: skip
        found = amounts | {
            "ID": guid(one.id), "EntryNumber": number(one.number), "Type": str(one.type), "Status": str(one.status),
            "Supplier": guid(one.party.id), "InvoiceDate": day(one.date), "DueDate": day(one.due),
            "Currency": text(one.currency), "ExchangeRate": decimal_text(one.rate), "Journal": text(one.journal.code),
            "Description": text(one.description), "YourRef": text(one.reference), "FinancialYear": str(year),
            "FinancialPeriod": str(period), "Modified": moment(one.modified or one.created), "Source": "1",
            "PaymentCondition": text(f"{one.party.terms:02d}"),
        }  # fmt: skip
        yield self._invoices.of(one.id, None, found)
        for line in one.lines:
            yield self._invoice_lines.of(line.id, one.id, self._invoice_line(one, line))

    def _invoice_line(self, invoice: PurchaseInvoice, one: TradeLine) -> dict[str, str]:
        price, quantity = fixed_text(one.price, 6), fixed_text(one.quantity, 2)
        return {
            "ID": guid(one.id), "InvoiceID": guid(invoice.id), "InvoiceType": str(invoice.type),
            "LineNumber": str(one.number), "Description": text(one.description), "Currency": text(invoice.currency),
            "Amount": decimal_text(one.foreign), "AmountDC": decimal_text(one.net), "Item": guid(one.item.id),
            "VATAmount": decimal_text(one.vat_foreign), "VATCode": text(one.vat.code), "VATPercentage": one.vat.rate,
            "Unit": text(one.item.unit), "ItemUnit": text(one.item.unit), "UnitPrice": price, "NetPrice": price,
            "Quantity": quantity, "QuantityInDefaultUnits": quantity, "CostCenter": text(one.cost_center),
            "Project": guid(one.project.id if one.project else None), "Rebill": boolean(one.rebill),
            "PurchaseOrderLine": guid(one.order_line), "Modified": moment(invoice.modified or invoice.created),
        }  # fmt: skip


_COMMON: Final = {
    "AmountDiscount": ZERO, "AmountDiscountExclVat": ZERO, "Discount": ZERO, "DropShipment": FALSE,
    "ExchangeRate": "1", "Source": "1",
}  # fmt: skip
_HEADER: Final = dict(_COMMON)
_ITEM: Final = {
    "IsBatchNumberItem": ZERO, "IsSerialNumberItem": ZERO, "ItemDivisable": TRUE, "SupplierItemCopyRemarks": ZERO,
}  # fmt: skip
_ROW: Final = _COMMON | _ITEM | {"SendingMethod": "1"}
_LINE: Final = _ITEM | {"Discount": ZERO, "InStock": ZERO, "ProjectedStock": ZERO}
