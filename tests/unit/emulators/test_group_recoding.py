"""A rename touches no fact; a cost centre's new code reaches those that hold the old one as the setting has it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from emulators.exact.commits import HOLDERS
from emulators.exact.entities import COST_CENTERS, ENTITIES
from emulators.exact.group_changes import GroupChanges
from emulators.exact.row import unpack
from emulators.exact.site import Site
from emulators.exact.values import guid_text, parsed
from emulators.faults import Faults
from fakes.exact_group import Books, Record, grouped, opened, period, read
from unit.emulators import group_trade

FACTS = (
    "TransactionLines", "PaymentTerms", "SalesInvoices", "PurchaseOrders", "TimeCostTransactions", "PurchaseInvoices",
    "PurchaseInvoiceLines", "ReportingBalance", "Budgets",
)  # fmt: skip
MASTERS = (
    "GLAccounts",
    "Costcenters",
    "Costunits",
    "Accounts",
    "Items",
    "Projects",
    "Employees",
    "Journals",
    "VATCodes",
)
Group = dict[int, Books]


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[list[Site]]:
    with opened(tmp_path, 1_000, 0) as made:
        yield made


@pytest.fixture
def changes(sites: list[Site]) -> GroupChanges:
    return GroupChanges(sites, Faults(), 5)


def now(sites: list[Site]) -> Group:
    return read(site.store for site in sites if site.divisions)


def facts(sites: list[Site]) -> dict[str, list[object]]:
    """Every fact with its rowversion, as it is stored."""
    held = [site for site in sites if site.divisions]
    return {name: [row for site in held for row in site.store.snapshot(ENTITIES[name])] for name in FACTS}


def in_use(sites: list[Site], name: str) -> set[tuple[int, str]]:
    """(division, code) of the cost centres that records of an entity hold."""
    at = ENTITIES[name].at(str(HOLDERS[ENTITIES[name]]))
    rows = [row for site in sites if site.divisions for row in site.store.snapshot(ENTITIES[name])]
    return {(division, parsed(unpack(body)[at]).upper()) for division, _, _, body in rows}


def codes(sites: list[Site]) -> dict[str, str]:
    """The codes of cost centres by id."""
    at = COST_CENTERS.at("Code")
    rows = [row for site in sites if site.divisions for row in site.store.snapshot(COST_CENTERS)]
    return {guid_text(key): parsed(unpack(body)[at]) for _, key, _, body in rows}


def recode(sites: list[Site], changes: GroupChanges, how: str, of: str = "TransactionLines") -> tuple[int, str, str]:
    """Give a cost centre that records of an entity hold another code: the division, the old code and the new one."""
    for site in sites:
        site.settings.recoding = how  # type: ignore[assignment]
    while True:
        used, before = in_use(sites, of), codes(sites)
        (change,) = changes.change("Costcenters", 1, ["recode"])
        old = before[change.key]
        if (change.division, old.upper()) in used:
            return change.division, old, codes(sites)[change.key]


def holding(books: Books, code: str) -> list[Record]:
    """The records that hold a cost centre's code, in any case."""
    return [
        record for entity, field in HOLDERS.items() for record in books.of[entity.name]
        if (record[str(field)] or "").upper() == code.upper()
    ]  # fmt: skip


def test_a_rename_touches_no_fact(sites: list[Site], changes: GroupChanges) -> None:
    before = facts(sites)
    for name in MASTERS:
        changes.change(name, 8, ["edit"])

        assert facts(sites) == before


def test_who_holds_a_cost_centre_is_known() -> None:
    assert {"TransactionLines", "SalesInvoices", "PurchaseOrders", "Budgets", "EmploymentOrganizations"} <= {
        entity.name for entity in HOLDERS
    }


