"""Transaction Types: what a posting is, and whether it counts in the result and in the balance."""

from __future__ import annotations

from collections.abc import Iterator

from oracle import ledger
from oracle.books import Books
from oracle.tables import Row, fixed

REGULAR, OPENING, CLOSING, CARRIED_OVER, BUDGET = 1, 2, 3, 4, 9
CLASSES = {
    REGULAR: "Regular",
    OPENING: "Opening balance",
    CLOSING: "Result closing",
    CARRIED_OVER: "Balance carry-over",
    BUDGET: "Budget",
}
_OTHERS = {
    10: OPENING,
    **dict.fromkeys((310, 320, 321, 322, 323, 324, 325, 326), CLOSING),
    327: CARRIED_OVER,
    328: CARRIED_OVER,
    ledger.BUDGET: BUDGET,
}
TYPES = {
    10: "Opening balance",
    20: "Sales entry",
    21: "Sales credit note",
    30: "Purchase entry",
    31: "Purchase credit note",
    40: "Cash flow",
    50: "VAT return",
    70: "Asset - Depreciation",
    71: "Asset - Investment",
    72: "Asset - Revaluation",
    73: "Asset - Transfer",
    74: "Asset - Split",
    75: "Asset - Discontinue",
    76: "Asset - Sales",
    80: "Revaluation",
    82: "Exchange rate difference",
    83: "Payment difference",
    84: "Deferred revenue",
    85: "Tracking number: Revaluation",
    86: "Deferred cost",
    87: "VAT on prepayment",
    90: "Other",
    95: "Accrued revenue",
    96: "Accrued costs",
    120: "Delivery",
    121: "Sales return",
    130: "Receipt",
    131: "Purchase return",
    140: "Shop order stock receipt",
    141: "Shop order stock reversal",
    142: "Issue to parent",
    145: "Shop order time entry",
    146: "Shop order time entry reversal",
    147: "Shop order by-product receipt",
    148: "Shop order by-product reversal",
    150: "Requirement issue",
    151: "Requirement reversal",
    152: "Returned from parent",
    155: "Subcontract issue",
    156: "Subcontract reversal",
    158: "Shop order completed",
    162: "Finish assembly",
    170: "Payroll",
    180: "Stock revaluation",
    181: "Financial revaluation",
    195: "Stock count",
    200: "200",
    201: "201",
    290: "Correction entry",
    310: "Period closing",
    320: "Year end reflection",
    321: "Year end costing",
    322: "Year end profits to gross profit",
    323: "Year end costs to gross profit",
    324: "Year end tax",
    325: "Year end gross profit to net p/l",
    326: "Year end net p/l to balance sheet",
    327: "Year end closing balance",
    328: "Year start opening balance",
    ledger.BUDGET: "Budget",
}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialTransactionTransactionLines, Type.

Exact's own names (financial/GLTransactionTypes) come before these; 200 and 201 have no name in that list."""


def entry_class(number: int) -> int:
    """A type that is not known is a regular one."""
    return _OTHERS.get(number, REGULAR)


def unknown(books: Books) -> set[int]:
    """Types of postings that the list does not have."""
    return {line["Type"] for line in books["TransactionLines"] if ledger.is_posting(line)} - TYPES.keys()


def rows(books: Books) -> Iterator[Row]:
    """The list, and every type that was met beside it."""
    theirs = {int(one["ID"]): one["Description"] for one in books["GLTransactionTypes"]}
    names = TYPES | theirs
    for number in sorted(TYPES.keys() | unknown(books)):
        kind = entry_class(number)
        yield number, names.get(number, str(number)), kind, CLASSES[kind]


TABLE = fixed("Transaction Types", ("Transaction Type No", "Transaction Type", "Entry Class No", "Entry Class"), rows)
