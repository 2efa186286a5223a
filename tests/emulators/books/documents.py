"""The documents of daily work: hours, costs, sales invoices, purchase orders, purchase invoices.

Amounts are integers of 0.0001 in whole cents, quantities integers of 0.01, prices integers of 0.000001.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from emulators.books.model import UNITS, Account, Journal

if TYPE_CHECKING:
    from emulators.books.catalogue import Item
    from emulators.books.firm import VatCode
    from emulators.books.parties import Party
    from emulators.books.projects import Project, Wbs
    from emulators.books.staff import Employee

INVOICE, CREDIT = 8020, 8021
PURCHASE_INVOICE, PURCHASE_CREDIT = 8033, 8034
DRAFT, OPEN, PROCESSED = 10, 20, 50
WHOLE: Final = 100
"""A quantity of one."""
MICROS: Final = 1_000_000
"""A price of one."""
_CENT: Final = UNITS // 100
_TO_CENTS: Final = WHOLE * MICROS // 100


def amount_of(quantity: int, price: int) -> int:
    """Quantity times price in units, rounded half up to whole cents."""
    exact = quantity * price
    cents = (abs(exact) + _TO_CENTS // 2) // _TO_CENTS
    return cents * _CENT if exact >= 0 else -cents * _CENT


def vat_of(net: int, points: int) -> int:
    """The VAT on a net amount, rounded half up to whole cents."""
    cents = (abs(net) // _CENT * points + UNITS // 2) // UNITS
    return cents * _CENT if net >= 0 else -cents * _CENT


def discounted(price: int, points: int) -> int:
    """A price less a discount in hundredths of a per cent, in whole millionths."""
    return price * (UNITS - points) // UNITS


def converted(foreign: int, rate: int) -> int:
    """A foreign amount in the company's currency, at a rate in units, in whole cents."""
    cents = (abs(foreign) // _CENT * rate + UNITS // 2) // UNITS
    return cents * _CENT if foreign >= 0 else -cents * _CENT


def fixed_text(value: int, decimals: int) -> str:
    """The shortest decimal text of an integer that counts 10**-decimals."""
    sign, (whole, part) = "-" if value < 0 else "", divmod(abs(value), 10**decimals)
    return f"{sign}{whole}" if not part else f"{sign}{whole}." + f"{part:0{decimals}d}".rstrip("0")


@dataclass(slots=True)
class TradeLine:
    """A line of a sales or purchase invoice; `net` and `vat_amount` in the company's currency, the others in the
    document's. Both are negative on credit notes, as is the quantity. `discount` counts hundredths of a per cent."""

    id: str
    number: int
    item: Item
    description: str
    account: Account
    quantity: int
    price: int
    net: int
    vat: VatCode
    vat_amount: int
    foreign: int
    vat_foreign: int
    cost_center: str | None = None
    project: Project | None = None
    wbs: Wbs | None = None
    employee: Employee | None = None
    start: datetime.date | None = None
    end: datetime.date | None = None
    order_line: str | None = None
    rebill: bool = False
    discount: int = 0

    @property
    def net_price(self) -> int:
        """The price less the line's discount."""
        return discounted(self.price, self.discount)

    @property
    def given(self) -> int:
        """What the discount comes to in the document's currency, in units, without VAT."""
        return amount_of(self.quantity, self.price) - self.foreign if self.discount else 0


@dataclass(slots=True)
class _Invoice:
    id: str
    number: int | None
    type: int
    status: int
    date: datetime.date
    due: datetime.date
    party: Party
    journal: Journal
    created: int
    description: str | None = None
    reference: str | None = None
    currency: str = "EUR"
    rate: int = UNITS
    modified: int | None = None
    lines: list[TradeLine] = field(default_factory=list)

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def vat_total(self) -> int:
        return sum(line.vat_amount for line in self.lines)

    @property
    def gross(self) -> int:
        return self.net + self.vat_total

    @property
    def net_foreign(self) -> int:
        return sum(line.foreign for line in self.lines)

    @property
    def gross_foreign(self) -> int:
        return sum(line.foreign + line.vat_foreign for line in self.lines)


@dataclass(slots=True)
class SalesInvoice(_Invoice):
    """`party` owes it, `ordered_by` ordered; `credits` is the invoice that a credit note takes back; `removed`: it was
    deleted before it was processed, and only the delete log knows of it."""

    ordered_by: Party | None = None
    credits: str | None = None
    order_number: int | None = None
    salesperson: Employee | None = None
    removed: bool = False
    intercompany: bool = False


@dataclass(slots=True)
class PurchaseInvoice(_Invoice):
    """`number` is the document's number at the company, `reference` the supplier's invoice number."""

    intercompany: bool = False


@dataclass(slots=True)
class OrderLine:
    """A line of a purchase order; quantities in hundredths."""

    id: str
    number: int
    item: Item
    description: str
    quantity: int
    received: int
    invoiced: int
    price: int
    net: int
    vat: VatCode
    vat_amount: int
    cost_center: str | None = None
    project: Project | None = None
    rebill: bool = False
    receipt: datetime.date | None = None


@dataclass(slots=True)
class PurchaseOrder:
    """`status` of the whole: 10 open, 20 partial, 30 complete, 40 cancelled."""

    id: str
    number: int
    date: datetime.date
    supplier: Party
    created: int
    buyer: Employee | None
    cancelled: bool = False
    reference: str | None = None
    modified: int | None = None
    lines: list[OrderLine] = field(default_factory=list)

    def _progress(self, done: list[int]) -> int:
        if self.cancelled:
            return 40
        if all(one >= line.quantity for one, line in zip(done, self.lines, strict=True)):
            return 30
        return 20 if any(done) else 10

    @property
    def receipt_status(self) -> int:
        return self._progress([line.received for line in self.lines])

    @property
    def invoice_status(self) -> int:
        return self._progress([line.invoiced for line in self.lines])

    @property
    def status(self) -> int:
        both = {self.receipt_status, self.invoice_status}
        return both.pop() if len(both) == 1 else 20


@dataclass(slots=True)
class Work:
    """What time and cost entries share. `amount` in units, `quantity` in hundredths, `price` in millionths."""

    id: str
    number: int
    date: datetime.date
    employee: Employee
    item: Item
    quantity: int
    price: int
    amount: int
    status: int
    created: int
    modified: int
    project: Project | None = None
    wbs: Wbs | None = None
    party: Party | None = None
    notes: str | None = None
    error: str | None = None


@dataclass(slots=True)
class TimeEntry(Work):
    """Hours, or days; `start` and `end` count minutes of the day. `corrects` is the entry that it takes back."""

    start: int | None = None
    end: int | None = None
    corrects: str | None = None


@dataclass(slots=True)
class CostEntry(Work):
    """Costs on a project."""


Document = SalesInvoice | PurchaseOrder | PurchaseInvoice | TimeEntry | CostEntry


def rows_of(document: Document) -> int:
    """The rows of a document in its stream: header, lines, and the VAT of an invoice; purchase invoices have none."""
    if isinstance(document, SalesInvoice):
        return 0 if document.removed else len(document.lines) + 1 + bool(document.vat_total)
    if isinstance(document, PurchaseOrder):
        return len(document.lines) + 1
    return 0 if isinstance(document, PurchaseInvoice) else 1
