"""Sales invoices of a month: approved hours and costs, fixed terms, retainers, licences, credit notes."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Final

from emulators.books.catalogue import Catalogue
from emulators.books.documents import DRAFT, INVOICE, MICROS, OPEN, PROCESSED, WHOLE, SalesInvoice, TradeLine
from emulators.books.firm import Firm, pick
from emulators.books.ids import guid_of
from emulators.books.invoices import Invoices
from emulators.books.parties import Party
from emulators.books.pool import Pool
from emulators.books.projects import FIXED, PREPAID, Project
from emulators.books.staff import Employee
from emulators.books.volume import LAST_MONTH, days_of

TERMS: Final = 4
"""A fixed price is billed in so many equal terms, one each quarter."""
_DISCOUNTED: Final = 0.2
_DISCOUNTS: Final = (500, 1_000, 250)
"""How often a line has a discount, and which, in hundredths of a per cent."""
_KEPT: Final = 6
_LONGEST_CREDITED: Final = 30
_CREDITED: Final = 0.45
"""How often a month has a credit note."""
_ROOM: Final = 8
"""With fewer rows in a month nothing is certain."""
_CERTAIN_IN: Final = ((LAST_MONTH[0], LAST_MONTH[1] - 1), LAST_MONTH)
_MONTH_OF_THE_REMOVED: Final = 9
_FOR_HOURS: Final = 0.65
"""The part of a month's rows that hours and costs may take; what is left over is billed later."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a fixed-price project; `number` from 1."""

    id: str
    project: Project
    number: int
    year: int
    month: int
    amount: int


