"""The tables that the oracle knows, and their rows from Exact's records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from oracle import dimensions, ledger
from oracle.values import Record

Row = tuple[Any, ...]
"""A row's values in the order of its table's attributes, then of its amounts."""


@dataclass(frozen=True)
class Table:
    """A table: where its rows come from, and how one record becomes a row (None: no row)."""

    name: str
    entity: str
    mode: str
    attributes: tuple[str, ...]
    amounts: tuple[str, ...]
    row: Callable[[str, Record], Row | None]
    static: tuple[Row, ...] = ()

    def rows(self, site: str, records: Iterable[Record]) -> Iterator[Row]:
        """Every row that the table must hold."""
        yield from self.static
        for record in records:
            row = self.row(site, record)
            if row is not None:
                yield row


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
