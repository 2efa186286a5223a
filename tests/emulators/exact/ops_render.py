"""The operational side of a company as Exact's records: master data first, then each document's."""

from __future__ import annotations

from collections.abc import Iterator

from emulators.books.billing import terms
from emulators.books.documents import Document, PurchaseInvoice, PurchaseOrder, SalesInvoice
from emulators.books.firm import Firm
from emulators.books.operations import Operations
from emulators.exact.render_masters import MasterRender
from emulators.exact.render_projects import ProjectRender
from emulators.exact.render_purchases import PurchaseRender
from emulators.exact.render_sales import SalesRender
from emulators.exact.render_staff import StaffRender
from emulators.exact.shapes import Rendered


class OpsRender:
    """Renders everything of one company's operations. Timestamps are left to whoever stores the records."""

    def __init__(self, firm: Firm, operations: Operations) -> None:
        self._firm, self._operations = firm, operations
        self.entities, self.staff = MasterRender(firm), StaffRender(firm)
        self.projects, self.sales, self.purchases = ProjectRender(firm), SalesRender(firm), PurchaseRender(firm)

    def masters(self) -> Iterator[Rendered]:
        """Relations, items, people, projects with their breakdown and terms."""
        operations = self._operations
        people = operations.employees
        for at, party in enumerate(operations.parties):
            manager = people[at % len(people)] if people and at % 3 else None
            yield self.entities.party(party, (manager.id, manager.name) if manager else None)
        yield from self.entities.fixed(operations.catalogue)
        yield from map(self.entities.item, operations.items)
        for one in people:
            yield from self.staff.records(one)
        yield from self.projects.classes()
        for project in operations.projects:
            yield self.projects.project(project)
            yield from map(self.projects.part, project.wbs)
            yield from map(self.projects.term, terms(self._firm, project))

    def document(self, document: Document) -> Iterator[Rendered]:
        """A document's records; purchase invoices only where the purchase module is used."""
        if isinstance(document, SalesInvoice):
            yield from self.sales.records(document)
        elif isinstance(document, PurchaseOrder):
            yield from self.purchases.order(document)
        elif isinstance(document, PurchaseInvoice):
            if self._firm.module:
                yield from self.purchases.invoice(document)
        else:
            yield from self.projects.entry(document)
