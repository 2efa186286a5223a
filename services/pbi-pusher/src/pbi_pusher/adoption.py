"""Batches in the sink that the books don't know: written down as void, with their items as the sink returns them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from exactbi.power_bi import queries
from pbi_pusher.batches import MAX_ITEMS, State
from pbi_pusher.books import Connection, Table
from pbi_pusher.statements import GIVE_UP

FILLER: Final = 0
"""The row and the image of a position between two items that are not in the sink: void, so never expected."""

_IMAGES: Final = """
insert into row_image (attributes, additive, chunk, ordinal, mapping_rev)
values ($1, $2, 0, 0, 0) returning image"""
_BATCH: Final = """
insert into push_batch (id, sink, tbl, epoch, kind, state, size, row_ids, images, signs, first_ord, sums)
values ($1, $2, $3, $4, 'content', $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing"""


async def adopt(connection: Connection, table: Table, number: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write an unknown batch down; the next census finds its items to be surplus and counters them.

    A table whose unknown batch makes no sense is to be given up.
    """
    by_ord = {queries.whole_number(row, _key(table, "_ord")): row for row in rows}
    if not by_ord:
        return
    first, last = min(by_ord), max(by_ord)
    if last - first >= MAX_ITEMS:
        await connection.execute(GIVE_UP, table.sink, table.name, f"batch {number} is not one of ours")
        return
    row_ids, images, signs = [], [], []
    for position in range(first, last + 1):
        row = by_ord.get(position)
        row_ids.append(FILLER if row is None else queries.whole_number(row, _key(table, "_row")))
        signs.append(1 if row is None or queries.whole_number(row, _key(table, "_sign")) >= 0 else -1)
        images.append(FILLER if row is None else await _image(connection, table, row, signs[-1]))
    sums = [0] * (2 + len(table.additive))
    await connection.execute(
        _BATCH,
        *(number, table.sink, table.name, table.epoch, State.VOID, len(row_ids), row_ids, images, signs, first, sums),
    )


async def _image(connection: Connection, table: Table, row: Mapping[str, Any], sign: int) -> int:
    """The image of an item: its values without its sign; blank ones are left out, as a mapping does."""
    values = {name: row.get(_key(table, name)) for name in table.columns}
    members = [f"{json.dumps(name)}:{_text(value)}" for name, value in values.items() if value is not None]
    additive = [sign * queries.units(row, _key(table, name)) for name in table.additive]
    image: int = await connection.fetchval(_IMAGES, ",".join(members), additive)
    return image


def _key(table: Table, column: str) -> str:
    return f"{table.name}[{column}]"


def _text(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
