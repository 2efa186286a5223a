"""`RowsMapped` on rows: for each record of a chunk its version and all its rows in one dataset."""

from __future__ import annotations

from typing import Final

import msgspec

LIVE: Final = 0
DELETED: Final = 1
UNMAPPABLE: Final = 2


class MappedRow(msgspec.Struct, frozen=True, array_like=True):
    """One wanted row.

    `attributes` is the row's JSON members as they are sent, without braces (`"Code":"4000","Is Blocked":false`);
    what is blank is left out.
    `additive` holds the additive columns in the table's order, in units of 0.0001.
    `unit` names what should arrive together (an entry, an invoice); `key` is the dimension key, else None.
    """

    table: str
    ordinal: int
    attributes: str
    additive: list[int]
    unit: str
    key: str | None


class MappedRecord(msgspec.Struct, frozen=True, array_like=True):
    """One record's entry: state is LIVE (with all its rows), DELETED or UNMAPPABLE (both without)."""

    id: str
    version: int
    state: int
    parent: str | None
    rows: list[MappedRow]


class RowsMapped(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk, mapped for one dataset. Without records it still says that the chunk holds nothing for the dataset."""

    version: int = 1
    customer: str
    dataset: int
    site: str
    division: int
    stream: str
    generation: int
    seen: int
    chunk: int
    mapping_rev: int
    reference_rev: int
    records: list[MappedRecord]


encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(RowsMapped)
