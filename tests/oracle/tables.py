"""A table that the oracle knows, and the tables of the ledger, which need no other records than their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from oracle import dimensions, ledger
from oracle.books import Books
from oracle.values import Record

Row = tuple[Any, ...]
"""A row's values in the order of its table's attributes, then of its amounts."""

Column = Callable[[Books, Record], Any]
"""A column's value for one record."""

Columns = Mapping[str, Column]


def _needs_books(_: str, __: Record) -> Row | None:
    raise LookupError("these rows need other records: bind the table to books first")


@dataclass(frozen=True)
class Table:
    """A table: where its rows come from, and how one record becomes a row (None: no row).

    `looks` replaces `row` where a row needs other records than its own; `made` gives rows that are no record's own.
    """

    name: str
    entity: str
    mode: str
    attributes: tuple[str, ...]
    amounts: tuple[str, ...]
    row: Callable[[str, Record], Row | None] = _needs_books
    static: tuple[Row, ...] = ()
    looks: Callable[[Books, Record], Row | None] | None = None
    made: Callable[[Books], Iterable[Row]] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of a row's values."""
        return self.attributes + self.amounts

    def rows(self, site: str, records: Iterable[Record]) -> Iterator[Row]:
        """Every row that the table must hold."""
        yield from self.static
        for record in records:
            row = self.row(site, record)
            if row is not None:
                yield row

    def on(self, books: Books) -> Table:
        """The same table with its lookups answered by these books, so that any version of a record can be mapped."""
        looks = self.looks
        return self if looks is None else replace(self, row=lambda _, record: looks(books, record))

    def of(self, books: Books) -> Iterator[Row]:
        """Every row that the table must hold, over all companies."""
        bound = self.on(books)
        yield from self.static
        for record in books[self.entity] if self.entity else ():
            row = bound.row(books.site(record), record)
            if row is not None:
                yield row
        if self.made is not None:
            yield from self.made(books)

    def named(self, books: Books) -> Iterator[dict[str, Any]]:
        """The same rows by column names."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.of(books))


def mapped(
    name: str,
    entity: str,
    columns: Columns,
    *,
    amounts: Columns | None = None,
    mode: str = "replace",
    only: Callable[[Books, Record], bool] | None = None,
    static: tuple[Row, ...] = (),
) -> Table:
    """A table of one row a record; `only` says which records have one."""
    added = amounts or {}
    every = (*columns.values(), *added.values())

    def row(books: Books, record: Record) -> Row | None:
        if only is not None and not only(books, record):
            return None
        return tuple(column(books, record) for column in every)

    return Table(name, entity, mode, tuple(columns), tuple(added), static=static, looks=row)


def fixed(
    name: str, attributes: tuple[str, ...], made: Callable[[Books], Iterable[Row]], amounts: tuple[str, ...] = ()
) -> Table:
    """A replaced table whose rows are no records' own."""
    return Table(name, "", "replace", attributes, amounts, made=made)


TABLES = (
    Table("GL Lines", "TransactionLines", "reversal", ledger.ATTRIBUTES, ledger.AMOUNTS, ledger.row),
    Table(
        "GL Accounts",
        "GLAccounts",
        "replace",
        dimensions.ACCOUNT_ATTRIBUTES,
        (),
        dimensions.account_row,
        (dimensions.NO_ACCOUNT,),
    ),
    Table(
        "Cost Centers",
        "Costcenters",
        "replace",
        dimensions.COST_CENTER_ATTRIBUTES,
        (),
        dimensions.cost_center_row,
        (dimensions.NO_COST_CENTER,),
    ),
)
"""The tables that the product loads today."""
