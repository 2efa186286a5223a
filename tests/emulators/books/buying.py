"""Purchase orders, and purchase invoices: for orders received, for projects, and for what an office needs."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from emulators.books.catalogue import Catalogue, Item
from emulators.books.documents import (
    PROCESSED,
    PURCHASE_CREDIT,
    PURCHASE_INVOICE,
    WHOLE,
    OrderLine,
    PurchaseInvoice,
    PurchaseOrder,
    TradeLine,
    amount_of,
    converted,
    vat_of,
)
from emulators.books.firm import Firm, VatCode, pick
from emulators.books.hours import created_on
from emulators.books.ids import next_guid
from emulators.books.model import Account
from emulators.books.parties import Party
from emulators.books.projects import Project
from emulators.books.staff import Employee
from emulators.books.volume import LAST_MONTH, days_of

_EU: Final = frozenset({"NL", "BE", "DE"})
_NEEDS: Final = ("cost_office", "cost_software", "cost_energy", "cost_marketing", "cost_travel")
_TEXTS: Final = {
    "cost_office": "Kantoorartikelen", "cost_software": "Softwareabonnement", "cost_energy": 'Energie "groen"',
    "cost_marketing": "Advertenties", "cost_travel": "Reiskosten", "cost_subcontractors": "Inhuur",
    "cost_intercompany": "Inhuur binnen de groep", "cost_fees": "Managementvergoeding",
}  # fmt: skip
_CANCELLED: Final = 0.04
_CREDIT: Final = 0.05
_MONTH_OF_CREDIT: Final = 10
"""Each October begins with a credit note of a supplier."""
_KEPT: Final = 200
_COMPLETE: Final = 30


class Buying:
    """Writes orders and purchase invoices month by month; an order's invoices come in the months after it.
    `active` are the last orders of which something is still to come."""

    def __init__(
        self, firm: Firm, suppliers: Sequence[Party], projects: Sequence[Project], staff: Sequence[Employee],
        items: Catalogue,
    ) -> None:  # fmt: skip
        self.dice = random.Random(f"buying {firm.seed} {firm.key}")
        self._firm, self._items = firm, items
        self._suppliers = [one for one in suppliers if not one.blocked]
        self._projects = [one for one in projects if not one.internal]
        self._staff = list(staff)
        self._number, self._order = 7_000_000, 20_000
        self.active: deque[PurchaseOrder] = deque(maxlen=_KEPT)
        self._due: dict[tuple[int, int], list[tuple[PurchaseOrder, list[tuple[OrderLine, int]]]]] = {}

    def month(self, year: int, month: int, orders: int, invoices: int) -> Iterator[PurchaseOrder | PurchaseInvoice]:
        """About `orders` rows of orders, the invoices of orders that fall in the month, and `invoices` others."""
        days = days_of(year, month)
        if not days or not self._suppliers:
            return
        made = 0
        while made < orders:
            order = self.order(pick(self.dice, days))
            made += len(order.lines) + 1
            yield order
        for order, parts in self._due.pop((year, month), ()):
            yield self._of_order(order, parts, pick(self.dice, days))
        for at in range(invoices):
            yield self.invoice(pick(self.dice, days), credit=not at and month == _MONTH_OF_CREDIT)

    def order(self, day: date) -> PurchaseOrder:
        """An order with what had become of it by the group's present: received and invoiced, in part or in full."""
        dice = self.dice
        self._order += 1
        buyer = pick(dice, self._staff) if self._staff else None
        order = PurchaseOrder(
            next_guid(dice), self._order, day, pick(dice, self._suppliers), created_on(day, dice), buyer,
            cancelled=dice.random() < _CANCELLED, reference=f"OFF-{self._order % 613}",
        )  # fmt: skip
        bought = self._items.some("B")
        for number in range(1, 2 + int(dice.random() * 3)):
            order.lines.append(self._order_line(order, number, pick(dice, bought)))
        if not order.cancelled:
            self._fulfil(order)
        if order.status < _COMPLETE:
            self.active.append(order)
        return order

    def _order_line(self, order: PurchaseOrder, number: int, item: Item) -> OrderLine:
        dice = self.dice
        quantity, vat = WHOLE * (1 + int(dice.random() * 12)), self._vat(order.supplier)
        net = amount_of(quantity, item.price)
        line = OrderLine(
            next_guid(dice), number, item, item.description, quantity, 0, 0, item.price, net, vat,
            vat_of(net, vat.points), receipt=order.date + timedelta(days=14),
        )  # fmt: skip
        running = self._running(order.date) if item.code == "I-INH" else []
        if running:
            line.project, line.rebill = pick(dice, running), dice.random() < 0.5
        if order.buyer is not None and dice.random() < 0.8:
            line.cost_center = order.buyer.cost_center
        return line

    def _fulfil(self, order: PurchaseOrder) -> None:
        """Deliveries one and two months later, each invoiced in its month; some never come."""
        year, month = order.date.year, order.date.month
        for ahead in (1, 2):
            at = year + (month - 1 + ahead) // 12, (month - 1 + ahead) % 12 + 1
            parts = []
            for line in order.lines:
                open_still = line.quantity - line.received
                wanted = open_still if ahead == 2 else (open_still + WHOLE) // (2 * WHOLE) * WHOLE
                if at > LAST_MONTH or self.dice.random() < 0.15 or wanted <= 0:
                    continue
                line.received += wanted
                if self.dice.random() < 0.9:
                    line.invoiced += wanted
                    parts.append((line, wanted))
            if parts:
                self._due.setdefault(at, []).append((order, parts))

    def invoiced(self, order: PurchaseOrder, day: date) -> PurchaseInvoice | None:
        """An invoice for what was received of an order and not yet invoiced; None if there is nothing."""
        parts = [(line, line.received - line.invoiced) for line in order.lines if line.received > line.invoiced]
        for line, quantity in parts:
            line.invoiced += quantity
        return self._of_order(order, parts, day) if parts else None

    def _of_order(self, order: PurchaseOrder, parts: list[tuple[OrderLine, int]], day: date) -> PurchaseInvoice:
        invoice = self._new(order.supplier, day, f"Bestelling {order.number}")
        for line, quantity in parts:
            added = self._line(invoice, line.item, line.description, quantity, line.price, line.item.group.costs)
            added.project, added.rebill, added.cost_center = line.project, line.rebill, line.cost_center
            added.order_line = line.id
        return invoice

    def _running(self, day: date) -> list[Project]:
        return [one for one in self._projects if one.runs(day, day)]

    def invoice(self, day: date, *, credit: bool = False) -> PurchaseInvoice:
        """What an office needs, or people hired for a project; now and then, or if told to, a credit note."""
        dice = self.dice
        invoice = self._new(pick(dice, self._suppliers), day, "Inkoop")
        running = self._running(day) if dice.random() < 0.3 else []
        for _ in range(1 + int(dice.random() * 3)):
            role = "cost_subcontractors" if running else pick(dice, _NEEDS)
            item = self._items.items["I-INH" if running else "I-LIC"]
            price = 10_000 * (100 + int(10 ** (2.5 + 3 * dice.random())))
            line = self._line(invoice, item, _TEXTS[role], WHOLE, price, self._firm.account(role))
            line.cost_center = None if dice.random() < 0.12 else pick(dice, self._firm.codes)
            if running:
                line.project, line.rebill = pick(dice, running), dice.random() < 0.3
        invoice.description = invoice.lines[0].description
        if dice.random() < _CREDIT or credit:
            invoice.type = PURCHASE_CREDIT
            for line in invoice.lines:
                line.quantity, line.net, line.vat_amount = -line.quantity, -line.net, -line.vat_amount
                line.foreign, line.vat_foreign = -line.foreign, -line.vat_foreign
        return invoice

    def _new(self, supplier: Party, day: date, description: str) -> PurchaseInvoice:
        self._number += 1
        return PurchaseInvoice(
            next_guid(self.dice), self._number, PURCHASE_INVOICE, PROCESSED, day, day + timedelta(days=supplier.terms),
            supplier, self._firm.journal("purchase"), created_on(day, self.dice), description,
            f"F{self._number % 100_003}", self._firm.currency,
        )  # fmt: skip

    def _line(
        self, invoice: PurchaseInvoice, item: Item, text: str, quantity: int, price: int, account: Account
    ) -> TradeLine:
        vat, foreign = self._vat(invoice.party), amount_of(quantity, price)
        net = foreign if invoice.currency == self._firm.currency else converted(foreign, invoice.rate)
        number = len(invoice.lines) + 1
        line = TradeLine(
            next_guid(self.dice), number, item, text, account, quantity, price, net, vat, vat_of(net, vat.points),
            foreign, vat_of(foreign, vat.points),
        )  # fmt: skip
        invoice.lines.append(line)
        return line

    def mirrored(self, invoice: PurchaseInvoice, item: Item, text: str, quantity: int, price: int) -> TradeLine:
        """A line of an invoice from a company of the group."""
        role = "cost_fees" if item.group.code == "FEE" else "cost_intercompany"
        return self._line(invoice, item, text, quantity, price, self._firm.account(role))

    def of_partner(self, partner: Party, day: date, number: int, currency: str) -> PurchaseInvoice:
        """An empty invoice from a company of the group, under that company's number and in its currency."""
        invoice = self._new(partner, day, f"Factuur {number}")
        invoice.reference, invoice.intercompany, invoice.currency = str(number), True, currency
        if currency != self._firm.currency:
            invoice.rate = self._firm.rate(currency, day)
        return invoice

    def _vat(self, supplier: Party) -> VatCode:
        home = self._firm.country
        if supplier.country == home:
            return self._firm.vat("purchase_high")
        both = supplier.country in _EU and home in _EU
        return self._firm.vat("purchase_eu" if both else "purchase_zero")
