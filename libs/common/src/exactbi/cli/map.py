"""`exactbi map`: what the customer's file would make of stored records, before it is activated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
import typer

from exactbi.cli.frame import customer_of, database, emit, one_of, run
from exactbi.config.customer import Customer
from exactbi.config.functions import company_key
from exactbi.config.program import Program, Unmappable, decoder
from exactbi.config.streams import STATIC, StreamMapping, stream_mappings
from exactbi.messages import records
from exactbi.messages.packing import unpack
from exactbi.messages.records import FetchedRecord, RecordsFetched

CHUNKS: Final = """
select value from outbox where topic = 'raw-records' and headers ->> 'customer' = $1 and headers ->> 'stream' = $2
order by id desc limit $3"""
MOST_SAMPLES: Final = 1_000


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("map")
    def map_command(
        sample: Annotated[
            int, typer.Option("--sample", help="So many records of each stream.", min=1, max=MOST_SAMPLES)
        ] = 5,
        stream: Annotated[str, typer.Option("--stream", help="Only this one.")] = "",
        customer: Annotated[str, typer.Option("--customer", help="Where there are several.")] = "",
    ) -> None:
        """Map the newest stored records of each stream by the customer's file; nothing is written."""
        chosen = customer_of(customer or None)
        if stream:
            one_of(stream, {*chosen.streams, STATIC}, "stream of this customer's")
        found = run(samples(chosen, stream, sample))
        refused = sum("why" in entry for entry in found)
        lines = [f"{entry['table']}  {entry['record']}  {entry.get('why') or entry['row']}" for entry in found]
        emit({"ok": refused == 0, "refused": refused, "samples": found}, "\n".join(lines))
        if refused:
            raise typer.Exit(1)


async def samples(customer: Customer, stream: str, count: int) -> list[dict[str, Any]]:
    """A row, or why there is none, for each record and table; records that a table leaves out are not listed."""
    found: list[dict[str, Any]] = []
    async with database() as pool:
        for dataset in customer.datasets:
            for name, mapping in stream_mappings(dataset).items():
                if stream in ("", name):
                    rows = await pool.fetch(CHUNKS, customer.id, name, count)
                    chunks = (records.decoder.decode(unpack(row["value"])) for row in rows)
                    found.extend(mapped(mapping, chunks, count))
    return found


def mapped(mapping: StreamMapping, chunks: Iterator[RecordsFetched], count: int) -> Iterator[dict[str, Any]]:
    """The first `count` records of the chunks through one stream's mapping."""
    programs = [Program(table) for table in mapping.tables]
    fields = decoder(programs)
    live = ((chunk, record) for chunk in chunks for record in chunk.records if not record.deleted)
    for (chunk, record), _ in zip(live, range(count), strict=False):
        for program in programs:
            entry = _entry(program, fields, chunk, record)
            if entry is not None:
                yield {"dataset": mapping.dataset, "table": program.table, "record": record.id, **entry}


def _entry(
    program: Program, fields: msgspec.json.Decoder[Any], chunk: RecordsFetched, record: FetchedRecord
) -> dict[str, Any] | None:
    company = company_key(chunk.site, chunk.division)
    try:
        row = program.row(fields.decode(record.body), company, chunk.site, chunk.division)
    except Unmappable as unmappable:
        return {"why": str(unmappable)}
    if row is None:
        return None
    attributes, additive, unit, key = row
    return {"row": msgspec.json.decode("{" + attributes + "}"), "units": additive, "unit": unit, "key": key}
