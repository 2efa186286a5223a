"""Changes of purchase orders and of the purchase module's invoices."""

from __future__ import annotations

from typing import Final

from emulators.books.documents import WHOLE, PurchaseOrder
from emulators.books.volume import LAST_MONTH, days_of
from emulators.exact.change_invoices import Post
from emulators.exact.change_rows import NothingLeftError, Rows, Workplace
from emulators.exact.commits import Write
from emulators.exact.values import text

ORDERS, INVOICES = "PurchaseOrders", "PurchaseInvoices"
_ORDER_PARTS: Final = (ORDERS, "PurchaseOrderLines")
_ORDER_HEADERS, _INVOICE_LINES = "PurchaseOrderHeaders", "PurchaseInvoiceLines"
Made = tuple[str, list[Write]]


class Purchases:
    """Makes changes of orders and purchase invoices in a company that has the purchase module."""

    def __init__(self, rows: Rows, post: Post) -> None:
        self._rows, self._dice, self._post = rows, rows.dice, post

    def change(self, name: str, place: Workplace, kind: str) -> Made:
        """(id, writes); NothingLeftError when there is nothing to change."""
        if name == INVOICES:
            return self._invoice(place, kind)
        if kind == "create":
            order = place.operations.buying.order(self._dice.choice(days_of(*LAST_MONTH)))
            order.created = self._rows.now()
            return order.id, self._written(place, order)
        if kind == "delete":
            return self._delete(place)
        if kind == "edit":
            return self._go_on(place)
        key = str(self._rows.one(ORDERS, place.code).parent)
        writes: list[Write] = []
        for part in _ORDER_PARTS:
            writes += self._rows.restamped(part, self._rows.of(part, place.code, parent=key))
        return key, writes + self._rows.restamped(_ORDER_HEADERS, self._rows.of(_ORDER_HEADERS, place.code, key=key))

    def _written(self, place: Workplace, order: PurchaseOrder) -> list[Write]:
        return self._rows.written(place.code, place.ops_render.purchases.order(order))

    def _active(self, place: Workplace, *, untouched: bool = False) -> PurchaseOrder:
        """An order of which something is still to come; `untouched`: nothing was received."""
        held = self._rows.held()
        found = [one for one in place.operations.buying.active if one.id not in held and one.status < 30]
        found = [one for one in found if one.receipt_status == 10 or not untouched]
        if not found:
            raise NothingLeftError("no order has anything to come")
        return self._dice.choice(found)

    def _go_on(self, place: Workplace) -> Made:
        """Something is received, or what was received is invoiced, or an untouched order is cancelled."""
        order = self._active(place)
        order.modified = self._rows.now()
        throw = self._dice.random()
        if throw < 0.1 and order.receipt_status == 10:
            order.cancelled = True
            return order.id, self._written(place, order)
        due = [line for line in order.lines if line.received < line.quantity]
        if due and (throw < 0.6 or not any(line.received > line.invoiced for line in order.lines)):
            line = self._dice.choice(due)
            line.received += max(WHOLE, (line.quantity - line.received) // WHOLE // 2 * WHOLE)
            return order.id, self._written(place, order)
        invoice = place.operations.buying.invoiced(order, self._dice.choice(days_of(*LAST_MONTH)))
        if invoice is None:
            raise NothingLeftError("nothing of the order is to be invoiced")
        invoice.created = self._rows.now()
        billed = self._rows.written(place.code, place.ops_render.purchases.invoice(invoice))
        return order.id, self._written(place, order) + billed + self._post(place, invoice)

    def _delete(self, place: Workplace) -> Made:
        order = self._active(place, untouched=True)
        place.operations.buying.active.remove(order)
        writes: list[Write] = []
        for part in _ORDER_PARTS:
            writes += self._rows.removed(part, self._rows.of(part, place.code, parent=order.id))
        headers = self._rows.of(_ORDER_HEADERS, place.code, key=order.id)
        return order.id, writes + self._rows.removed(_ORDER_HEADERS, headers)

    def _invoice(self, place: Workplace, kind: str) -> Made:
        """A new invoice with its entry, or another reference on one that there is."""
        if kind in ("create", "backdate"):
            month = (LAST_MONTH[0], LAST_MONTH[1] - (kind == "backdate"))
            invoice = place.operations.buying.invoice(self._dice.choice(days_of(*month)))
            invoice.created = self._rows.now()
            writes = self._rows.written(place.code, place.ops_render.purchases.invoice(invoice))
            return invoice.id, writes + self._post(place, invoice)
        row = self._rows.one(INVOICES, place.code)
        if kind == "edit":
            found = {"Remarks": text(f"Opmerking {self._dice.randint(1, 99_999)}")}
            return row.id, self._rows.edited(INVOICES, [row], found)
        lines = self._rows.of(_INVOICE_LINES, place.code, parent=row.id)
        return row.id, self._rows.restamped(INVOICES, [row]) + self._rows.restamped(_INVOICE_LINES, lines)
