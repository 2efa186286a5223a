"""`exactbi verify`: whether Power BI holds what it should, asked of Power BI itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Protocol

import asyncpg
import typer

from exactbi.cli.controls import Control, KeysDiffer, Sums, Verified, differing, split, text
from exactbi.cli.frame import customer_of, database, emit, run, settings
from exactbi.cli.parts import power_bi
from exactbi.clock import SystemClock
from exactbi.config.customer import Customer, load_customers
from exactbi.config.tables import DatasetSchema, TableSchema, decoder
from exactbi.errors import EXIT_FINDING
from exactbi.power_bi import queries
from exactbi.power_bi.client import PowerBiClient

SINKS: Final = """
select s.id, d.id as dataset, d.name, d.customer, d.schema::text as schema, s.role, s.powerbi_dataset as powerbi
from sink s join dataset d on d.id = s.dataset where d.customer = $1 and d.active order by s.id"""
REPLACED: Final = "select tbl, raised_at from sink_table where sink = $1 and phase <> 'whole' and raised_at is not null"
WANTED: Final = """
select {key} as key, count(*) as rows {sums}
from row_wanted w join row_image i on i.image = w.image where w.dataset = $1 and w.tbl = $2 group by 1"""


class Asked(Protocol):
    """The sink, to be queried."""

    async def query(self, dataset: str, dax: str, /) -> list[dict[str, Any]]:
        """The rows that a query returns."""
        ...


async def verify(pool: asyncpg.Pool, asked: Asked, customer: str) -> list[Verified]:
    """Compare every table of a customer's datasets, as a whole and by each column of a relationship."""
    found = []
    for row in await pool.fetch(SINKS, customer):
        schema = decoder.decode(row["schema"])
        tables = [table for table in schema.tables if table.mode != "measures"]
        replaced = {table["tbl"]: table["raised_at"] for table in await pool.fetch(REPLACED, row["id"])}
        for table in tables:
            verified = await _table(pool, asked, row, schema, table)
            found.append(dataclasses.replace(verified, replaced_since=replaced.get(table.name)))
    return found


async def _table(
    pool: asyncpg.Pool, asked: Asked, sink: asyncpg.Record, schema: DatasetSchema, table: TableSchema
) -> Verified:
    none = (0,) * (1 + len(table.additive))
    wanted = (await _wanted(pool, sink["dataset"], table, None)).get("", none)
    if sink["powerbi"] is None:
        return Verified(table.name, table.additive, wanted, none)
    held = (await _held(asked, sink["powerbi"], table, None)).get("", none)
    parts: tuple[Control, ...] = ()
    found: list[KeysDiffer] = []
    columns = {link.from_column for link in schema.relationships if link.from_table == table.name}
    if table.control is not None:
        columns.add(table.control)
    for column in sorted(columns):
        ours = await _wanted(pool, sink["dataset"], table, column)
        theirs = await _held(asked, sink["powerbi"], table, column)
        found += differing(column, ours, theirs, len(none))
        if column == table.control:
            parts = split(column, table.additive[0], ours, theirs)
    return Verified(table.name, table.additive, wanted, held, parts, tuple(found))


async def _wanted(pool: asyncpg.Pool, dataset: int, table: TableSchema, column: str | None) -> dict[str, Sums]:
    key = "''" if column is None else "coalesce(('{' || i.attributes || '}')::json ->> $3, '')"
    sums = "".join(f", coalesce(sum(i.additive[{n}]), 0)" for n in range(1, len(table.additive) + 1))
    arguments = (dataset, table.name) if column is None else (dataset, table.name, column)
    rows = await pool.fetch(WANTED.format(key=key, sums=sums), *arguments)
    return _collected([(row["key"], tuple(int(value) for value in row[1:])) for row in rows])


async def _held(asked: Asked, powerbi: str, table: TableSchema, column: str | None) -> dict[str, Sums]:
    if column is None:
        rows = await asked.query(powerbi, queries.controls(table.name, table.additive))
    else:
        rows = await asked.query(powerbi, queries.controls_by(table.name, column, table.additive))
    held = _collected([(_key(row, table.name, column), _sums(row, table.additive)) for row in rows])
    return {key: sums for key, sums in held.items() if any(sums) or column is None}


def _collected(found: Sequence[tuple[str, Sums]]) -> dict[str, Sums]:
    """By key, keys that DAX takes to be the same as one."""
    sums: dict[str, Sums] = {}
    for key, more in found:
        known = sums.get(_alike(key), (0,) * len(more))
        sums[_alike(key)] = tuple(a + b for a, b in zip(known, more, strict=True))
    return sums


def _key(row: Mapping[str, Any], table: str, column: str | None) -> str:
    value = "" if column is None else row[f"{table}[{column}]"]
    return "" if value is None else str(value)


def _sums(row: Mapping[str, Any], additive: Sequence[str]) -> Sums:
    return (queries.whole_number(row, "[rows]"), *(queries.units(row, f"[{name}]") for name in additive))


def _alike(key: str) -> str:
    """Keys as both sides write them: a DateTime may come with or without its fraction; case does not tell in DAX."""
    return key.removesuffix("Z").removesuffix(".000").upper()


async def _verify(customers: Mapping[str, Customer]) -> list[Verified]:
    client = PowerBiClient(SystemClock())
    try:
        async with database() as pool:
            found: list[Verified] = []
            for customer in customers.values():
                found += await verify(pool, power_bi(pool, customer, client), customer.id)
            return found
    finally:
        await client.aclose()


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("verify")
    def verify_(customer: Annotated[str | None, typer.Option(help="Only this customer.")] = None) -> None:
        """Compare the wanted rows with what Power BI says it holds; status 1 where anything differs."""
        customers = load_customers(settings().customers)
        chosen = customers if customer is None else {customer: customer_of(customer)}
        tables = run(_verify(chosen))
        emit({"tables": [table.fields() for table in tables]}, "\n".join(map(text, tables)))
        if not all(table.ok for table in tables):
            raise typer.Exit(EXIT_FINDING)
