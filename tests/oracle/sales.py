"""Sales Invoices and Sales Invoice Lines, both from the one stream in which headers and lines come.

In that stream a sale is negative and a credit note positive; here an invoice is positive. Line 0 is the header, lines
from 9000 on are VAT and the like.
https://forums.invantive.com/t/special-line-number-such-as-0-and-9999-on-financial-transactions-in-exact-online/1855
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from oracle.books import Books
from oracle.ledger import band
from oracle.periods import period_key
from oracle.tables import Column, Columns, mapped
from oracle.values import Record, amount, date_of, day, exact, named, number, reference, text, trimmed

STREAM = "SalesInvoices"
TYPES = {8020: "Invoice", 8021: "Credit note", 8023: "Direct invoice", 8024: "Direct credit note"}
STATUS = {10: "Draft", 20: "Open", 50: "Processed"}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncSalesInvoiceSalesInvoices."""

HEADER = 0
FIRST_SPECIAL = 9000


def _headers(books: Books) -> Mapping[str, Record]:
    return {reference(row["InvoiceID"]): row for row in books[STREAM] if row["LineNumber"] == HEADER}


def _of_header(books: Books, row: Record, field: str) -> Any:
    """A field of the invoice: lines carry it too, and where one does not, its header does."""
    value = row[field]
    if value is not None or row["LineNumber"] == HEADER:
        return value
    header = books.once(_headers).get(reference(row["InvoiceID"]))
    return None if header is None else header[field]


def _invoice(field: str) -> Column:
    return lambda books, row: _of_header(books, row, field)


def _invoice_day(field: str) -> Column:
    return lambda books, row: day(_of_header(books, row, field))


def _negated(field: str) -> Column:
    return lambda _, row: amount(-exact(row[field]))


def _net(_: Books, row: Record) -> Decimal:
    return amount(-(exact(row["AmountDC"]) - exact(row["VATAmountDC"])))


_SHARED: Columns = {
    "Company Key": Books.company,
    "Invoice Key": lambda _, row: reference(row["InvoiceID"]),
    "Invoice Date": _invoice_day("InvoiceDate"),
    "Period Key": lambda books, row: period_key(
        books, books.company(row), date_of(_of_header(books, row, "InvoiceDate"))
    ),
    "Relation Key": lambda books, row: reference(_of_header(books, row, "InvoiceTo")),
    "Invoice Number": _invoice("InvoiceNumber"),
    "Type No": _invoice("Type"),
    "Status No": _invoice("Status"),
    "Status": lambda books, row: named(STATUS, _of_header(books, row, "Status")),
    "Salesperson": lambda books, row: text(_of_header(books, row, "SalespersonFullName")),
    "Currency": _invoice("Currency"),
    "Description": lambda _, row: text(row["Description"]),
}

HEADERS: Columns = {
    **_SHARED,
    "Due Date": lambda _, row: day(row["DueDate"]),
    "Ordered By Key": lambda _, row: reference(row["OrderedBy"]),
    "Order Number": lambda _, row: row["OrderNumber"],
    "Type": lambda _, row: named(TYPES, row["Type"]),
    "Your Reference": lambda _, row: text(row["YourRef"]),
    "Journal": lambda _, row: trimmed(row["Journal"]),
    "Payment Condition": lambda _, row: trimmed(row["PaymentCondition"]),
    "Sales Channel": lambda _, row: text(row["SalesChannelDescription"]),
    "Amount Band": lambda _, row: band(exact(row["AmountDC"])),
}
HEADER_AMOUNTS: Columns = {
    "_Gross Amount": _negated("AmountDC"),
    "_VAT Amount": _negated("VATAmountDC"),
    "_Net Amount": _net,
    "_Discount": _negated("AmountDiscountExclVat"),
    "_Gross Amount FC": _negated("AmountFC"),
}

LINES: Columns = {
    **_SHARED,
    "Item Key": lambda _, row: reference(row["Item"]),
    "GL Account Key": lambda _, row: reference(row["GLAccount"]),
    "Cost Center Key": lambda books, row: books.code(row, row["CostCenter"]),
    "Cost Unit Key": lambda books, row: books.code(row, row["CostUnit"]),
    "Project Key": lambda _, row: reference(row["Project"]),
    "WBS Key": lambda _, row: reference(row["ProjectWBS"]),
    "Employee Key": lambda _, row: reference(row["Employee"]),
    "Line Number": lambda _, row: row["LineNumber"],
    "Line Kind No": lambda _, row: 1 if row["LineNumber"] < FIRST_SPECIAL else 2,
    "Unit": lambda _, row: trimmed(row["UnitCode"]),
    "VAT Code": lambda _, row: trimmed(row["VATCode"]),
    "Delivery Date": lambda _, row: day(row["DeliveryDate"]),
    "Service From": lambda _, row: day(row["StartTime"]),
    "Service To": lambda _, row: day(row["EndTime"]),
    "Unit Price": lambda _, row: number(row["UnitPrice"]),
    "Discount": lambda _, row: number(row["Discount"]),
    "VAT Percentage": lambda _, row: number(row["VATPercentage"]),
}
LINE_AMOUNTS: Columns = {
    "_Net Amount": _negated("AmountDC"),
    "_Net Amount FC": _negated("AmountFC"),
    "_VAT Amount": _negated("VATAmountDC"),
    "_Quantity": _negated("Quantity"),
}

INVOICES = mapped(
    "Sales Invoices",
    STREAM,
    HEADERS,
    amounts=HEADER_AMOUNTS,
    mode="reversal",
    only=lambda _, row: row["LineNumber"] == HEADER,
)
INVOICE_LINES = mapped(
    "Sales Invoice Lines",
    STREAM,
    LINES,
    amounts=LINE_AMOUNTS,
    mode="reversal",
    only=lambda _, row: row["LineNumber"] > HEADER,
)
