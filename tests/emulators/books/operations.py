"""The operational side of one company: its master data, and a stream of documents month by month."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from emulators.books.billing import Billing
from emulators.books.buying import Buying
from emulators.books.catalogue import Item, catalogue
from emulators.books.documents import WHOLE, CostEntry, Document, SalesInvoice, TimeEntry
from emulators.books.firm import Firm
from emulators.books.hours import Timesheets
from emulators.books.intercompany import Charge, charges
from emulators.books.known import Known
from emulators.books.parties import Party, parties
from emulators.books.projects import Project, another, lending, projects
from emulators.books.staff import staff
from emulators.books.volume import days_of, volume

_DAY: Final = 8 * WHOLE
_ROWS_OF_AN_INVOICE: Final = 8


class Operations:
    """One company's work. `records` counts operational records over the whole group: hours, costs, rows of invoices
    and orders. Deterministic; companies don't need each other's state."""

    def __init__(self, firm: Firm, firms: Sequence[Firm], records: int) -> None:
        self.firm, self.volume = firm, volume(records, firms)
        self.relations = parties(firm, firms, self.volume.growth)
        self.catalogue = catalogue(firm)
        first = bool(self.volume.trading) and self.volume.trading[0].key == firm.key
        self.employees = staff(firm, self.volume.employees(firm), first=first)
        count, items = self.volume.projects(firm), self.catalogue
        self.projects = projects(firm, count, self.relations.clients, self.employees, items)
        self._lent: dict[str, Project] = {}
        if first:
            for partner in self.relations.partners:
                self._lent[str(partner.partner)] = lending(firm, partner, len(self.projects), self.employees, items)
                self.projects.append(self._lent[str(partner.partner)])
        self.known = Known(self.employees, [*self.items, *items.gone], self.projects)
        self._partners = {str(one.partner): one for one in self.relations.partners}
        self.timesheets = Timesheets(firm, self.employees, self.projects, items)
        self.billing = Billing(firm, self.relations.clients, self.projects, self.employees, items)
        self.buying = Buying(firm, self.relations.suppliers, self.projects, self.employees, items)

    @property
    def parties(self) -> list[Party]:
        return self.relations.all

    @property
    def items(self) -> list[Item]:
        return self.catalogue.all

    @property
    def months(self) -> list[tuple[int, int]]:
        """The months that have documents."""
        return self.volume.months(self.firm)

    def new_project(self, dice: random.Random) -> Project:
        """Another project, of one of the clients; it has hours from now on."""
        clients = [one for one in self.relations.clients if not one.blocked and one.weight > 0]
        clients = [one for one in clients if one.currency in ("EUR", self.firm.currency)]
        number = 1 + max(one.number for one in self.projects)
        project = another(self.firm, number, clients, self.employees, self.catalogue, dice)
        project.end = None
        self.projects.append(project)
        self.known.add(project)
        return project

    def unbilled(self, project: Project) -> int:
        """The value in units of a project's approved hours of time and material that no invoice has billed."""
        return self.billing.pool.hours_of(project)

    def month(self, year: int, month: int) -> Iterator[Document]:
        """The documents of a month; months in calendar order, each once. A month without any yields nothing."""
        if (year, month) not in self.months:
            return
        rows = self.volume.month(self.firm)
        yield from self.billing.month(year, month, rows.sales)
        for entry in self.timesheets.month(year, month, rows):
            self.billing.pool.add(entry)
            yield entry
        yield from self.buying.month(year, month, rows.orders, 1 + rows.sales // _ROWS_OF_AN_INVOICE)
        for charge in charges(self.volume, year, month):
            if charge.seller == self.firm.key:
                yield from self._charged(charge)
            elif charge.buyer == self.firm.key:
                yield self._received(charge)

    def _charged(self, charge: Charge) -> Iterator[SalesInvoice | TimeEntry | CostEntry]:
        """The seller's side; lent hours are written down first, eight a day."""
        made = self.billing.invoices
        invoice = made.new(self._partners[charge.buyer], charge.day, charge.lines[0].description)
        invoice.journal, invoice.intercompany = self.firm.journal("intercompany_sales"), True
        invoice.number, invoice.reference, invoice.order_number = charge.number, str(charge.number), None
        for one in charge.lines:
            item, project = self.catalogue.items[one.item], self._lent.get(charge.buyer)
            line = made.line(invoice, item, one.description, one.quantity, one.price)
            if one.employee is None or project is None:
                continue
            line.employee, line.project, line.wbs = self.employees[one.employee], project, project.wbs[1]
            line.cost_center = line.employee.cost_center
            yield from self._hours(charge, project, one.employee, one.quantity, one.price)
        yield invoice

    def _hours(self, charge: Charge, project: Project, at: int, quantity: int, price: int) -> Iterator[TimeEntry]:
        days: list[date] = days_of(charge.day.year, charge.day.month)
        for n in range(0, quantity, _DAY):
            day = days[n // _DAY]
            yield self.timesheets.lent(day, project, self.employees[at], min(_DAY, quantity - n), price)

    def _received(self, charge: Charge) -> Document:
        """The buyer's side: the same lines at the same amounts."""
        currency = next(one.currency for one in self.volume.firms if one.key == charge.seller)
        invoice = self.buying.of_partner(self._partners[charge.seller], charge.day, charge.number, currency)
        for one in charge.lines:
            self.buying.mirrored(invoice, self.catalogue.items[one.item], one.description, one.quantity, one.price)
        return invoice
