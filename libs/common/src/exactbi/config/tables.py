"""What `dataset.schema` holds: the tables of a dataset as the sink must have them, without their mapping."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

ColumnType = Literal["Int64", "Double", "Boolean", "DateTime", "String", "Decimal"]
"""Power BI's types of push columns. DateTime is at 00:00:00 and has no zone; Decimal has scale 4."""

Mode = Literal["reversal", "replace", "measures"]
"""How a table's rows change; a `measures` table has no rows, one hidden column and the measures."""

TECHNICAL_COLUMNS: Final = ("_row", "_batch", "_ord", "_sign")
"""Hidden Int64 columns that delivery adds to every reversal and replace table; not in `ColumnSchema`s."""


class ColumnSchema(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A column. Additive ones are Decimal, negated by a reversal, and kept in units of 0.0001."""

    name: str
    type: ColumnType
    additive: bool = False
    hidden: bool = False
    format: str | None = None
    sort_by: str | None = None
    data_category: str | None = None


class MeasureSchema(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A measure: DAX that survives reversal rows."""

    name: str
    expression: str
    format: str | None = None
    hidden: bool = False


class TableSchema(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A table. `key` is the dimension key's column, in replace tables.

    `control`: the column by which the first additive column's sum proves something, as debit and credit do in a ledger.
    """

    name: str
    mode: Mode
    columns: tuple[ColumnSchema, ...]
    key: str | None = None
    control: str | None = None
    hidden: bool = False
    measures: tuple[MeasureSchema, ...] = ()

    @property
    def additive(self) -> tuple[str, ...]:
        """The additive columns, in the order of `MappedRow.additive`."""
        return tuple(column.name for column in self.columns if column.additive)


class RelationshipSchema(msgspec.Struct, frozen=True, kw_only=True):
    """Many to one, one direction."""

    name: str
    from_table: str
    from_column: str
    to_table: str
    to_column: str


class DatasetSchema(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset: every table that it will ever have, since none can be added later."""

    name: str
    tables: tuple[TableSchema, ...]
    relationships: tuple[RelationshipSchema, ...] = ()

    def table(self, name: str) -> TableSchema:
        """The table of that name; KeyError for another."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)


encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(DatasetSchema)
