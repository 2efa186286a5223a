"""Mapping a chunk: rows by the pack, neighbours of an unmappable record, damaged chunks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from exactbi.config.customer import load_customers
from exactbi.config.streams import StreamMapping, static_records, stream_mappings
from exactbi.messages import records
from exactbi.messages.records import FetchedRecord
from exactbi.messages.rows import DELETED, LIVE, UNMAPPABLE, MappedRow
from fakes.chunks import fetched, line, record, record_id
from transformer.map import DatasetMapping, salvaged

DATASET = load_customers(Path(__file__).parents[3] / "deploy/customers")["demo"].datasets[0]
MAPPINGS = stream_mappings(DATASET)


def mapping_of(stream: str) -> DatasetMapping:
    return DatasetMapping(1, 3, MAPPINGS[stream])


def rows_of(fields: dict[str, Any], stream: str = "TransactionLines") -> list[MappedRow]:
    mapped, refusals = mapping_of(stream).map(fetched([record("a", 5, fields)], stream), 7)
    assert refusals == []
    return mapped.records[0].rows


def attributes(row: MappedRow) -> dict[str, Any]:
    values: dict[str, Any] = json.loads("{" + row.attributes + "}")
    return values


def test_a_ledger_line_becomes_a_row() -> None:
    [row] = rows_of(line("a", YourRef='say "é"', VATCode="1  "))

    assert (row.table, row.ordinal, row.unit, row.key) == ("GL Lines", 0, record_id("entry"), None)
    assert row.additive == [12_345_600, 12_345_600, 0, 0, 0]
    assert attributes(row) == {
        "Company Key": "nl-100001",
        "Date": "2026-03-02T00:00:00",
        "Period Key": "nl-100001|2026-03",
        "GL Account Key": record_id("account"),
        "Cost Center Key": "nl-100001|A01",
        "Cost Unit Key": "(none)",
        "Relation Key": "(none)",
        "Project Key": "(none)",
        "Item Key": "(none)",
        "Journal Key": "nl-100001|70",
        "Transaction Type No": 20,
        "Entry Key": record_id("entry"),
        "Entry Number": 26700001,
        "Line Number": 1,
        "Description": "Invoice",
        "Your Reference": 'say "é"',
        "Status": "Processed",
        "Status No": 50,
        "Side Code": "D",
        "Amount Band": "< 10,000",
        "VAT Code": "1",
        "Currency": "EUR",
        "Exchange Rate": 1,
        "Entered On": "2026-03-02T00:00:00",
    }


@pytest.mark.parametrize(
    "fields",
    [
        line("a", Type=3000),
        line("a", GLAccount=None, AmountDC=0),
        line("a", GLAccount=None, AmountDC=None),
    ],
)
def test_a_budget_line_and_one_that_says_nothing_have_no_row(fields: dict[str, Any]) -> None:
    assert rows_of(fields) == []


def test_an_amount_keeps_every_digit_of_its_text() -> None:
    body = msgspec.json.encode(line("a")).replace(b'"AmountDC":1234.56', b'"AmountDC":900719925473.00005')

    mapped, _ = mapping_of("TransactionLines").map(fetched([record("a", 5, body)]), 7)

    assert mapped.records[0].rows[0].additive[0] == 9_007_199_254_730_001


def test_an_account_becomes_a_dimension_row_with_its_key() -> None:
    fields = {"ID": record_id("a").upper(), "Code": " 8000 ", "Description": "Omzet", "Type": 110, "BalanceType": "W"}

    [row] = rows_of(fields, "GLAccounts")

    values = attributes(row)
    assert (row.key, row.unit, row.additive) == (record_id("a"), record_id("a"), [])
    assert (values["GL Account"], values["Account Type"], values["Section No"]) == ("8000 Omzet", "Revenue", 10)
    assert (values["Is Control"], values["Is Blocked"]) == (False, False)
    assert "Side" not in values  # a blank is left out, never null


def test_a_cost_centre_is_known_by_its_code() -> None:
    [row] = rows_of({"ID": record_id("a"), "Code": "a01", "Description": None, "EndDate": None}, "Costcenters")

    assert row.key == "nl-100001|A01"
    assert attributes(row)["Cost Center"] == "a01"


def test_the_members_of_nothing_come_from_the_static_stream() -> None:
    chunk = fetched(
        [
            FetchedRecord(item.id, 4, False, None, msgspec.Raw(msgspec.json.encode(item.fields)))
            for item in static_records("demo", DATASET)
        ],
        "static",
        site="",
        division=0,
    )

    mapped, refusals = mapping_of("static").map(chunk, 7)

    assert refusals == []
    assert [(row.table, row.key) for entry in mapped.records for row in entry.rows] == [
        ("GL Accounts", "(none)"),
        ("Cost Centers", "(none)"),
    ]
    assert attributes(mapped.records[1].rows[0])["Description"] == "(no cost centre)"


def test_a_record_that_can_not_be_mapped_leaves_its_neighbours_alone() -> None:
    chunk = fetched(
        [
            record("good", 5, line("good"), parent="p"),
            record("bad", 6, line("bad", Date="yesterday's secret")),
            record("gone", 7, None),
            record("odd", 8, b'"text"'),
        ]
    )

    mapped, refusals = mapping_of("TransactionLines").map(chunk, 7)

    assert [(entry.state, entry.version, len(entry.rows)) for entry in mapped.records] == [
        (LIVE, 5, 1),
        (UNMAPPABLE, 6, 0),
        (DELETED, 7, 0),
        (UNMAPPABLE, 8, 0),
    ]
    assert (mapped.chunk, mapped.mapping_rev, mapped.records[0].parent) == (7, 3, "p")
    assert [refusal.record.version for refusal in refusals] == [6, 8]
    assert refusals[0].fields == "Date"
    assert refusals[0].why == "column 'Date' (from Date): a date is expected, not text of 18 characters"


@pytest.mark.parametrize(
    "bad", [b'{"AmountDC":1e99999999999999999999}', b'{"AmountDC":' + b"9" * 5000 + b"}", b'{"Description":"\\ud83d"}']
)
def test_a_number_beyond_all_numbers_and_half_a_character_are_their_record_s_own_trouble(bad: bytes) -> None:
    mapped, refusals = mapping_of("TransactionLines").map(
        fetched([record("bad", 5, bad), record("good", 6, line("good"))]), 7
    )

    assert [entry.state for entry in mapped.records] == [UNMAPPABLE, LIVE]
    assert refusals[0].why.startswith("the record can't be read: ")


def test_a_key_that_no_database_keeps_is_refused() -> None:
    mapped, refusals = mapping_of("Costcenters").map(
        fetched([record("bad", 5, {"ID": record_id("bad"), "Code": "A\0B", "Description": "x"})], "Costcenters"), 7
    )

    assert mapped.records[0].state == UNMAPPABLE
    assert "U+0000" in refusals[0].why


def test_a_mapping_without_tables_gives_no_rows() -> None:
    empty = DatasetMapping(1, 4, StreamMapping(dataset="exactbi", stream="TransactionLines", tables=()))

    mapped, refusals = empty.map(fetched([record("a", 5, line("a"))]), 7)

    assert (refusals, mapped.records[0].state, mapped.records[0].rows) == ([], LIVE, [])


def test_of_a_damaged_chunk_the_ids_are_saved() -> None:
    whole = records.encoder.encode(fetched([record("a", 5, line("a"))]))
    damaged = whole.replace(b'"fetched_at":"2026-11-24T12:00:00+00:00"', b'"fetched_at":17')

    saved = salvaged(damaged)

    assert saved is not None
    assert [(item.id, item.version) for item in saved.records] == [(record_id("a"), 5)]
    assert mapping_of("TransactionLines").unread(saved, 7).records[0].state == UNMAPPABLE


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"records":[["x",1]]}', b"\xff"])
def test_of_other_bytes_nothing_is_saved(value: bytes) -> None:
    assert salvaged(value) is None
