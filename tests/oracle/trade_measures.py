"""What the measures of sales and purchasing must show, from live rows alone."""

from __future__ import annotations

from decimal import Decimal

from oracle.ledger_measures import result, revenue
from oracle.model import Choice, Model, Money, minus, negative, ratio

INVOICES, LINES, ORDERS = "Sales Invoices", "Sales Invoice Lines", "Purchase Order Lines"
OPEN, PROCESSED = 20, 50
CANCELLED = 40
INVOICE_TYPES, CREDIT_TYPES = {8020, 8023}, {8021, 8024}


def invoiced_revenue(model: Model, choice: Choice) -> Money:
    """Net lines of processed invoices, without VAT lines."""
    return _lines(model, choice, PROCESSED)


def invoices_awaiting_processing(model: Model, choice: Choice) -> Money:
    """The same of open invoices; drafts are nowhere."""
    return _lines(model, choice, OPEN)


def _lines(model: Model, choice: Choice, status: int) -> Money:
    cut = choice.where("Sales Invoice Lines[Status No]", {status}).where("Sales Invoice Lines[Line Kind No]", {1})
    return model.money(LINES, "_Net Amount", cut)


def _processed(choice: Choice, types: set[int]) -> Choice:
    return choice.where("Sales Invoices[Type No]", types).where("Sales Invoices[Status No]", {PROCESSED})


def invoices(model: Model, choice: Choice) -> int | None:
    """How many processed invoices; blank for none."""
    return len(list(model.rows(INVOICES, _processed(choice, INVOICE_TYPES)))) or None


def credit_notes(model: Model, choice: Choice) -> int | None:
    """How many processed credit notes; blank for none."""
    return len(list(model.rows(INVOICES, _processed(choice, CREDIT_TYPES)))) or None


def invoices_with_lines(model: Model, choice: Choice) -> int:
    """How many invoices have a line that is chosen."""
    return len({row["Invoice Key"] for row in model.rows(LINES, choice)})


def average_invoice_value(model: Model, choice: Choice) -> Money:
    """Net amount of an invoice; credit notes are left out."""
    net = model.money(INVOICES, "_Net Amount", _processed(choice, INVOICE_TYPES))
    count = invoices(model, choice)
    return ratio(net, None if count is None else Decimal(count))


def invoiced_clients(model: Model, choice: Choice) -> int:
    """How many clients have an invoice of any kind."""
    return len({row["Relation Key"] for row in model.rows(INVOICES, choice)})


def last_invoice_date(model: Model, choice: Choice) -> str | None:
    """The newest date of an invoice."""
    return max((row["Invoice Date"] for row in model.rows(INVOICES, choice)), default=None)


def invoiced_minus_ledger_revenue(model: Model, choice: Choice) -> Money:
    """Must be zero where every processed invoice has its sales entry."""
    booked = revenue(model, choice.where("Transaction Types[Transaction Type No]", {20, 21}))
    return minus(invoiced_revenue(model, choice), booked)


def purchases(model: Model, choice: Choice) -> Money:
    """What purchase entries cost."""
    return negative(result(model, choice.where("Transaction Types[Transaction Type No]", {30, 31})))


def ordered_amount(model: Model, choice: Choice) -> Money:
    """All orders but cancelled ones."""
    live = choice.where("Purchase Order Lines[Order Status No]", lambda status: status != CANCELLED)
    return model.money(ORDERS, "_Net Amount", live)


def open_commitments(model: Model, choice: Choice) -> Money:
    """What of the orders is still to be invoiced."""
    return model.money(ORDERS, "_Open Amount", choice)
