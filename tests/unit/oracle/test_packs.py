"""All packs together: which tables there are, that their keys meet, the ledger's proof, and comparing other facts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from fakes.exact_records import at, books, but, record
from oracle import findings
from oracle.books import Books
from oracle.compare import compare, of_sink, of_source
from oracle.packs import ALL, PACKS
from oracle.tables import TABLES

RELATED = {
    "GL Lines": 11, "Open Items": 5, "Budget Lines": 5, "Ledger Proof": 2, "Sales Invoices": 5,
    "Sales Invoice Lines": 11, "Purchase Order Lines": 8, "Purchase Invoice Lines": 8, "Time and Cost Entries": 8,
    "Project Time Cost": 4,
}  # fmt: skip
"""How many relationships each fact has."""


def test_the_packs_have_every_fact_dimension_and_helper_that_comes_from_records() -> None:
    dimensions = {
        "Companies", "Calendar", "Due Calendar", "Fiscal Periods", "GL Accounts", "Cost Centers", "Cost Units",
        "Journals", "Transaction Types", "Relations", "Items", "Projects", "Project WBS", "Employees",
    }  # fmt: skip

    assert set(PACKS) == {"finance", "sales", "purchasing", "projects"}
    assert set(ALL) == set(RELATED) | dimensions | {"Ageing Buckets", "Model State"}
    assert sum(RELATED.values()) == 67


def test_what_the_product_loads_today_stays_as_it_is() -> None:
    assert [table.name for table in TABLES] == ["GL Lines", "GL Accounts", "Cost Centers"]
    assert set(TABLES[1].attributes) < set(ALL["GL Accounts"].attributes)
    assert TABLES[2].attributes == ALL["Cost Centers"].attributes


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_row_of_a_table_has_a_value_for_each_column_once(name: str) -> None:
    table = ALL[name]

    assert len(set(table.columns)) == len(table.columns)
    assert all(len(row) == len(table.columns) for row in table.of(books()))


@pytest.mark.parametrize(("name", "count"), sorted(RELATED.items()))
def test_a_fact_has_a_column_for_each_relationship(name: str, count: int) -> None:
    assert len(findings.related_columns(name)) == count


def test_facts_negate_their_amounts_and_replaced_tables_have_none_to_negate() -> None:
    replaced = {name for name, table in ALL.items() if table.mode == "replace"}

    assert {name for name in RELATED if name not in replaced} == set(RELATED) - {"Budget Lines", "Ledger Proof"}
    assert all(ALL[name].amounts for name in set(RELATED) - replaced)


LINES = [
    record(FinancialYear=2026, FinancialPeriod=1, GLAccount="a", AmountDC="=121.00005", Type=20, EntryID="e"),
    record(FinancialYear=2026, FinancialPeriod=1, GLAccount="b", AmountDC="=-121.00005", Type=20, EntryID="e"),
    record(FinancialYear=2026, FinancialPeriod=1, GLAccount="b", AmountDC="=50", Type=3000, EntryID="f"),
]


def balance(debit: str, credit: str, lines: int, **fields: Any) -> Any:
    shared = {"ReportingYear": 2026, "ReportingPeriod": 1, "AmountDebit": debit, "AmountCredit": credit, "Count": lines}
    return record(**shared | {"Type": 20} | fields)


def test_the_ledgers_proof_shows_both_sides_and_leaves_budgets_out() -> None:
    balances = [balance("=121.00005", "=0", 1), balance("=0", "=121.00005", 1), balance("=50", "=0", 1, Type=3000)]
    (row,) = ALL["Ledger Proof"].named(books(TransactionLines=LINES, ReportingBalance=balances))

    assert (row["Debit Exact"], row["Debit Here"]) == (Decimal("121.0001"), Decimal("121.0001"))
    assert (row["Lines Exact"], row["Lines Here"], row["Difference"]) == (2, 2, 0)
    assert row["Period Key"] == "nl-100001|2026-01"


def test_a_missing_line_or_a_period_without_lines_shows_as_a_difference() -> None:
    balances = [balance("=121", "=121", 2), balance("=10", "=10", 2, ReportingPeriod=2)]
    first, second = ALL["Ledger Proof"].named(books(TransactionLines=LINES[:1], ReportingBalance=balances))

    assert first["Difference"] == Decimal("121.0001")
    assert (second["Lines Exact"], second["Lines Here"], second["Difference"]) == (2, 0, 20)


def term(amount: str, **fields: Any) -> Any:
    return record(ID="t", LineType=20, AmountDC=amount, InvoiceDate=at(2026, 1, 31), **fields)


def test_other_facts_are_compared_by_their_amounts_for_each_company() -> None:
    table = ALL["Open Items"]
    known = books(PaymentTerms=[term("=121", EntryNumber=1), term("=60", EntryNumber=2)])
    posted = [row | {"_sign": 1} for row in table.named(known)]
    swapped = [posted[0] | {"_Amount": Decimal(60)}, posted[1] | {"_Amount": Decimal(121)}]
    source = of_source(table, table.of(known))

    assert compare(table, source, of_sink(table, posted)).equal
    assert compare(table, source, of_sink(table, swapped)).amounts_off == 2
    lost = compare(table, source, of_sink(table, posted[:1]))
    assert {one.name: one.difference for one in lost.controls} == {
        "_Amount": 60, "_Amount FC": 0, "_Discount": 0, "_Amount Days": 0,
    }  # fmt: skip


def test_keys_without_a_row_values_that_lost_decimals_and_unknown_types_are_counted() -> None:
    lines = [but(LINES[0], Type=777, CostCenter="K1"), but(LINES[1], CostCenter="K9", Account="who")]
    known = books(
        TransactionLines=lines, GLAccounts=[], Costcenters=[record(Code="k1")], PaymentTerms=[term("=33.333333")]
    )

    assert findings.unmatched(known)["nl-100001"]["Cost Center Key"] == {"nl-100001|K9"}
    assert findings.unmatched(known)["nl-100001"]["Relation Key"] == {"who"}
    assert findings.rounded_values(known) == {"TransactionLines": 2, "PaymentTerms": 1}


@contextmanager
def port(answers: dict[str, list[dict[str, Any]]], failure: int = 404) -> Iterator[str]:
    """A control port that has these records and refuses all others."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lines = answers.get(self.path.rsplit("/", 1)[-1])
            self.send_response(failure if lines is None else 200)
            self.end_headers()
            self.wfile.write("".join(json.dumps(one) + "\n" for one in lines or []).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_books_are_read_from_a_control_port_with_exact_fractions() -> None:
    answers = {"Projects": [{"ID": "P", "Division": 100001, "BudgetedCosts": 0.1}]}
    with port(answers) as control:
        known = Books.at_port(control, [{"site": "nl", "code": 100001}])
        (project,) = known["Projects"]

    assert project["BudgetedCosts"] == Decimal("0.1")
    assert known.company(project) == "nl-100001"


def test_an_entity_that_the_emulator_does_not_keep_is_empty_but_a_failure_is_none_of_that() -> None:
    with port({}) as control:
        assert list(Books.at_port(control, [])["Projects"]) == []
    with port({}, failure=500) as control, pytest.raises(httpx.HTTPStatusError):
        Books.at_port(control, [])["Projects"]


def test_rows_that_need_other_records_ask_for_books() -> None:
    with pytest.raises(LookupError):
        ALL["Relations"].row("nl", record(ID="a"))
