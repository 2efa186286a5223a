"""Purchase Order Lines: one row an order's line, with what is still to be invoiced. The header, line 0, has none."""

from __future__ import annotations

from decimal import Decimal

from oracle.books import Books
from oracle.tables import Column, Columns, mapped
from oracle.values import Record, amount, day, exact, named, number, reference, text, trimmed

STREAM = "PurchaseOrders"
COMPLETE, CANCELLED = 30, 40
STATUS = {10: "Open", 20: "Partial", COMPLETE: "Complete", CANCELLED: "Cancelled"}
"""Of orders, receipts and invoices: https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=PurchaseOrderPurchaseOrders."""


def _amount_of(field: str) -> Column:
    return lambda _, line: amount(line[field])


def _open(_: Books, line: Record) -> Decimal:
    """The part of the amount whose quantity is not invoiced yet; never negative in quantity."""
    ordered, invoiced = exact(line["Quantity"]), exact(line["InvoicedQuantity"])
    if line["OrderStatus"] in {COMPLETE, CANCELLED} or not ordered:
        return Decimal(0)
    return amount(exact(line["AmountDC"]) * max(Decimal(0), 1 - invoiced / ordered))


COLUMNS: Columns = {
    "Company Key": Books.company,
    "Order Date": lambda _, line: day(line["OrderDate"]),
    "Receipt Date": lambda _, line: day(line["ReceiptDate"]),
    "Relation Key": lambda _, line: reference(line["Supplier"]),
    "Item Key": lambda _, line: reference(line["Item"]),
    "Cost Center Key": lambda books, line: books.code(line, line["CostCenterCode"]),
    "Cost Unit Key": lambda books, line: books.code(line, line["CostUnitCode"]),
    "Project Key": lambda _, line: reference(line["Project"]),
    "Order Key": lambda _, line: reference(line["PurchaseOrderID"]),
    "Order Number": lambda _, line: line["OrderNumber"],
    "Line Number": lambda _, line: line["LineNumber"],
    "Description": lambda _, line: text(line["Description"]),
    "Order Status No": lambda _, line: line["OrderStatus"],
    "Order Status": lambda _, line: named(STATUS, line["OrderStatus"]),
    "Receipt Status": lambda _, line: named(STATUS, line["ReceiptStatus"]),
    "Invoice Status": lambda _, line: named(STATUS, line["InvoiceStatus"]),
    "Approval": lambda _, line: text(line["ApprovalStatusDescription"]),
    "Buyer": lambda _, line: text(line["PurchaseAgentFullName"]),
    "Unit": lambda _, line: trimmed(line["Unit"]),
    "Your Reference": lambda _, line: text(line["YourRef"]),
    "Rebill": lambda _, line: bool(line["Rebill"]),
    "Currency": lambda _, line: line["Currency"],
    "Net Price": lambda _, line: number(line["NetPrice"]),
}
AMOUNTS: Columns = {
    "_Net Amount": _amount_of("AmountDC"),
    "_Net Amount FC": _amount_of("AmountFC"),
    "_Quantity": _amount_of("Quantity"),
    "_Received Quantity": _amount_of("ReceivedQuantity"),
    "_Invoiced Quantity": _amount_of("InvoicedQuantity"),
    "_Open Amount": _open,
}
TABLE = mapped(
    "Purchase Order Lines",
    STREAM,
    COLUMNS,
    amounts=AMOUNTS,
    mode="reversal",
    only=lambda _, line: line["LineNumber"] > 0,
)
