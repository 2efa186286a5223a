"""What a newcomer forgets: a stream that the Exact emulator does not have, a table that the oracle does not judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.exact.entities import RESOURCES
from exactbi.config.customer import load_customers
from exactbi.config.dataset import Table
from exactbi.exact_online.streams import STREAMS, Stream
from oracle.tables import TABLES

DEMO = Path(__file__).resolve().parents[3] / "deploy" / "customers"
PATHS = {resource.path: resource for resource in RESOURCES}
JUDGED = {table.name: table for table in TABLES}


def filled() -> list[Table]:
    """The tables of the demo's customer that records fill."""
    (customer,) = load_customers(DEMO).values()
    return [table for dataset in customer.datasets for table in dataset.tables if table.stream]


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
def test_the_emulator_has_every_address_and_field_of_a_stream(stream: Stream) -> None:
    resource = PATHS[stream.path]
    assert set(stream.fields) <= set(resource.fields)
    assert stream.id_field in resource.fields
    assert resource.entity.deleted_type == stream.deleted_entity_type or not stream.is_sync
    if stream.normal_path is not None:
        assert set(stream.fields) - {"Timestamp"} <= set(PATHS[stream.normal_path].fields)


def test_the_oracle_judges_exactly_the_tables_that_the_demo_fills() -> None:
    assert {table.name for table in filled()} == JUDGED.keys()


@pytest.mark.parametrize("table", filled(), ids=lambda table: table.name)
def test_the_oracle_judges_every_column_of_a_table(table: Table) -> None:
    judged = JUDGED[table.name]
    assert judged.mode == table.mode
    assert judged.entity == table.stream
    assert set(judged.attributes) == {column.name for column in table.columns if not column.additive}
    assert set(judged.amounts) == {column.name for column in table.columns if column.additive}
