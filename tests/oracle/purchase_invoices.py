"""Purchase Invoice Lines: one row a line of an invoice of the purchase module, with its header's dates and supplier."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oracle.books import Books
from oracle.rates import in_company_currency
from oracle.tables import Column, Columns, mapped
from oracle.values import Record, amount, date_of, day, exact, named, number, reference, text, trimmed

TYPES = {8030: "Direct invoice", 8031: "Direct credit note", 8033: "Invoice", 8034: "Credit note"}
STATUS = {10: "Draft", 20: "Open", 50: "Processed"}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=PurchasePurchaseInvoices."""


def _of_header(books: Books, line: Record, field: str) -> Any:
    header = books.found("PurchaseInvoices", line["InvoiceID"])
    return None if header is None else header[field]


def _header(field: str) -> Column:
    return lambda books, line: _of_header(books, line, field)


def _period(books: Books, line: Record) -> str | None:
    year, period = _of_header(books, line, "FinancialYear"), _of_header(books, line, "FinancialPeriod")
    return None if year is None or period is None else books.period(line, int(year), int(period))


def _net(books: Books, line: Record) -> Decimal:
    """The amount in company currency; where the line has none, its amount at the invoice date's rate."""
    if line.get("AmountDC") is not None:
        return amount(line["AmountDC"])
    on = date_of(_of_header(books, line, "InvoiceDate"))
    return amount(in_company_currency(books, books.company(line), exact(line["Amount"]), line["Currency"], on))


COLUMNS: Columns = {
    "Company Key": Books.company,
    "Invoice Date": lambda books, line: day(_of_header(books, line, "InvoiceDate")),
    "Period Key": _period,
    "Relation Key": lambda books, line: reference(_of_header(books, line, "Supplier")),
    "Item Key": lambda _, line: reference(line["Item"]),
    "Cost Center Key": lambda books, line: books.code(line, line["CostCenter"]),
    "Cost Unit Key": lambda books, line: books.code(line, line["CostUnit"]),
    "Project Key": lambda _, line: reference(line["Project"]),
    "Invoice Key": lambda _, line: reference(line["InvoiceID"]),
    "Entry Number": _header("EntryNumber"),
    "Type No": _header("Type"),
    "Type": lambda books, line: named(TYPES, _of_header(books, line, "Type")),
    "Status No": _header("Status"),
    "Status": lambda books, line: named(STATUS, _of_header(books, line, "Status")),
    "Your Reference": lambda books, line: text(_of_header(books, line, "YourRef")),
    "Description": lambda _, line: text(line["Description"]),
    "Unit": lambda _, line: trimmed(line["Unit"]),
    "VAT Code": lambda _, line: trimmed(line["VATCode"]),
    "Rebill": lambda _, line: bool(line["Rebill"]),
    "Currency": lambda _, line: line["Currency"],
    "Exchange Rate": lambda books, line: number(_of_header(books, line, "ExchangeRate")),
    "Net Price": lambda _, line: number(line["NetPrice"]),
    "Discount": lambda _, line: number(line["Discount"]),
}
AMOUNTS: Columns = {
    "_Net Amount": _net,
    "_Net Amount FC": lambda _, line: amount(line["Amount"]),
    "_VAT Amount FC": lambda _, line: amount(line["VATAmount"]),
    "_Quantity": lambda _, line: amount(line["QuantityInDefaultUnits"]),
}
TABLE = mapped("Purchase Invoice Lines", "PurchaseInvoiceLines", COLUMNS, amounts=AMOUNTS, mode="reversal")
