"""Open Items: one row a payment term, with the day since when it is settled: what was open on any day can be told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from oracle.books import Books
from oracle.tables import Column, Columns, mapped
from oracle.values import Record, amount, date_of, day, exact, named, reference, shown, text, trimmed

RECEIVABLE, PAYABLE = 20, 22
LEDGERS = {RECEIVABLE: "Receivables", PAYABLE: "Payables"}
STATUS = {20: "Open", 30: "Selected", 40: "Processed", 50: "Matched"}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCashflowPaymentTerms."""

STILL_OPEN = date(2999, 12, 31)
PAYABLE_SIGN = -1
"""Terms carry the sign of the ledger, so a payable is negative; here it is positive where we owe it."""


def _sign(term: Record) -> int:
    return PAYABLE_SIGN if term["LineType"] == PAYABLE else 1


def _settled_on(term: Record) -> date:
    return date_of(term["EndDate"]) or STILL_OPEN


def _settled_period(term: Record) -> int | None:
    year, number = term["EndYear"], term["EndPeriod"]
    return None if year is None or number is None else int(year) * 100 + int(number)


def _amount_days(term: Record) -> Decimal:
    """The amount times the days that it was open; nothing while it is open."""
    invoiced, settled = date_of(term["InvoiceDate"]), _settled_on(term)
    if invoiced is None or settled == STILL_OPEN:
        return Decimal(0)
    return amount(_sign(term) * exact(term["AmountDC"]) * (settled - invoiced).days)


def _signed(field: str) -> Column:
    return lambda _, term: amount(_sign(term) * exact(term[field]))


COLUMNS: Columns = {
    "Company Key": Books.company,
    "Invoice Date": lambda _, term: day(term["InvoiceDate"]),
    "Due Date": lambda _, term: day(term["DueDate"]),
    "Relation Key": lambda _, term: reference(term["Account"]),
    "GL Account Key": lambda _, term: reference(term["GLAccount"]),
    "Line Type": lambda _, term: term["LineType"],
    "Ledger": lambda _, term: named(LEDGERS, term["LineType"]),
    "Status No": lambda _, term: term["Status"],
    "Status": lambda _, term: named(STATUS, term["Status"]),
    "Settled On": lambda _, term: shown(_settled_on(term)),
    "Settled Period": lambda _, term: _settled_period(term),
    "Invoice No": lambda _, term: term["InvoiceNumber"],
    "Entry Number": lambda _, term: term["EntryNumber"],
    "Your Reference": lambda _, term: text(term["YourRef"]),
    "Description": lambda _, term: text(term["Description"]),
    "Journal": lambda _, term: trimmed(term["Journal"]),
    "Payment Condition": lambda _, term: trimmed(term["PaymentCondition"]),
    "Payment Method": lambda _, term: trimmed(term["PaymentMethod"]),
    "Is Fully Paid": lambda _, term: bool(term["IsFullyPaid"]),
    "Currency": lambda _, term: term["Currency"],
    "Transaction Type No": lambda _, term: term["TransactionType"],
    "Invoiced On": lambda _, term: day(term["InvoiceDate"]),
    "Due On": lambda _, term: day(term["DueDate"]),
}
AMOUNTS: Columns = {
    "_Amount": _signed("AmountDC"),
    "_Amount FC": _signed("AmountFC"),
    "_Discount": _signed("AmountDiscountDC"),
    "_Amount Days": lambda _, term: _amount_days(term),
}
TABLE = mapped("Open Items", "PaymentTerms", COLUMNS, amounts=AMOUNTS, mode="reversal")
