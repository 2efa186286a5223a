"""The demo's dataset on both sides: as the oracle has it from Exact's records, and as Power BI's emulator holds it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from exactbi.config.customer import load_customers
from launcher.processes import PartError
from launcher.stack import Stack
from oracle.compare import Net, Verdict, compare, of_sink, of_source
from oracle.control_ports import exact_records, sink_rows
from oracle.tables import TABLES, Table

DATASET = "exactbi"
SITE = "nl"
STALL_S = 180.0
STALL_NOMINAL_S = 3_900.0
"""Nothing may happen for so long, shortened by the scale: replace tables wait for their window, hourly at most."""

PAUSE_S = 0.5
MONEY = ("debit", "credit")


class StalledError(Exception):
    """The two sides stayed different and nothing moved any more."""


def must_know_all(stack: Stack) -> None:
    """PartError where the customer has a table of records that the oracle can't judge: it would count as equal."""
    known = {table.name for table in TABLES}
    for customer in load_customers(stack.folder / "customers").values():
        for dataset in customer.datasets:
            unknown = sorted({table.name for table in dataset.tables if table.stream} - known)
            if unknown:
                raise PartError(
                    f"{dataset.name}: the oracle does not know {', '.join(unknown)} (tests/oracle/tables.py)"
                )


def replaced_every(stack: Stack) -> float:
    """Wall seconds between two replacements of a table that has no reversals."""
    customers = load_customers(stack.folder / "customers").values()
    return max(customer.schedules.replace_window for customer in customers) / stack.plan.world.scale


def source(stack: Stack) -> dict[str, Net]:
    """What every table should hold right now."""
    control = stack.exact.control.base
    return {table.name: of_source(table, table.rows(SITE, exact_records(control, table.entity))) for table in TABLES}


def verdicts(stack: Stack, wanted: Mapping[str, Net]) -> list[Verdict]:
    """Every table of the sink against `wanted`."""
    return [compare(table, wanted[table.name], _sink(stack, table)) for table in TABLES]


def held(stack: Stack) -> dict[str, int]:
    """How many rows each table of the sink has, reversals counted as rows."""
    datasets: dict[str, dict[str, int]] = stack.powerbi.control.get("/control/stats")["rows"]
    return {name: n for tables in datasets.values() if TABLES[0].name in tables for name, n in tables.items()}


def wait_until_equal(stack: Stack, wanted: Mapping[str, Net], look: Callable[[dict[str, int]], None]) -> list[Verdict]:
    """Look until every table is equal; StalledError where nothing moves any more. Starts again what has ended."""
    least = {name: net.rows for name, net in wanted.items()}
    before: object = None
    moved = time.monotonic()
    while True:
        stack.tend()
        rows = held(stack)
        look(rows)
        began = time.monotonic()
        if all(rows.get(name, 0) >= count for name, count in least.items()):
            found = verdicts(stack, wanted)
            if all(verdict.equal for verdict in found):
                return found
        if rows != before:
            before, moved = rows, time.monotonic()
        elif time.monotonic() - moved > STALL_S + STALL_NOMINAL_S / stack.plan.world.scale:
            raise StalledError(f"nothing has moved for {time.monotonic() - moved:.0f} s; rows in Power BI: {rows}")
        time.sleep(max(PAUSE_S, time.monotonic() - began))


def tables(found: list[Verdict]) -> list[dict[str, Any]]:
    """The tables as `exactbi.demo/1` has them: money as decimal text, differences as absolute sums."""
    return [
        {
            "table": verdict.table,
            "mode": verdict.mode,
            "source_rows": verdict.source_rows,
            "sink_rows": verdict.sink_rows,
            "controls": [
                *(
                    {
                        "name": one.name,
                        "source": shown(one.name, one.source),
                        "sink": shown(one.name, one.sink),
                        "difference": shown(one.name, one.difference),
                    }
                    for one in verdict.controls
                ),
                _rows_control(verdict),
            ],
        }
        for verdict in found
    ]


def _rows_control(verdict: Verdict) -> dict[str, str]:
    """Rows compared by all their columns: those that are missing, too many, or carry another amount."""
    off = verdict.lost + verdict.surplus + verdict.amounts_off
    return {"name": "rows", "source": str(verdict.source_rows), "sink": str(verdict.sink_rows), "difference": str(off)}


def shown(name: str, value: Decimal) -> str:
    """Money with at least two decimals, counts with none."""
    if name not in MONEY:
        return f"{value:.0f}"
    exact = value.normalize()
    return f"{exact:.2f}" if exact == round(exact, 2) else f"{exact:f}"


def _sink(stack: Stack, table: Table) -> Net:
    if table.name not in held(stack):
        raise PartError(f"powerbi-emulator: there is no table {table.name} in a dataset called {DATASET}")
    return of_sink(table, sink_rows(stack.powerbi.control.base, DATASET, table.name))
