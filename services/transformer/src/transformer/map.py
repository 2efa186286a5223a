"""Mapping: one chunk of records in, all its rows in one dataset out. Pure: no state, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from exactbi.config.functions import company_key
from exactbi.config.program import Program, Unmappable, decoder
from exactbi.config.streams import StreamMapping
from exactbi.messages.records import FetchedRecord, RecordsFetched
from exactbi.messages.rows import DELETED, LIVE, UNMAPPABLE, MappedRecord, MappedRow, RowsMapped


@dataclass(frozen=True)
class Refusal:
    """A record that could not be mapped: why, and the fields that were read."""

    record: FetchedRecord
    fields: str
    why: str


class DatasetMapping:
    """One stream's active mapping for one dataset, compiled."""

    def __init__(self, dataset: int, rev: int, mapping: StreamMapping) -> None:
        self.dataset = dataset
        self.name = mapping.dataset
        self.rev = rev
        self._programs = tuple(Program(table) for table in mapping.tables)
        self._decode = decoder(self._programs).decode

    def map(self, fetched: RecordsFetched, chunk: int) -> tuple[RowsMapped, Sequence[Refusal]]:
        """All records' entries in the order of the chunk; what can't be mapped is an entry too, and a refusal."""
        refusals: list[Refusal] = []
        company = company_key(fetched.site, fetched.division)
        entries = [self._entry(record, fetched, company, refusals) for record in fetched.records]
        return self._mapped(fetched, chunk, entries), refusals

    def unread(self, fetched: RecordsFetched, chunk: int) -> RowsMapped:
        """The answer for a chunk of which only the records' ids can be read: all seen, none mapped."""
        entries = [MappedRecord(record.id, record.version, UNMAPPABLE, None, []) for record in fetched.records]
        return self._mapped(fetched, chunk, entries)

    def _entry(
        self, record: FetchedRecord, fetched: RecordsFetched, company: str, refusals: list[Refusal]
    ) -> MappedRecord:
        if record.deleted:
            return MappedRecord(record.id, record.version, DELETED, record.parent, [])
        try:
            rows = self._rows(self._decode(record.body), fetched, company)
        except Unmappable as unmappable:
            refusals.append(Refusal(record, unmappable.fields, str(unmappable)))
        except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError) as error:
            refusals.append(Refusal(record, "", f"the record can't be read: {error or type(error).__name__}"))
        else:
            return MappedRecord(record.id, record.version, LIVE, record.parent, rows)
        return MappedRecord(record.id, record.version, UNMAPPABLE, record.parent, [])

    def _rows(self, record: Any, fetched: RecordsFetched, company: str) -> list[MappedRow]:
        rows = []
        for program in self._programs:
            row = program.row(record, company, fetched.site, fetched.division)
            if row is None:
                continue
            mapped = MappedRow(program.table, 0, *row)
            if "\0" in mapped.unit or "\0" in (mapped.key or ""):
                raise Unmappable("key", "", "a key holds the character U+0000, which no database keeps")
            rows.append(mapped)
        return rows

    def _mapped(self, fetched: RecordsFetched, chunk: int, entries: list[MappedRecord]) -> RowsMapped:
        return RowsMapped(
            customer=fetched.customer,
            dataset=self.dataset,
            site=fetched.site,
            division=fetched.division,
            stream=fetched.stream,
            generation=fetched.generation,
            seen=fetched.seen,
            chunk=chunk,
            mapping_rev=self.rev,
            reference_rev=0,
            records=entries,
        )


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What a chunk says beside its records' bodies."""

    customer: str
    site: str
    division: int
    stream: str
    generation: int
    seen: int
    records: list[list[Any]]


def salvaged(value: bytes) -> RecordsFetched | None:
    """The envelope and the records' ids of a damaged chunk, without bodies; None where these can't be read."""
    try:
        envelope = msgspec.json.decode(value, type=Envelope)
        records = [_named(*record[:2]) for record in envelope.records]
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError, ValueError):
        return None
    return RecordsFetched(
        customer=envelope.customer,
        site=envelope.site,
        division=envelope.division,
        stream=envelope.stream,
        generation=envelope.generation,
        seen=envelope.seen,
        fetched_at="",
        call="",
        records=records,
    )


def _named(identity: str, version: int) -> FetchedRecord:
    return FetchedRecord(id=str(UUID(identity)), version=version, deleted=False, parent=None, body=msgspec.Raw(b"null"))


def alone(fetched: RecordsFetched, record: FetchedRecord) -> RecordsFetched:
    """One record of a chunk as a chunk of its own, as a failure keeps it."""
    return msgspec.structs.replace(fetched, records=[record])
