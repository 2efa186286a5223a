"""How a sales invoice is made: lines with VAT and currency, numbers, and the credit notes that take one back."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from emulators.books.catalogue import Item
from emulators.books.documents import (
    CREDIT,
    INVOICE,
    MICROS,
    PROCESSED,
    WHOLE,
    SalesInvoice,
    TradeLine,
    amount_of,
    converted,
    discounted,
    vat_of,
)
from emulators.books.firm import Firm
from emulators.books.hours import created_on
from emulators.books.ids import next_guid
from emulators.books.parties import Party
from emulators.books.pool import Unbilled
from emulators.books.projects import Project
from emulators.books.staff import Employee

_EU: Final = frozenset({"NL", "BE", "DE"})
_LOW_ITEMS: Final = frozenset({"K-HOT"})
_FIRST_NUMBER, _FIRST_ORDER = 240_000, 7_000


class Invoices:
    """Makes one company's invoices; numbers go on. The dice are the caller's."""

    def __init__(self, firm: Firm, dice: random.Random) -> None:
        self.firm, self.dice = firm, dice
        self._number, self._order = _FIRST_NUMBER, _FIRST_ORDER

    def number(self) -> int:
        self._number += 1
        return self._number

    def new(self, party: Party, day: date, description: str, seller: Employee | None = None) -> SalesInvoice:
        """An invoice without a number and without lines, processed unless the caller says else."""
        firm = self.firm
        self._order += 1
        currency = party.currency if party.currency != "EUR" else firm.currency
        rate = 10_000 if currency == firm.currency else firm.rate(currency, day)
        return SalesInvoice(
            next_guid(self.dice), None, INVOICE, PROCESSED, day, day + timedelta(days=party.terms), party,
            firm.journal("sales"), created_on(day, self.dice), description, f"PO-{self._order % 997}", currency, rate,
            ordered_by=party, order_number=self._order, salesperson=seller,
        )  # fmt: skip

    def line(
        self, invoice: SalesInvoice, item: Item, description: str, quantity: int, price: int, *,
        project: Project | None = None, discount: int = 0,
    ) -> TradeLine:  # fmt: skip
        """A line at the end of the invoice; quantity times price, less a discount, is in the invoice's currency."""
        line = self._line(invoice, item, description, quantity, price, amount_of(quantity, discounted(price, discount)))
        line.project, line.discount = project, discount
        if project is not None and project.manager is not None:
            line.cost_center = project.manager.cost_center
        return line

    def _line(self, invoice: SalesInvoice, item: Item, text: str, quantity: int, price: int, foreign: int) -> TradeLine:
        vat = self.firm.vat(f"sales_{self._vat_kind(invoice.party, item)}")
        own = invoice.currency == self.firm.currency
        net = foreign if own else converted(foreign, invoice.rate)
        line = TradeLine(
            next_guid(self.dice), len(invoice.lines) + 1, item, text, item.group.revenue, quantity, price, net, vat,
            vat_of(net, vat.points), foreign, vat_of(foreign, vat.points),
        )  # fmt: skip
        invoice.lines.append(line)
        return line

    def _vat_kind(self, party: Party, item: Item) -> str:
        if party.country != self.firm.country:
            return "eu" if party.country in _EU and self.firm.country in _EU else "zero"
        return "low" if item.code in _LOW_ITEMS else "high"

    def billed(self, invoice: SalesInvoice, one: Unbilled) -> TradeLine:
        """A line for approved hours or costs. Its amount is what the entries add up to; where each was rounded, the
        price gets more decimals."""
        price = one.price
        if one.quantity and amount_of(one.quantity, price) != one.amount:
            price = round(one.amount * WHOLE * MICROS / (one.quantity * 10_000))
        line = self._line(invoice, one.item, one.wbs.description, one.quantity, price, one.amount)
        line.project, line.wbs, line.employee = one.wbs.project, one.wbs, one.employee
        line.start, line.end = one.first, one.last
        line.cost_center = one.employee.cost_center if one.employee else None
        return line

    def credit(self, invoice: SalesInvoice, day: date, *, only: TradeLine | None = None) -> SalesInvoice:
        """A credit note for an invoice, or for half of one of its lines."""
        made = self.new(invoice.party, day, f"Credit {invoice.number}", invoice.salesperson)
        made.type, made.credits, made.currency, made.rate = CREDIT, invoice.id, invoice.currency, invoice.rate
        made.reference, made.order_number = invoice.reference, invoice.order_number
        if only is not None:
            quantity = -max(1, only.quantity // 2)
            text, foreign = f"Credit {only.description}", amount_of(quantity, only.net_price)
            line = self._line(made, only.item, text, quantity, only.price, foreign)
            line.project, line.wbs, line.cost_center = only.project, only.wbs, only.cost_center
            line.discount = only.discount
            return made
        made.lines = [_mirrored(line, next_guid(self.dice)) for line in invoice.lines]
        return made


def _mirrored(line: TradeLine, key: str) -> TradeLine:
    return replace(
        line, id=key, quantity=-line.quantity, net=-line.net, vat_amount=-line.vat_amount, foreign=-line.foreign,
        vat_foreign=-line.vat_foreign,
    )  # fmt: skip
