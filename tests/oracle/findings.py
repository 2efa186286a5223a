"""What of Data Status can be told from records alone: keys without a row, values that lost decimals, unknown types.

Its other columns (Complete Through, Business Date, Rows Counting, State) tell of our own process.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from oracle.books import Books
from oracle.packs import ALL
from oracle.values import NONE, amount

COMPANY = "Company Key"
RELATED = {
    COMPANY: "Companies",
    "Date": "Calendar",
    "Invoice Date": "Calendar",
    "Order Date": "Calendar",
    "Due Date": "Due Calendar",
    "Receipt Date": "Due Calendar",
    "Period Key": "Fiscal Periods",
    "GL Account Key": "GL Accounts",
    "Cost Center Key": "Cost Centers",
    "Cost Unit Key": "Cost Units",
    "Relation Key": "Relations",
    "Project Key": "Projects",
    "WBS Key": "Project WBS",
    "Employee Key": "Employees",
    "Item Key": "Items",
    "Journal Key": "Journals",
    "Transaction Type No": "Transaction Types",
}
"""The dimension that a fact's column leads to, by its first column."""

FACTS = (
    "GL Lines",
    "Open Items",
    "Budget Lines",
    "Ledger Proof",
    "Sales Invoices",
    "Sales Invoice Lines",
    "Purchase Order Lines",
    "Purchase Invoice Lines",
    "Time and Cost Entries",
    "Project Time Cost",
)
_LOST = Decimal("1e-9")
"""A value that rounding changed by more than this is counted."""

_ROUNDED = {
    "TransactionLines": ("AmountDC", "AmountFC", "AmountVATBaseFC", "AmountVATFC", "Quantity"),
    "PaymentTerms": ("AmountDC", "AmountFC", "AmountDiscountDC"),
    "SalesInvoices": ("AmountDC", "AmountFC", "VATAmountDC", "Quantity"),
    "PurchaseOrders": ("AmountDC", "AmountFC", "Quantity", "ReceivedQuantity", "InvoicedQuantity"),
    "PurchaseInvoiceLines": ("AmountDC", "Amount", "VATAmount", "QuantityInDefaultUnits"),
    "TimeCostTransactions": ("AmountFC", "Quantity"),
}


@cache
def related_columns(fact: str) -> dict[str, str]:
    """A fact's columns that lead to a dimension; payment terms show their type of posting without being related."""
    found = {column: RELATED[column] for column in ALL[fact].attributes if column in RELATED}
    return {column: name for column, name in found.items() if (fact, column) != ("Open Items", "Transaction Type No")}


def unmatched(books: Books) -> Mapping[str, Mapping[str, set[Any]]]:
    """By company and column the keys of facts that have no row in their dimension."""
    known: dict[str, set[Any]] = {}
    found: dict[str, dict[str, set[Any]]] = defaultdict(lambda: defaultdict(set))
    for fact in FACTS:
        related = related_columns(fact)
        for row in ALL[fact].named(books):
            for column, dimension in related.items():
                if dimension not in known:
                    known[dimension] = {one[0] for one in ALL[dimension].of(books)}
                if row[column] not in known[dimension] | {NONE, None}:
                    found[row[COMPANY]][column].add(row[column])
    return found


def rounded_values(books: Books) -> Counter[str]:
    """By entity how many values of additive columns lost more than a billionth."""
    return Counter(
        entity
        for entity, fields in _ROUNDED.items()
        for record in books[entity]
        for field in fields
        if record.get(field) is not None and abs(amount(record[field]) - record[field]) > _LOST
    )