def test_by_default_a_new_code_is_written_into_all_that_hold_the_old_one_and_stamps_them(
    sites: list[Site], changes: GroupChanges
) -> None:
    before, highest = now(sites), {site.name: site.versions.last for site in sites}
    division, old, new = recode(sites, changes, "stamped")
    books = now(sites)[division]
    site = next(one for one in sites if division in one.divisions)

    assert not holding(books, old)
    assert len(holding(books, new)) >= len(holding(before[division], old)) > 0
    touched = [line for line in books.lines if line["CostCenter"] == new]
    assert touched
    assert min(int(line["Timestamp"]) for line in touched) > highest[site.name]
    assert {line["ID"]: line["AmountDC"] for line in books.lines} == {
        line["ID"]: line["AmountDC"] for line in before[division].lines
    }


def test_silently_the_lines_hold_the_new_code_under_the_rowversion_that_they_had(
    sites: list[Site], changes: GroupChanges
) -> None:
    before = now(sites)
    division, old, new = recode(sites, changes, "silent")
    books = now(sites)[division]
    stamps = {line["ID"]: (line["Timestamp"], line["Modified"]) for line in before[division].lines}

    assert not holding(books, old)
    assert any(line["CostCenter"] == new for line in books.lines)
    assert {line["ID"]: (line["Timestamp"], line["Modified"]) for line in books.lines} == stamps


def test_kept_the_lines_hold_the_old_code_until_they_are_written(sites: list[Site], changes: GroupChanges) -> None:
    before = facts(sites)
    division, old, new = recode(sites, changes, "kept")

    assert facts(sites) == before
    site = next(one for one in sites if division in one.divisions)
    lines = ENTITIES["TransactionLines"]
    held = [
        row for row in site.store.rows(lines, division)
        if parsed(row.values[lines.at("CostCenter")]).upper() == old.upper()
    ]  # fmt: skip
    site.commits.commit([site.commits.put(lines, held[0])])
    codes_now = {line["ID"]: line["CostCenter"] or "" for line in now(sites)[division].lines}
    assert codes_now[held[0].id] == new
    assert {codes_now[row.id].upper() for row in held[1:]} <= {old.upper()}


def test_an_invoice_rises_as_a_whole_when_the_cost_centre_of_a_line_gets_a_new_code(
    sites: list[Site], changes: GroupChanges
) -> None:
    highest = {site.name: site.versions.last for site in sites}
    division, _, new = recode(sites, changes, "stamped", "SalesInvoices")
    site = next(one for one in sites if division in one.divisions)
    invoices = grouped(now([site])[division].of["SalesInvoices"], lambda row: row["InvoiceID"])
    touched = [rows for rows in invoices.values() if any(row["CostCenter"] == new for row in rows)]

    assert touched
    assert min(int(row["Timestamp"]) for rows in touched for row in rows) > highest[site.name]


@pytest.mark.parametrize("how", ["stamped", "silent"])
def test_balances_and_references_follow_and_what_comes_later_has_the_new_code(
    sites: list[Site], changes: GroupChanges, how: str
) -> None:
    done = [recode(sites, changes, how) for _ in range(3)]
    changes.change("TransactionLines", 60, ["create", "edit"])
    changes.change("SalesInvoices", 20, ["create", "process"])
    changes.change("PurchaseOrders", 10, ["create"])
    group = now(sites)
    for division, old, _ in done:
        assert not holding(group[division], old)
    for books in group.values():
        counted = grouped(
            (one for one in books.lines if one["GLAccount"]), lambda one: (*period(one), one["CostCenter"])
        )
        shown = grouped(
            books.of["ReportingBalance"],
            lambda one: (one["ReportingYear"], one["ReportingPeriod"], one["CostCenterCode"]),
        )
        assert {key: sum((one["Amount"] for one in rows), Decimal(0)) for key, rows in shown.items()} == {
            key: sum((Decimal(one["AmountDC"]) for one in rows), Decimal(0)) for key, rows in counted.items()
        }
        known = {one["Code"].strip().upper() for one in books.of["Costcenters"]}
        assert {(line["CostCenter"] or "").strip().upper() for line in books.lines} <= known | {""}
    group_trade.rows_of_a_document_rise_together(group)


def test_a_cost_centre_is_recoded_on_request_only(changes: GroupChanges) -> None:
    assert "recode" not in {change.kind for change in changes.change(COST_CENTERS.name, 60, None)}
