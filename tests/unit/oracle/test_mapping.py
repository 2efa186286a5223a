"""The oracle's own mapping, on records written by hand and on every record of the small books."""

from __future__ import annotations

import ast
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emulators.exact.truth import records, truth
from fakes.exact_emulator import Twin
from oracle.compare import compare, of_sink, of_source
from oracle.tables import TABLES, Table
from oracle.values import amount, code_key, day, text

LINES, ACCOUNTS, CENTERS = TABLES
ZERO = Decimal(0)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Every record of the small books, as the control port gives them."""
    twin = Twin.opened(tmp_path_factory.mktemp("books"))
    found = {
        table.entity: [json.loads(line, parse_float=Decimal) for line in records(twin.site.store, table.entity, "nl")]
        for table in TABLES
    }
    found["truth"] = [truth(twin.site.store, 0)]
    twin.site.store.close()
    return found


def named(table: Table, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(zip(table.attributes + table.amounts, row, strict=True)) for row in table.rows("nl", records)]


def as_posted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"_sign": 1} for row in rows]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0.30000000000000004", "0.3"), ("33.333333", "33.3333"), ("12.00005", "12.0001"), ("-12.00005", "-12.0001"),
        ("1E-05", "0"), ("-4E-05", "0"), ("-0.0", "0"), ("1.25E3", "1250"), ("5E-05", "0.0001"),
    ],
)  # fmt: skip
def test_amounts_round_half_up_away_from_zero(sent: str, kept: str) -> None:
    assert amount(Decimal(sent)) == Decimal(kept)


def test_nothing_is_an_amount_of_zero() -> None:
    assert amount(None) == ZERO


def test_texts_are_cut_by_code_points() -> None:
    assert text("🚀" * 200, 200) == "🚀" * 200
    assert text("🚀" * 201, 200) == "🚀" * 199 + "…"


def test_dates_are_the_day_of_the_wall_clock() -> None:
    assert day("/Date(1761445800000)/") == "2025-10-26T00:00:00"
    assert day("/Date(-1)/") == "1969-12-31T00:00:00"
    assert day(None) is None


def test_codes_are_compared_without_case_and_blanks() -> None:
    assert code_key("nl", {"Division": 1}, " k10 ") == "nl-1|K10"
    assert code_key("nl", {"Division": 1}, "  ") == code_key("nl", {"Division": 1}, None) == "(none)"


def test_budgets_and_empty_lines_without_account_are_no_postings(books: dict[str, list[dict[str, Any]]]) -> None:
    lines = books["TransactionLines"]
    rows = named(LINES, lines)
    budgets = [line for line in lines if line["Type"] == 3000]
    empty = [line for line in lines if line["GLAccount"] is None]

    assert (len(budgets), len(empty)) == (2, 1)
    assert len(rows) == len(lines) - len(budgets) - len(empty)


def test_the_ledger_adds_up_to_zero_and_to_the_truth(books: dict[str, list[dict[str, Any]]]) -> None:
    rows = named(LINES, books["TransactionLines"])
    budget = sum((amount(line["AmountDC"]) for line in books["TransactionLines"] if line["Type"] == 3000), ZERO)
    debit = sum((max(Decimal(one["debit"]), ZERO) for one in books["truth"][0]["sums"]), ZERO)
    ours = sum((row["_Amount"] for row in rows if row["Side Code"] == "D"), ZERO)

    assert sum((row["_Amount"] for row in rows), ZERO) == budget == ZERO
    assert sum(one["lines"] for one in books["truth"][0]["sums"]) == len(books["TransactionLines"])
    assert abs(debit - ours) < sum(abs(line["AmountDC"]) for line in books["TransactionLines"] if line["Type"] == 3000)


def test_every_key_of_a_line_has_its_row_in_the_dimension(books: dict[str, list[dict[str, Any]]]) -> None:
    rows = named(LINES, books["TransactionLines"])
    accounts = {row["GL Account Key"] for row in named(ACCOUNTS, books["GLAccounts"])}
    centers = {row["Cost Center Key"] for row in named(CENTERS, books["Costcenters"])}

    assert {row["GL Account Key"] for row in rows} <= accounts
    assert {row["Cost Center Key"] for row in rows} <= centers
    assert all(len(row["Description"] or "") <= 200 for row in rows)


def test_dimensions_have_one_row_a_key_and_one_for_nothing(books: dict[str, list[dict[str, Any]]]) -> None:
    for table, entity in ((ACCOUNTS, "GLAccounts"), (CENTERS, "Costcenters")):
        keys = [row[0] for row in table.rows("nl", books[entity])]
        assert len(keys) == len(set(keys)) == len(books[entity]) + 1
        assert "(none)" in keys


def test_a_table_equals_itself_and_any_difference_shows(books: dict[str, list[dict[str, Any]]]) -> None:
    rows = named(LINES, books["TransactionLines"])
    source = of_source(LINES, LINES.rows("nl", books["TransactionLines"]))
    moved = [rows[0] | {"Cost Center Key": "nl-100001|X"}, *rows[1:]]
    cent = [rows[0] | {"_Amount": rows[0]["_Amount"] + Decimal("0.01")}, *rows[1:]]

    assert compare(LINES, source, of_sink(LINES, as_posted(rows))).equal
    assert compare(LINES, source, of_sink(LINES, as_posted(moved))).lost == 1
    assert compare(LINES, source, of_sink(LINES, as_posted(rows[1:]))).lost == 1
    assert compare(LINES, source, of_sink(LINES, as_posted([*rows, rows[0]]))).surplus == 1
    assert compare(LINES, source, of_sink(LINES, as_posted(cent))).amounts_off == 1
    assert not compare(LINES, source, of_sink(LINES, as_posted(cent))).equal


def test_a_whole_entry_that_is_missing_shows_in_the_controls_though_it_sums_to_zero(
    books: dict[str, list[dict[str, Any]]],
) -> None:
    rows = named(LINES, books["TransactionLines"])
    entry = rows[20]["Entry Key"]
    source = of_source(LINES, LINES.rows("nl", books["TransactionLines"]))
    found = compare(LINES, source, of_sink(LINES, as_posted([row for row in rows if row["Entry Key"] != entry])))

    assert all(control.difference > 0 for control in found.controls)
    assert {control.name for control in found.controls} == {"debit", "credit", "lines", "entries"}


def test_a_reversal_and_its_row_cancel(books: dict[str, list[dict[str, Any]]]) -> None:
    rows = named(LINES, books["TransactionLines"])
    source = of_source(LINES, LINES.rows("nl", books["TransactionLines"]))
    wrong = rows[0] | {"Description": "before"}
    away = wrong | {name: -wrong[name] for name in LINES.amounts} | {"_sign": -1}

    assert compare(LINES, source, of_sink(LINES, [*as_posted([*rows, wrong]), away])).equal


@pytest.mark.parametrize(
    ("column", "there", "here", "equal"),
    [
        ("Exchange Rate", Decimal("1.0"), 1, True), ("Exchange Rate", Decimal("-0.0"), 0, True),
        ("Line Number", 9000, Decimal("9E3"), True), ("Line Number", -1, -2, False),
        ("Your Reference", "1", 1, False), ("Your Reference", "", None, False), ("Your Reference", "a ", "a", False),
        ("_Amount", Decimal("1.50"), Decimal("1.5"), True), ("_Amount", Decimal("1.5"), Decimal("1.50001"), False),
    ],
)  # fmt: skip
def test_numbers_are_compared_by_value_and_texts_as_they_are(
    books: dict[str, list[dict[str, Any]]], column: str, there: Any, here: Any, equal: bool
) -> None:
    row = named(LINES, books["TransactionLines"])[0]
    source = of_source(LINES, [tuple((row | {column: there}).values())])

    assert compare(LINES, source, of_sink(LINES, as_posted([row | {column: here}]))).equal is equal


def test_the_oracle_reads_nothing_of_the_product_nor_of_the_emulators() -> None:
    read: set[str] = set()
    for file in (Path(__file__).parents[2] / "oracle").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                read |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                read.add((node.module or "").split(".")[0])

    assert read - set(sys.stdlib_module_names) == {"oracle", "httpx"}
