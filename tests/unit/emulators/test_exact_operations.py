"""Operational documents as Exact's records: shapes, signs, and values that fit their types."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from decimal import Decimal
from functools import cache
from typing import Any

from emulators.books.operations import Operations
from emulators.books.plain import GROUP
from emulators.exact.entities import ENTITIES
from emulators.exact.ops_render import OpsRender

RECORDS = 1_500
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INTEGERS = {"Byte", "Int16", "Int32"}

Record = dict[str, Any]


@cache
def rendered() -> dict[str, list[Record]]:
    """Every record of the group by entity."""
    found: dict[str, list[Record]] = defaultdict(list)
    for firm in GROUP:
        operations = Operations(firm, GROUP, RECORDS)
        render = OpsRender(firm, operations)
        rows = list(render.masters())
        for year, month in firm.months:
            rows += [row for document in operations.month(year, month) for row in render.document(document)]
        for name, _, _, values in rows:
            read = [json.loads(value, parse_float=Decimal, parse_int=Decimal) for value in values]
            found[name].append(dict(zip(ENTITIES[name].fields, read, strict=True)))
    return found


def by(name: str, field: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for record in rendered()[name]:
        found[record[field]].append(record)
    return found


def fits(kind: str, value: object) -> bool:
    if kind == "Guid":
        return isinstance(value, str) and GUID.fullmatch(value) is not None
    if kind == "DateTime":
        return isinstance(value, str) and re.fullmatch(r"/Date\(-?\d+\)/", value) is not None
    if kind in INTEGERS:
        return isinstance(value, Decimal) and value == int(value)
    wanted: dict[str, type] = {"String": str, "Boolean": bool, "Double": Decimal}
    return isinstance(value, wanted[kind])


def test_every_value_fits_its_type() -> None:
    for name, records in rendered().items():
        kinds = ENTITIES[name].fields
        wrong = {
            (name, field, str(value))
            for record in records for field, value in record.items()
            if value is not None and not fits(kinds[field], value)
        }  # fmt: skip
        assert not wrong


def test_every_record_has_its_key_and_no_two_share_one() -> None:
    for name, records in rendered().items():
        keys = [record[ENTITIES[name].key] for record in records]
        assert None not in keys
        assert len(set(keys)) == len(keys)


def test_the_sync_stream_has_the_opposite_sign_and_the_normal_endpoint_neither_header_nor_vat_rows() -> None:
    normal = {record["InvoiceID"]: record for record in rendered()["SalesInvoiceHeaders"]}
    lines = {record["ID"]: record for record in rendered()["SalesInvoiceLines"]}
    for key, rows in by("SalesInvoices", "InvoiceID").items():
        header = next(row for row in rows if row["LineNumber"] == 0)
        assert header["ID"] not in (key, *lines)
        assert (header["AmountDC"] < 0) == (header["Type"] == 8020)
        assert header["AmountDC"] == -normal[key]["AmountDC"]
        assert header["VATAmountFC"] == -normal[key]["VATAmountFC"]
        for row in (row for row in rows if 0 < row["LineNumber"] < 9000):
            assert (row["AmountFC"], row["Quantity"]) == (-lines[row["ID"]]["AmountFC"], -lines[row["ID"]]["Quantity"])
            assert row["UnitPrice"] >= 0
            del lines[row["ID"]]
    assert not lines


def test_an_invoice_adds_up_header_lines_and_vat_rows() -> None:
    seen = set()
    for rows in by("SalesInvoices", "InvoiceID").values():
        header, *rest = sorted(rows, key=lambda row: row["LineNumber"])
        for amount in ("AmountDC", "AmountFC"):
            assert header[amount] == sum(row[amount] for row in rest)
        assert header["VATAmountDC"] == sum(row["AmountDC"] for row in rest if row["LineNumber"] >= 9000)
        seen |= {row["LineNumber"] for row in rest if row["LineNumber"] >= 9000}
    assert {9999, 9998} <= seen


def test_the_rows_of_a_line_carry_the_header_and_its_rows_only_their_own_amounts() -> None:
    for rows in by("SalesInvoices", "InvoiceID").values():
        for field in ("InvoiceDate", "InvoiceTo", "Status", "Type", "InvoiceNumber", "Currency", "DueDate", "Modified"):
            assert len({row[field] for row in rows}) == 1


def test_discounts_are_between_unit_price_and_net_price_and_add_up_in_the_header() -> None:
    given: dict[str, Decimal] = defaultdict(Decimal)
    for line in rendered()["SalesInvoiceLines"]:
        assert abs(line["NetPrice"] - line["UnitPrice"] * (1 - line["Discount"])) < Decimal("0.000002")
        whole = line["Quantity"] * (line["UnitPrice"] - line["NetPrice"])
        given[line["InvoiceID"]] += whole if line["Discount"] else 0
    assert any(given.values())
    for header in rendered()["SalesInvoiceHeaders"]:
        if header["Currency"] == "EUR":
            assert abs(header["AmountDiscountExclVat"] - given[header["InvoiceID"]]) < Decimal("0.05")


def test_foreign_invoices_are_in_dollars_and_converted() -> None:
    dollars = [row for row in rendered()["SalesInvoices"] if row["Currency"] == "USD" and row["LineNumber"] == 0]
    assert dollars
    assert all(row["AmountDC"] != row["AmountFC"] for row in dollars)


def test_an_order_has_its_code_beside_the_guid_of_a_cost_centre_in_sync_and_the_code_alone_elsewhere() -> None:
    lines = {record["ID"]: record for record in rendered()["PurchaseOrderLines"]}
    rows = [row for row in rendered()["PurchaseOrders"] if row["LineNumber"] > 0]
    assert {row["ID"] for row in rows} == set(lines)
    assert any(row["CostCenterCode"] for row in rows)
    for row in rows:
        assert row["CostCenterCode"] == lines[row["ID"]]["CostCenter"]
        assert (row["CostCenter"] is None) == (row["CostCenterCode"] is None)


def test_time_and_costs_name_their_part_under_both_names() -> None:
    for record in rendered()["TimeCostTransactions"]:
        own = "Activity" if record["Type"] == 1 else "Expense"
        assert record[own] == record["WBS"]
    assert any(record["Project"] is None and record["Account"] for record in rendered()["TimeCostTransactions"])


def test_what_others_refer_to_exists_but_for_two_known_orphans() -> None:
    targets = ("Accounts", "Items", "Projects", "ProjectWBS", "Employees")
    ids = {name: {record["ID"] for record in rendered()[name]} for name in targets}
    wanted = {
        "TimeCostTransactions": {"Item": "Items", "Project": "Projects", "WBS": "ProjectWBS", "Employee": "Employees"},
        "SalesInvoices": {"InvoiceTo": "Accounts", "Item": "Items", "Project": "Projects", "ProjectWBS": "ProjectWBS"},
        "PurchaseOrders": {"Supplier": "Accounts", "Item": "Items", "Project": "Projects"},
        "PurchaseInvoiceLines": {"Item": "Items", "Project": "Projects"},
        "Projects": {"Account": "Accounts"}, "ProjectWBS": {"Project": "Projects", "PartOf": "ProjectWBS"},
        "EmploymentInternalRates": {"Employee": "Employees"},
    }  # fmt: skip
    missing: set[str] = set()
    for name, fields in wanted.items():
        for field, target in fields.items():
            missing |= {row[field] for row in rendered()[name]} - {None} - ids[target]
    assert missing == {item.id for item in Operations(GROUP[0], GROUP, RECORDS).catalogue.gone}


def test_an_invoice_deleted_before_it_was_processed_is_in_the_delete_log_alone() -> None:
    gone = {record["EntityKey"] for record in rendered()["Deleted"]}
    assert gone
    assert not gone & {row["ID"] for row in rendered()["SalesInvoices"]}
