"""What a dataset makes of each stream: the mapping that the transformer is given, its hash, and the static rows."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from typing import Final

import msgspec

from exactbi.config.dataset import Dataset, Scalar, Table
from exactbi.config.program import ColumnMapping, TableMapping
from exactbi.config.tables import ColumnSchema, DatasetSchema, MeasureSchema, RelationshipSchema, TableSchema
from exactbi.messages.failures import NAMESPACE

STATIC: Final = "static"
"""The pseudo-stream of rows that come from no record; its division is 0 of no site."""

MEANING: Final = 1
"""Raised when the same configuration comes to mean other rows, so that everything is mapped again."""


class StreamMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How the records of one stream become rows of one dataset: `mapping.configuration`."""

    dataset: str
    stream: str
    tables: tuple[TableMapping, ...]
    meaning: int = MEANING


encoder = msgspec.json.Encoder(order="deterministic")
decoder = msgspec.json.Decoder(StreamMapping)


def canonical_hash(mapping: StreamMapping) -> bytes:
    """The same for the same rows: what does not change a row's values is not in it."""
    return hashlib.sha256(encoder.encode(mapping)).digest()


def stream_mappings(dataset: Dataset) -> dict[str, StreamMapping]:
    """By stream, `static` included; tables in the dataset's order."""
    tables: dict[str, list[TableMapping]] = {}
    for table in dataset.tables:
        if table.stream is not None:
            tables.setdefault(table.stream, []).append(_mapping(table))
        if table.static:
            tables.setdefault(STATIC, []).append(_static_mapping(dataset.name, table))
    return {
        stream: StreamMapping(dataset=dataset.name, stream=stream, tables=tuple(of_stream))
        for stream, of_stream in tables.items()
    }


def schema(dataset: Dataset) -> DatasetSchema:
    """The dataset as the sink must have it."""
    return DatasetSchema(
        name=dataset.name,
        tables=tuple(_table_schema(dataset, table) for table in dataset.tables),
        relationships=tuple(RelationshipSchema(**relationship.model_dump()) for relationship in dataset.relationships),
    )


class StaticRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A static row as a record of the pseudo-stream."""

    id: str
    fields: dict[str, Scalar]


def static_records(customer: str, dataset: Dataset) -> Iterator[StaticRecord]:
    """A record for each static row of a dataset."""
    for table in dataset.tables:
        for number, row in enumerate(table.static):
            named = row.get(table.key) if table.key else number
            fields: dict[str, Scalar] = {"dataset": dataset.name, "table": table.name}
            fields |= {_field(name): value for name, value in row.items()}
            identity = uuid.uuid5(NAMESPACE, f"{STATIC}|{customer}|{dataset.name}|{table.name}|{named}")
            yield StaticRecord(id=str(identity), fields=fields)


def _mapping(table: Table) -> TableMapping:
    columns = tuple(
        ColumnMapping(name=column.name, type=column.type, source=column.source, additive=column.additive)
        for column in table.columns
        if column.source is not None
    )
    return TableMapping(name=table.name, columns=columns, key=table.key, unit=table.unit, only_when=table.only_when)


def _static_mapping(dataset: str, table: Table) -> TableMapping:
    columns = tuple(
        ColumnMapping(name=column.name, type=column.type, source=_field(column.name), additive=column.additive)
        for column in table.columns
    )
    where = f"dataset == {dataset!r} and table == {table.name!r}"
    return TableMapping(name=table.name, columns=columns, key=table.key, only_when=where)


def _field(column: str) -> str:
    """The name that a static record has for a column."""
    return "of_" + re.sub(r"[^A-Za-z0-9]", "_", column)


def _table_schema(dataset: Dataset, table: Table) -> TableSchema:
    return TableSchema(
        name=table.name,
        mode=table.mode,
        columns=tuple(
            ColumnSchema(
                name=column.name,
                type=column.type,
                additive=column.additive,
                hidden=column.hidden,
                format=column.format,
                sort_by=column.sort_by,
                data_category=column.data_category,
            )
            for column in table.columns
        ),
        key=table.key,
        control=table.control,
        hidden=table.hidden,
        measures=tuple(
            MeasureSchema(
                name=measure.name, expression=measure.expression, format=measure.format, hidden=measure.hidden
            )
            for measure in dataset.measures
            if measure.table == table.name
        ),
    )
