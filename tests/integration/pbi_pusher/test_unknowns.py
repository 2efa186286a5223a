"""What no document says of Power BI, in each position: rows arrive once, or people are told why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from exactbi.config.tables import ColumnSchema, encoder
from exactbi.errors import ExactbiError
from fakes.emulated_power_bi import EmulatedPowerBi
from fakes.sink import ACCOUNTS, LINES, SCHEMA, Bench, Books
from launcher.vendors import Emulator

POSITIONS: list[dict[str, Any]] = [
    {"destructive_put": "clear"},
    {"destructive_put": "keep"},
    {"additive_put": "clear"},
    {"sequence_numbers": "kept once"},
    {"sequence_numbers": "refused twice"},
    {"null_values": "refuse"},
    {"long_text": "cut", "long_decimal": "round"},
    {"zoned_datetime": "as written"},
    {"zoned_datetime": "refuse"},
    {"push_refresh": "accept"},
    {"pending_posts": 1, "pending_status": 503},
    {"posts_a_second": 0, "refused_calls_count": True},
    {"writer": "Member", "role": "Member"},
    {"delete_lag_s": 0.1},
    {"delete_lag_s": 0.6},
    {"create_status": 202, "put_status": 201},
    {"duplicate_keys": "accept"},
    {"moments_equal": "nothing"},
    {"dates_clear": "none"},
]
SHUT: list[tuple[dict[str, Any], str]] = [
    ({"creation": False}, "PBI_REFUSED"),
    ({"columns_per": "dataset"}, "PBI_REFUSED"),
    ({"writer": "Member"}, "PBI_FORBIDDEN"),
]


@pytest.fixture
def side(emulator: Emulator) -> Iterator[EmulatedPowerBi]:
    built = EmulatedPowerBi(emulator)
    built.forget()
    defaults = built.settings()
    yield built
    built.set(**defaults)
    built.close()


@pytest.mark.parametrize("position", POSITIONS, ids=str)
async def test_rows_arrive_once_in_each_position(
    bench: Bench, books: Books, side: EmulatedPowerBi, position: dict[str, Any]
) -> None:
    side.set(**position)
    side.faults = [None, "lost", None, "partial"]
    await books.want(LINES, {"a": "one", "b": "two"})
    await books.want(ACCOUNTS, {"k": "kas", "l": "lening"})
    async with bench.delivery(side) as delivery:
        await bench.settle(side, delivery)
        await books.want(LINES, {"a": "een", "b": None, "c": "x" * 3_000})
        await books.want(ACCOUNTS, {"k": "Kas", "m": "meer"})
        await bench.settle(side, delivery)
    wider = (*SCHEMA.tables[0].columns, ColumnSchema(name="More", type="Int64"))
    lines = msgspec.structs.replace(SCHEMA.tables[0], columns=wider)
    schema = type(SCHEMA)(name=SCHEMA.name, tables=(lines, *SCHEMA.tables[1:]))
    await bench.pool.execute("update dataset set schema = $1", encoder.encode(schema).decode())
    async with bench.delivery(side) as delivery:
        await books.want(LINES, {"d": "vier"})
        await bench.settle(side, delivery)


@pytest.mark.parametrize(("position", "code"), SHUT, ids=str)
async def test_a_position_that_lets_no_dataset_come_into_being_is_told(
    bench: Bench, books: Books, side: EmulatedPowerBi, position: dict[str, Any], code: str
) -> None:
    side.set(**position)
    wide = tuple(ColumnSchema(name=f"C{n}", type="String") for n in range(70))
    lines = msgspec.structs.replace(SCHEMA.tables[0], columns=(*SCHEMA.tables[0].columns[:2], *wide))
    schema = type(SCHEMA)(name=SCHEMA.name, tables=(lines, *SCHEMA.tables[1:]))
    await bench.pool.execute("update dataset set schema = $1", encoder.encode(schema).decode())
    with pytest.raises(ExactbiError) as told:
        async with bench.delivery(side):
            pass

    assert told.value.code.name == code
