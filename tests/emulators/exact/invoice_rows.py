"""How the sync streams of sales invoices and purchase orders show their rows: what is reported of them, and what may
differ from site to site.

Records keep the reported form: an invoice's sale is negative, a credit note positive (forums.invantive.com/t/1855), its
rows from 9000 stand for VAT and the like (forums.invantive.com/t/1222), and its lines carry the header's fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from emulators.exact.entities import ENTITIES, Entity
from emulators.exact.rules import INVOICE_ROWS, INVOICE_SIGN, Rules
from emulators.exact.settings import Settings
from emulators.exact.values import NULL

Shown = Callable[[list[str]], list[str] | None]
"""A row's values as they are shown; None for a row that is not."""
ENTITY: Final = ENTITIES["SalesInvoices"]
ORDERS: Final = ENTITIES["PurchaseOrders"]
FIRST_SPECIAL: Final = 9000
_SIGNED: Final = tuple(
    map(
        ENTITY.at,
        (
            "AmountDC", "AmountFC", "AmountFCExclVat", "AmountDiscount", "AmountDiscountExclVat", "VATAmountDC",
            "VATAmountFC", "Quantity",
        ),
    )
)  # fmt: skip
_OF_HEADER: Final = tuple(
    map(
        ENTITY.at,
        (
            "InvoiceDate", "InvoiceNumber", "InvoiceTo", "InvoiceToName", "OrderedBy", "OrderedByName", "DeliverTo",
            "DeliverToName", "DueDate", "OrderDate", "OrderNumber", "Currency", "Journal", "JournalDescription",
            "PaymentCondition", "PaymentConditionDescription", "Salesperson", "SalespersonFullName", "Status",
            "StatusDescription", "Type", "TypeDescription", "YourRef",
        ),
    )
)  # fmt: skip
_NUMBER: Final = ENTITY.at("LineNumber")


def shown_as(entity: Entity, settings: Settings, rules: Rules) -> Shown | None:
    """How rows of a sync stream are shown, or None where they are as they are stored."""
    own = settings.header_rows == "own"
    if entity is ENTITY:
        return _in_order(_of_invoices(settings, rules), None if own else _of_document(ENTITY))
    return _of_document(ORDERS) if entity is ORDERS and not own else None


def _in_order(first: Shown | None, then: Shown | None) -> Shown | None:
    """Both, one after the other."""
    if first is None or then is None:
        return first or then

    def both(values: list[str]) -> list[str] | None:
        made = first(values)
        return None if made is None else then(made)

    return both


def _of_document(entity: Entity) -> Shown:
    """A header's row under the ID of its document."""
    number, own, document = entity.at("LineNumber"), entity.at("ID"), entity.at(entity.parent or "")

    def shown(values: list[str]) -> list[str]:
        if values[number] != "0":
            return values
        made = values.copy()
        made[own] = values[document]
        return made

    return shown


def _of_invoices(settings: Settings, rules: Rules) -> Shown | None:
    turned = settings.invoice_sign == "normal" or not rules.on(INVOICE_SIGN)
    bare, plain = not settings.invoice_lines_carry_header, not settings.invoice_special_rows
    plain = plain or not rules.on(INVOICE_ROWS)
    if not (turned or bare or plain):
        return None

    def shown(values: list[str]) -> list[str] | None:
        number = int(values[_NUMBER])
        if plain and number >= FIRST_SPECIAL:
            return None
        made = values.copy()
        for at in _SIGNED if turned else ():
            made[at] = _negated(made[at])
        for at in _OF_HEADER if bare and number else ():
            made[at] = NULL
        return made

    return shown


def _negated(number: str) -> str:
    if number in (NULL, "0"):
        return number
    return number[1:] if number.startswith("-") else f"-{number}"
