"""Changes of sales invoices: written, edited, processed, credited, deleted before they are processed.

Header and lines are always written together, each under a rowversion of its own, in the sync stream and on the normal
endpoints. What is processed gets its entry in the ledger in the same commit; its amounts never change again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from emulators.books.documents import DRAFT, OPEN, PROCESSED, WHOLE, PurchaseInvoice, SalesInvoice
from emulators.books.volume import LAST_MONTH, days_of
from emulators.exact.change_hours import Hours
from emulators.exact.change_rows import NothingLeftError, Rows, Workplace
from emulators.exact.commits import Write
from emulators.exact.values import text

NAME: Final = "SalesInvoices"
ALL: Final = (NAME, "SalesInvoiceLines")
HEADERS: Final = "SalesInvoiceHeaders"
Post = Callable[[Any, SalesInvoice | PurchaseInvoice], list[Write]]
"""The ledger's part of a document that is processed: (division, document) -> writes."""
Made = tuple[str, list[Write]]


class Invoices:
    """Makes changes of sales invoices."""

    def __init__(self, rows: Rows, hours: Hours, post: Post) -> None:
        self._rows, self._dice, self._hours, self._post = rows, rows.dice, hours, post

    def change(self, place: Workplace, kind: str) -> Made:
        """(InvoiceID, writes); NothingLeftError when there is nothing to change."""
        if kind in ("create", "backdate"):
            return self._create(place, late=kind == "backdate")
        if kind == "delete":
            return self._delete(place)
        if kind == "edit" and self._dice.random() < 0.7:
            try:
                return self._go_on(place)
            except NothingLeftError:
                pass
        key = str(self._rows.one(NAME, place.code).parent)
        return key, self._again(place, key, refer=kind == "edit")

    def _create(self, place: Workplace, *, late: bool) -> Made:
        """Licences, hours, or a credit note; a late one is processed, and dated in the month before."""
        billing = place.operations.billing
        if not place.operations.relations.clients:
            raise NothingLeftError("the company has no clients")
        month = (LAST_MONTH[0], LAST_MONTH[1] - 1) if late else LAST_MONTH
        day, throw = self._dice.choice(days_of(*month)), self._dice.random()
        projects = [one for one in billing.pool.projects() if not one.internal]
        if throw < 0.3 and projects and not late:
            project = self._dice.choice(projects)
            invoice = billing.hours_of(project, day)
            self._hours.billed.add(project.id)
        elif throw < 0.5 and billing.recent and not late:
            invoice = billing.credit(day)
        else:
            invoice = billing.licence(day)
        invoice.created = self._rows.now()
        invoice.status = PROCESSED if late or invoice.credits else self._dice.choice([DRAFT, OPEN, PROCESSED])
        if invoice.status != DRAFT:
            invoice.number = billing.invoices.number()
        return invoice.id, self._settled(place, invoice)

    def _settled(self, place: Workplace, invoice: SalesInvoice) -> list[Write]:
        """The invoice's records, and those of its entry when it is processed."""
        billing = place.operations.billing
        writes = self._rows.written(place.code, place.ops_render.sales.records(invoice))
        if invoice.status == PROCESSED:
            billing.keep(invoice)
            return writes + self._post(place, invoice)
        billing.waiting[invoice.id] = invoice
        return writes

    def _waiting(self, place: Workplace) -> SalesInvoice:
        """A draft or an open invoice that is not under way."""
        held = self._rows.held()
        found = [one for one in place.operations.billing.waiting.values() if one.id not in held]
        if not found:
            raise NothingLeftError("no invoice waits to be processed")
        return self._dice.choice(found)

    def _go_on(self, place: Workplace) -> Made:
        """A draft gets another line, or becomes an open invoice; an open one is described anew, or processed."""
        invoice, billing = self._waiting(place), place.operations.billing
        invoice.modified = self._rows.now()
        further = self._dice.random() < 0.5
        if further:
            del billing.waiting[invoice.id]
            invoice.status = OPEN if invoice.status == DRAFT else PROCESSED
            invoice.number = billing.invoices.number() if invoice.number is None else invoice.number
        elif invoice.status == DRAFT:
            item = self._dice.choice(place.operations.catalogue.some("S")[2:])
            quantity = WHOLE * self._dice.randint(1, 40) * (200 if item.code == "L-API" else 1)
            billing.invoices.line(invoice, item, f"{item.description} extra", quantity, item.price)
        else:
            invoice.description = f"Gewijzigd {self._dice.randint(1, 99_999)}"
        return invoice.id, self._settled(place, invoice)

    def _delete(self, place: Workplace) -> Made:
        """A draft or open invoice goes; what it billed is unbilled again."""
        invoice, billing = self._waiting(place), place.operations.billing
        del billing.waiting[invoice.id]
        for line in invoice.lines:
            billing.pool.give_back(line)
        writes = []
        for name in ALL:
            writes += self._rows.removed(name, self._rows.of(name, place.code, parent=invoice.id))
        return invoice.id, writes + self._rows.removed(HEADERS, self._rows.of(HEADERS, place.code, key=invoice.id))

    def _again(self, place: Workplace, key: str, *, refer: bool) -> list[Write]:
        """All records of an invoice under new rowversions, with another reference if wanted."""
        reference = text(f"REF-{self._dice.randint(1, 99_999)}")
        writes: list[Write] = []
        for name in (*ALL, HEADERS):
            which = {"key": key} if name == HEADERS else {"parent": key}
            rows = self._rows.of(name, place.code, **which)
            if refer:
                writes += self._rows.edited(name, rows, {"YourRef": reference})
            else:
                writes += self._rows.restamped(name, rows)
        if refer and key in place.operations.billing.waiting:
            invoice = place.operations.billing.waiting[key]
            invoice.reference, invoice.modified = str(reference[1:-1]), self._rows.now()
        return writes