def terms(firm: Firm, project: Project) -> list[Term]:
    """The terms of a fixed-price project: each quarter from its start, whole cents, the last takes the rest."""
    if project.type != FIXED:
        return []
    whole = project.revenue * 10_000
    part, made = whole // TERMS // 100 * 100, []
    for n in range(1, TERMS + 1):
        ahead = project.start.month - 1 + 3 * n
        amount = part if n < TERMS else whole - part * (TERMS - 1)
        key = guid_of(firm.seed, f"term {firm.key}", f"{project.number} {n}")
        made.append(Term(key, project, n, project.start.year + ahead // 12, ahead % 12 + 1, amount))
    return made


class Billing:
    """Writes invoices month by month; what may be credited goes on. `pool` holds what is unbilled, `waiting` drafts
    and open invoices, `recent` what may be credited."""

    def __init__(
        self, firm: Firm, clients: Sequence[Party], projects: Sequence[Project], staff: Sequence[Employee],
        items: Catalogue,
    ) -> None:  # fmt: skip
        self.dice = random.Random(f"billing {firm.seed} {firm.key}")
        self.invoices, self.pool = Invoices(firm, self.dice), Pool()
        self._items, self._staff = items, list(staff)
        self._licences, self._orphan = items.some("S")[2:], items.gone[1] if firm.module else None
        self._clients = [one for one in clients if one.weight > 0 and not one.blocked]
        self._abroad = [one for one in self._clients if one.currency not in ("EUR", firm.currency)]
        self._weights = list(accumulate(one.weight for one in self._clients))
        self._retained = [one for one in projects if one.type == PREPAID and not one.internal]
        self._terms: dict[tuple[int, int], list[Term]] = {}
        for term in (term for project in projects for term in terms(firm, project)):
            self._terms.setdefault((term.year, term.month), []).append(term)
        self.recent: list[SalesInvoice] = []
        self.waiting: dict[str, SalesInvoice] = {}

    def month(self, year: int, month: int, rows: int) -> Iterator[SalesInvoice]:
        """The invoices of a month, about `rows` rows of them."""
        days, late = days_of(year, month), (year, month) >= LAST_MONTH
        if not days or not self._clients:
            return
        made = 0
        for invoice in self._certain(year, month, days[0]) if rows >= _ROOM else ():
            made += _rows(invoice)
            yield self._settled(invoice, late=late)
        for invoice in self._hours(days[:3]):
            made += _rows(invoice)
            yield self._settled(invoice, late=late)
            if made >= rows * _FOR_HOURS:
                break
        for invoice in self._others(year, month, days, rows):
            made += _rows(invoice)
            yield self._settled(invoice, late=late)
            if made >= rows:
                return

    def _certain(self, year: int, month: int, day: date) -> Iterator[SalesInvoice]:
        """What is there for certain: an invoice in each other currency and a retainer each month; in the last two
        months one with VAT, and a credit note for an invoice of a month before, first for all of it, then for half a
        line."""
        at_home = [one for one in self._clients if one.country == self.invoices.firm.country]
        for client in [*self._abroad, *(at_home[:1] if (year, month) in _CERTAIN_IN else ())]:
            yield self.licence(day, client)
        yield from (self._retainer(project, day) for project in self._retained_on(day)[:1])
        if (year, month) in _CERTAIN_IN and self.recent:
            yield self.credit(day, whole=(year, month) != LAST_MONTH)

    def _hours(self, days: list[date]) -> Iterator[SalesInvoice]:
        """One invoice for each project with approved hours or costs that are not yet billed."""
        for project in self.pool.projects():
            if not project.internal:
                yield self.hours_of(project, pick(self.dice, days))

    def hours_of(self, project: Project, day: date) -> SalesInvoice:
        """What a project has unbilled, billed."""
        invoice = self.invoices.new(project.client, day, f"Uren {project.code}", project.manager)
        for one in self.pool.take(project):
            self.invoices.billed(invoice, one)
        return invoice

    def _others(self, year: int, month: int, days: list[date], rows: int) -> Iterator[SalesInvoice]:
        if self.recent and self.dice.random() < _CREDITED:
            yield self.credit(pick(self.dice, days))
        if rows > 5 and month == _MONTH_OF_THE_REMOVED:
            removed = self.licence(days[0])
            removed.removed = True
            yield removed
        for term in self._terms.get((year, month), ()):
            yield self._term(term, pick(self.dice, days))
        for project in self._retained_on(days[0])[1 if rows >= _ROOM else 0 :]:
            yield self._retainer(project, days[0])
        while True:
            yield self.licence(pick(self.dice, days))

    def _term(self, term: Term, day: date) -> SalesInvoice:
        project = term.project
        invoice = self.invoices.new(project.client, day, f"{project.code} termijn {term.number}", project.manager)
        price = term.amount * (MICROS // 10_000)
        self.invoices.line(invoice, project.item, f"Termijn {term.number} van {TERMS}", WHOLE, price, project=project)
        return invoice

    def _retained_on(self, day: date) -> list[Project]:
        return [project for project in self._retained if project.runs(day, day)]

    def _retainer(self, project: Project, day: date) -> SalesInvoice:
        invoice = self.invoices.new(project.client, day, f"Voorschot {day:%Y-%m}", project.manager)
        text = f"{project.item.description} {day:%Y-%m}"
        self.invoices.line(invoice, project.item, text, WHOLE, project.item.price, project=project)
        return invoice

    def licence(self, day: date, client: Party | None = None) -> SalesInvoice:
        """Licences and services without a project; unit prices have up to six decimals. The first is of an item that is
        no more."""
        dice = self.dice
        client = client or self._clients[bisect(self._weights, dice.random() * self._weights[-1])]
        seller = pick(dice, self._staff) if self._staff and dice.random() < 0.7 else None
        invoice = self.invoices.new(client, day, f"Licenties {day:%Y-%m}", seller)
        for _ in range(1 + int(dice.random() * 4)):
            item, self._orphan = self._orphan or pick(dice, self._licences), None
            quantity = WHOLE * (1 + int(10 ** (dice.random() * 2.5))) * (200 if item.price < MICROS // 100 else 1)
            discount = pick(dice, _DISCOUNTS) if dice.random() < _DISCOUNTED else 0
            line = self.invoices.line(invoice, item, item.description, quantity, item.price, discount=discount)
            if seller is not None and dice.random() < 0.8:
                line.cost_center = seller.cost_center
        return invoice

    def credit(self, day: date, *, whole: bool | None = None) -> SalesInvoice:
        """A whole invoice, whose hours are billed again later, or half of a line that bills none. `whole` says which,
        if there is such a line."""
        fits = [one for one in self.recent if whole is not False or any(line.wbs is None for line in one.lines)]
        old = pick(self.dice, fits or self.recent)
        self.recent.remove(old)
        plain = [line for line in old.lines if line.wbs is None]
        if plain and (self.dice.random() < 0.5 if whole is None else not whole):
            return self.invoices.credit(old, max(day, old.date), only=pick(self.dice, plain))
        for line in old.lines:
            self.pool.give_back(line)
        return self.invoices.credit(old, max(day, old.date))

    def _settled(self, invoice: SalesInvoice, *, late: bool) -> SalesInvoice:
        """A status, and a number unless it is a draft. What was processed may be credited."""
        throw = self.dice.random() if late and invoice.type == INVOICE else 1.0
        invoice.status = DRAFT if throw < 0.15 else OPEN if throw < 0.4 or invoice.removed else PROCESSED
        if invoice.status != DRAFT:
            invoice.number = self.invoices.number()
        if invoice.status == PROCESSED:
            self.keep(invoice)
        elif not invoice.removed:
            self.waiting[invoice.id] = invoice
        return invoice

    def keep(self, invoice: SalesInvoice) -> None:
        """A processed invoice may be credited later, as long as it is among the last ones; one in another currency is
        paid."""
        if (
            invoice.type == INVOICE
            and invoice.currency == self.invoices.firm.currency
            and len(invoice.lines) < _LONGEST_CREDITED
        ):
            if len(self.recent) >= _KEPT:
                self.recent.pop(0)
            self.recent.append(invoice)


def _rows(invoice: SalesInvoice) -> int:
    """A header, the lines, and the line of the VAT."""
    return len(invoice.lines) + 2


def billed_hours(invoice: SalesInvoice) -> list[TradeLine]:
    """The lines that bill hours."""
    return [line for line in invoice.lines if line.employee is not None and line.project is not None]
