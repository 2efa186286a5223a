"""What must hold between invoices, orders, hours and the ledger; each check yields its findings as texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from oracle import ledger, sales
from oracle.books import Books
from oracle.ledger_invariants import Check
from oracle.model import Model
from oracle.values import exact, reference

DRAFT, OPEN, PROCESSED = 10, 20, 50
SALES_TYPES, PURCHASE_TYPES = {20, 21}, {30, 31}
CENT = Decimal("0.01")
MOST_HOURS = 24
Key = tuple[str, int]


def processed_invoices_are_entered(model: Model) -> Iterator[str]:
    """A processed invoice has one sales entry of its number, gross, net and VAT alike; others have none, and
    where there are invoices no entry is without one."""
    books = model.books
    entered = _entries(books, SALES_TYPES)
    known: set[Key] = set()
    for row in books[sales.STREAM]:
        if row["LineNumber"] != sales.HEADER or row["InvoiceNumber"] is None:
            continue
        key = books.company(row), int(row["InvoiceNumber"])
        lines = entered.get(key, [])
        known.add(key)
        if row["Status"] != PROCESSED:
            if lines:
                yield f"invoice {key} of status {row['Status']} has an entry {lines[0]['EntryID']}"
        else:
            yield from _differences(books, row, key, lines)
    yield from (f"sales entry of number {key} has no invoice" for key in sorted(entered.keys() - known) if known)


def _entries(books: Books, types: set[int]) -> dict[Key, list[Any]]:
    found: dict[Key, list[Any]] = defaultdict(list)
    for line in books["TransactionLines"]:
        if line["Type"] in types and line["InvoiceNumber"] is not None and ledger.is_posting(line):
            found[(books.company(line), int(line["InvoiceNumber"]))].append(line)
    return found


def _differences(books: Books, header: Any, key: Key, lines: list[Any]) -> Iterator[str]:
    entries = {reference(line["EntryID"]) for line in lines}
    if len(entries) != 1:
        yield f"processed invoice {key} has {len(entries)} entries"
        return
    gross = -exact(header["AmountDC"])
    booked = sum((exact(line["AmountDC"]) for line in lines if line["LineNumber"] == sales.HEADER), Decimal(0))
    if abs(gross - booked) >= CENT:
        yield f"invoice {key}: gross {gross}, entry {booked}"
    owed = books.once(_terms).get((key[0], next(iter(entries))), Decimal(0))
    if abs(gross - owed) >= CENT:
        yield f"invoice {key}: gross {gross}, payment terms {owed}"
    net = books.once(_net_lines).get(reference(header["InvoiceID"]), Decimal(0))
    revenue = -sum((exact(line["AmountDC"]) for line in lines if _is_plain(line["LineNumber"])), Decimal(0))
    if abs(net - revenue) >= CENT:
        yield f"invoice {key}: net {net}, revenue lines {revenue}"


def _is_plain(number: int) -> bool:
    return sales.HEADER < number < sales.FIRST_SPECIAL


def _net_lines(books: Books) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in books[sales.STREAM]:
        if _is_plain(row["LineNumber"]):
            found[reference(row["InvoiceID"])] -= exact(row["AmountDC"])
    return found


def _terms(books: Books) -> dict[tuple[str, str], Decimal]:
    """What the payment terms of an entry add up to."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for term in books["PaymentTerms"]:
        found[(books.company(term), reference(term["TransactionEntryID"]))] += exact(term["AmountDC"])
    return found


def headers_equal_their_lines(model: Model) -> Iterator[str]:
    """An invoice's header is what its lines and VAT lines add up to."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    headers: dict[str, Decimal] = {}
    for row in model.books[sales.STREAM]:
        key = reference(row["InvoiceID"])
        if row["LineNumber"] == sales.HEADER:
            headers[key] = exact(row["AmountDC"])
        else:
            sums[key] += exact(row["AmountDC"])
    for key in headers.keys() | sums.keys():
        gross, lines = headers.get(key), sums.get(key, Decimal(0))
        if gross is None or abs(gross - lines) >= CENT:
            yield f"invoice {key}: header {gross}, lines {lines}"


def orders_are_never_open_below_nothing(model: Model) -> Iterator[str]:
    """An order's open amount has the sign of its amount, and what is invoiced is what invoice lines say."""
    invoiced: dict[str, Decimal] = defaultdict(Decimal)
    for line in model.books["PurchaseInvoiceLines"]:
        if line["PurchaseOrderLine"]:
            invoiced[reference(line["PurchaseOrderLine"])] += exact(line["Quantity"])
    for line in model.books["PurchaseOrders"]:
        key = reference(line["ID"])
        if line["LineNumber"] > 0 and abs(exact(line["InvoicedQuantity"]) - invoiced.get(key, Decimal(0))) >= CENT:
            yield f"order line {key}: invoiced {line['InvoicedQuantity']}, invoice lines {invoiced.get(key)}"
    for row in model.table("Purchase Order Lines"):
        if row["_Open Amount"] * row["_Net Amount"] < 0:
            yield f"order line {row['Order Key']} {row['Line Number']}: {row['_Open Amount']} of {row['_Net Amount']}"


def purchase_invoices_are_entered(model: Model) -> Iterator[str]:
    """An invoice of the purchase module that is no draft has an entry of its reference and net amount."""
    books = model.books
    nets: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for line in books["TransactionLines"]:
        if line["Type"] in PURCHASE_TYPES and _is_plain(line["LineNumber"]):
            nets[(books.company(line), line["YourRef"])] += exact(line["AmountDC"])
    wanted: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for row in model.table("Purchase Invoice Lines"):
        if row["Status No"] != DRAFT:
            wanted[(row["Company Key"], row["Your Reference"])] += row["_Net Amount"]
    for key, net in wanted.items():
        if abs(net - nets.get(key, Decimal(0))) >= CENT:
            yield f"purchase invoice {key}: net {net}, entry {nets.get(key)}"


def days_have_24_hours(model: Model) -> Iterator[str]:
    """Nobody works more than a day a day."""
    worked: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in model.table("Time and Cost Entries"):
        worked[(row["Company Key"], row["Employee Key"], row["Date"])] += row["_Hours"]
    yield from (f"{key}: {hours} hours" for key, hours in worked.items() if hours > MOST_HOURS)


CHECKS: tuple[Check, ...] = (
    processed_invoices_are_entered,
    headers_equal_their_lines,
    orders_are_never_open_below_nothing,
    purchase_invoices_are_entered,
    days_have_24_hours,
)
