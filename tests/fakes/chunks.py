"""Builders of chunks, as the poller writes them, and of their mapped rows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from exactbi.messages.records import FetchedRecord, RecordsFetched
from exactbi.messages.rows import DELETED, LIVE, UNMAPPABLE, MappedRecord, MappedRow, RowsMapped


def record_id(name: str) -> str:
    """A GUID for a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def fetched(
    records: Sequence[FetchedRecord], stream: str = "TransactionLines", generation: int = 1, **changes: Any
) -> RecordsFetched:
    """A chunk of the demo's division."""
    return RecordsFetched(
        **{
            "customer": "demo",
            "site": "nl",
            "division": 100001,
            "stream": stream,
            "generation": generation,
            "seen": generation,
            "fetched_at": "2026-11-24T12:00:00+00:00",
            "call": "call-1",
            "records": list(records),
            **changes,
        }
    )


def record(
    name: str, version: int, fields: Mapping[str, Any] | bytes | None, parent: str | None = None
) -> FetchedRecord:
    """One record of that name; deleted where it has no fields."""
    body = fields if isinstance(fields, bytes) else msgspec.json.encode(fields)
    return FetchedRecord(
        id=record_id(name), version=version, deleted=fields is None, parent=parent, body=msgspec.Raw(body)
    )


def line(name: str, **changes: Any) -> dict[str, Any]:
    """The fields of a ledger line, as Exact has them."""
    return {
        "ID": record_id(name),
        "Date": "/Date(1772409600000)/",
        "FinancialYear": 2026,
        "FinancialPeriod": 3,
        "GLAccount": record_id("account"),
        "CostCenter": "a01 ",
        "Type": 20,
        "EntryID": record_id("entry"),
        "EntryNumber": 26700001,
        "LineNumber": 1,
        "Description": "Invoice",
        "JournalCode": "70",
        "Status": 50,
        "AmountDC": 1234.56,
        "AmountFC": 1234.56,
        "Currency": "EUR",
        "ExchangeRate": 1,
        "Created": "/Date(1772412345000)/",
        **changes,
    }


def mapped(
    records: Sequence[MappedRecord],
    *,
    chunk: int,
    dataset: int = 1,
    generation: int = 1,
    seen: int | None = None,
    mapping_rev: int = 1,
    stream: str = "TransactionLines",
) -> RowsMapped:
    """A chunk of mapped rows of the demo's division."""
    return RowsMapped(
        customer="demo",
        dataset=dataset,
        site="nl",
        division=100001,
        stream=stream,
        generation=generation,
        seen=generation if seen is None else seen,
        chunk=chunk,
        mapping_rev=mapping_rev,
        reference_rev=0,
        records=list(records),
    )


def live(name: str, version: int, *values: str, parent: str | None = None) -> MappedRecord:
    """A record with a row for each value."""
    rows = [
        MappedRow("GL Lines", ordinal, f'"Description":"{value}"', [len(value) * 10_000], "unit", None)
        for ordinal, value in enumerate(values)
    ]
    return MappedRecord(record_id(name), version, LIVE, record_id(parent) if parent else None, rows)


def deleted(name: str, version: int) -> MappedRecord:
    """A record that is gone."""
    return MappedRecord(record_id(name), version, DELETED, None, [])


def unmappable(name: str, version: int, parent: str | None = None) -> MappedRecord:
    """A record that was seen but can't be mapped."""
    return MappedRecord(record_id(name), version, UNMAPPABLE, record_id(parent) if parent else None, [])
