"""Invoices as ledger entries: the receivable or payable at line 0, net lines, VAT at 9999 and below.

Line 0 and 9999: forums.invantive.com/t/1855 (121 / 100 / 21 for a sale of 100).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from emulators.books.desk import CREDIT, PURCHASE, PURCHASE_CREDIT, SALE, VAT_LINE, Desk
from emulators.books.documents import CREDIT as CREDIT_NOTE
from emulators.books.documents import PURCHASE_CREDIT as PURCHASE_CREDIT_NOTE
from emulators.books.documents import PurchaseInvoice, SalesInvoice, TradeLine, vat_of
from emulators.books.model import Account, Entry, Line, decimal_text

_QUANTITY_UNITS: Final = 100
"""Documents count quantities in hundredths; texts are made of ten-thousandths."""
_PROJECT_COST_UNITS: Final = 10


def sales_entry(desk: Desk, invoice: SalesInvoice) -> Entry:
    """The entry of a processed invoice (20) or credit note (21), with the invoice's number."""
    kind = CREDIT if invoice.type == CREDIT_NOTE else SALE
    entry = _entry(desk, invoice, kind, "intercompany_sales" if invoice.intercompany else "sales")
    return _lines(desk, entry, invoice, "debtors", -1)


def purchase_entry(desk: Desk, invoice: PurchaseInvoice) -> Entry:
    """The entry of a purchase invoice (30) or credit note (31)."""
    kind = PURCHASE_CREDIT if invoice.type == PURCHASE_CREDIT_NOTE or invoice.gross < 0 else PURCHASE
    entry = _entry(desk, invoice, kind, "purchase")
    entry.document = invoice.number
    if desk.company.module and invoice.number is not None:
        entry.number = invoice.number
    return _lines(desk, entry, invoice, "creditors", 1)


def _entry(desk: Desk, invoice: SalesInvoice | PurchaseInvoice, kind: int, journal: str) -> Entry:
    entry = desk.entry(kind, journal, invoice.date, invoice.created)
    entry.invoice, entry.reference, entry.due = invoice.number, invoice.reference, invoice.due
    entry.currency, entry.rate = invoice.currency, decimal_text(invoice.rate)
    return entry


def _lines(desk: Desk, entry: Entry, invoice: SalesInvoice | PurchaseInvoice, control: str, sign: int) -> Entry:
    company = desk.company
    foreign = invoice.currency != company.currency
    header = desk.line(0, company.account(control), 0)
    header.description = invoice.description
    lines = [header]
    for number, traded in enumerate(invoice.lines, 1):
        lines.append(_net_line(desk, number, traded, sign, foreign=foreign))
    lines += _vat_lines(desk, invoice, sign, foreign=foreign)
    header.amount = -sum(line.amount for line in lines)
    if foreign:
        header.foreign = -sum(line.foreign or 0 for line in lines)
    for line in lines:
        line.relation = invoice.party
    entry.lines = lines
    return entry


def _net_line(desk: Desk, number: int, traded: TradeLine, sign: int, *, foreign: bool) -> Line:
    line = desk.line(number, traded.account, sign * traded.net)
    line.foreign = sign * traded.foreign if foreign else None
    line.description, line.cost_center = traded.description, traded.cost_center
    line.project, line.item, line.wbs = traded.project, traded.item, traded.wbs
    line.quantity = decimal_text(traded.quantity * _QUANTITY_UNITS)
    line.vat_code, line.vat_rate, line.vat_type = traded.vat.code, traded.vat.rate, traded.vat.type
    line.vat_base, line.vat = traded.foreign, traded.vat_foreign
    if traded.project is not None:
        units = desk.company.cost_units
        line.cost_unit = units[sum(map(ord, traded.project.code)) % _PROJECT_COST_UNITS].code
    return line


def _vat_lines(desk: Desk, invoice: SalesInvoice | PurchaseInvoice, sign: int, *, foreign: bool) -> list[Line]:
    """One line per VAT account; where the tax is reverse-charged, what is due and what is claimed."""
    due: dict[Account, list[int]] = {}
    account_of: Callable[[str], Account] = desk.company.account

    def add(account: Account, amount: int, in_currency: int) -> None:
        sums = due.setdefault(account, [0, 0])
        sums[0] += amount
        sums[1] += in_currency

    for traded in invoice.lines:
        booking = desk.company.booking(traded.vat)
        if booking.reverse_points:
            tax, there = vat_of(traded.net, booking.reverse_points), vat_of(traded.foreign, booking.reverse_points)
            add(account_of("vat_claim"), tax, there)
            add(account_of("vat_eu"), -tax, -there)
        elif traded.vat_amount:
            add(account_of(booking.account), sign * traded.vat_amount, sign * traded.vat_foreign)
    made = []
    for at, (account, (amount, in_currency)) in enumerate(due.items()):
        line = desk.line(VAT_LINE - at, account, amount)
        line.foreign = in_currency if foreign else None
        made.append(line)
    return made


def payment_days(entry: Entry) -> int:
    """The days that a relation has for paying."""
    return max(0, ((entry.due or entry.date) - entry.date) // timedelta(days=1))
