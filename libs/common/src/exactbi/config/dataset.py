"""A dataset as configured: tables with the expressions that fill them, measures and relationships."""

from __future__ import annotations

from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exactbi.config.tables import ColumnType, Mode

Scalar = str | int | bool | None
"""What a static row may hold."""

HELD: Final[dict[str, type]] = {
    "Int64": int,
    "Double": int,
    "Decimal": int,
    "Boolean": bool,
    "DateTime": str,
    "String": str,
}
"""By a column's type, that of a static row's value."""


class Part(BaseModel):
    """A piece of configuration: unknown names are refused, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Part):
    """A column, and the expression over the record's fields that gives its value."""

    name: str = Field(min_length=1, max_length=100)
    type: ColumnType
    source: str | None = None
    additive: bool = False
    hidden: bool = False
    format: str | None = None
    sort_by: str | None = None
    data_category: str | None = None

    @model_validator(mode="after")
    def _additive_columns_are_decimals(self) -> Self:
        if self.additive and self.type != "Decimal":
            raise ValueError("an additive column is Decimal: binary fractions do not cancel")
        return self


class Table(Part):
    """A table. Without a stream only its static rows fill it; a measures table has none.

    `only_when`: an expression; records for which it is false have no row. `unit`: an expression that names what
    should arrive together. `parent`: a field that names the record's parent. `static`: rows that come from no record.
    `control`: a column with few values, by which `exactbi verify` splits the sum of the first additive column.
    """

    name: str = Field(min_length=1, max_length=100)
    mode: Mode
    stream: str | None = None
    hidden: bool = False
    columns: tuple[Column, ...] = Field(min_length=1)
    key: str | None = None
    control: str | None = None
    unit: str | None = None
    only_when: str | None = None
    static: tuple[dict[str, Scalar], ...] = ()

    @model_validator(mode="after")
    def _columns_fit_the_mode(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError("two columns have the same name")
        if self.key is not None and self.key not in names:
            raise ValueError(f"the key column {self.key!r} is not one of the columns")
        if self.control is not None and (self.control not in names or not any(c.additive for c in self.columns)):
            raise ValueError(f"the control {self.control!r} is not one of the columns, or no column is additive")
        if (self.mode == "replace") != (self.key is not None):
            raise ValueError("replace tables, and only these, name a key column")
        if self.mode == "reversal" and self.unit is None:
            raise ValueError("a reversal table names the unit that its rows arrive in")
        if self.mode == "measures" and (self.stream is not None or self.static):
            raise ValueError("a measures table has no rows")
        if self.stream is not None and any(column.source is None for column in self.columns):
            raise ValueError("each column of a table that a stream fills has a source")
        return self

    @model_validator(mode="after")
    def _static_rows_fit_the_columns(self) -> Self:
        types = {column.name: column.type for column in self.columns}
        keys: set[str] = set()
        for row in self.static:
            if row.keys() - types.keys():
                raise ValueError(f"a static row has unknown columns: {sorted(row.keys() - types.keys())}")
            for name, value in row.items():
                if value is not None and type(value) is not HELD[types[name]]:
                    raise ValueError(f"a static row's {name!r} is no {types[name]}: {value!r}")
            if self.key is None:
                continue
            key = row.get(self.key)
            if key is None or str(key).casefold() in keys:
                raise ValueError(f"each static row needs a {self.key!r} of its own, not {key!r}")
            keys.add(str(key).casefold())
        return self


class Measure(Part):
    """A measure, and the measures table that shows it."""

    name: str = Field(min_length=1)
    table: str
    expression: str = Field(min_length=1)
    format: str | None = None
    hidden: bool = False


class Relationship(Part):
    """Many (`from`) to one (`to`), one direction."""

    name: str
    from_table: str
    from_column: str
    to_table: str
    to_column: str


class Dataset(Part):
    """A push dataset with all its tables."""

    name: str = Field(min_length=1)
    tables: tuple[Table, ...]
    measures: tuple[Measure, ...] = ()
    relationships: tuple[Relationship, ...] = ()

    @model_validator(mode="after")
    def _names_lead_somewhere(self) -> Self:
        columns = {table.name: {column.name for column in table.columns} for table in self.tables}
        if len(columns) < len(self.tables):
            raise ValueError("two tables have the same name")
        for measure in self.measures:
            if measure.table not in columns:
                raise ValueError(f"measure {measure.name!r} is in an unknown table {measure.table!r}")
        for relationship in self.relationships:
            for table, column in (
                (relationship.from_table, relationship.from_column),
                (relationship.to_table, relationship.to_column),
            ):
                if column not in columns.get(table, ()):
                    raise ValueError(
                        f"relationship {relationship.name!r} names an unknown column {table!r}[{column!r}]"
                    )
        return self

    @property
    def streams(self) -> frozenset[str]:
        """The streams that fill its tables."""
        return frozenset(table.stream for table in self.tables if table.stream is not None)
