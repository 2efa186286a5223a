"""New entries of a company of the group as writes: its ledger lines, and the payment term that it makes."""

from __future__ import annotations

from emulators.books.documents import PurchaseInvoice, SalesInvoice
from emulators.books.model import Entry
from emulators.books.terms import term_of
from emulators.books.trading import purchase_entry, sales_entry
from emulators.exact.change_rows import Rows
from emulators.exact.commits import Write
from emulators.exact.division import Division
from emulators.exact.shapes import Rendered


class Postings:
    """Posts entries and documents of one site."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def of(self, division: Division, document: SalesInvoice | PurchaseInvoice) -> list[Write]:
        """The ledger's part of a processed document."""
        desk = division.books.keeper.desk
        make = sales_entry(desk, document) if isinstance(document, SalesInvoice) else purchase_entry(desk, document)
        return self.entry(division, make)

    def entry(self, division: Division, entry: Entry) -> list[Write]:
        """An entry's lines, and its term where it has one."""
        books = division.books
        lines = books.render.lines(entry)
        records: list[Rendered] = [("TransactionLines", key, entry.id, values) for key, values in lines]
        term = term_of(entry)
        if term is not None:
            records.append(books.terms.term(term))
        return self._rows.written(division.code, records)
