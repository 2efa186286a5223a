"""What must hold of the group's operational records, on the seed, read from the emulator's records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from emulators.books.hours import LONG_NOTE
from emulators.exact.group_seed import GroupPlan, Kept, fill_site
from emulators.exact.seed import Rowversions
from emulators.exact.store import Store
from fakes.exact_group import Books, read
from unit.emulators import group_trade as holds

SIZE = 5_000
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp()


@dataclass
class Group:
    """The records of the group, and the companies that made them."""

    books: dict[int, Books]
    kept: dict[int, Kept]

    @property
    def unbilled(self) -> dict[str, Decimal]:
        made = [one.keeper.operations for one in self.kept.values()]
        return {
            project.id: Decimal(one.unbilled(project)) / 10_000 for one in made for project in one.projects
        }  # fmt: skip


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    folder, stores = tmp_path_factory.mktemp("group"), []
    kept: dict[int, Kept] = {}
    for site in ("nl", "be", "de"):
        store = Store(folder / f"{site}.sqlite")
        kept |= fill_site(store, Rowversions(7), site, GroupPlan(7, SIZE), NOW)
        store.index()
        stores.append(store)
    yield Group(read(stores), kept)
    for store in stores:
        store.close()


def test_processed_invoices_have_one_entry_alike_in_net_vat_and_gross_and_others_have_none(group: Group) -> None:
    holds.invoices_have_their_entries(group.books)


def test_credit_notes_mirror_with_the_opposite_sign(group: Group) -> None:
    holds.credit_notes_mirror(group.books)


def test_an_invoice_of_the_module_is_its_entry_and_orders_say_what_was_invoiced(group: Group) -> None:
    holds.purchases_have_their_entries(group.books)


def test_approved_hours_are_billed_or_unbilled_per_project(group: Group) -> None:
    holds.hours_are_billed_or_unbilled(group.books, group.unbilled)


def test_nobody_works_longer_than_a_day(group: Group) -> None:
    holds.nobody_works_longer_than_a_day(group.books)


def test_each_day_of_work_has_one_rate_but_for_the_employee_without(group: Group) -> None:
    holds.each_day_of_work_has_one_rate(group.books)


def test_references_exist_but_for_two_known_orphans(group: Group) -> None:
    module = next(one for one in group.kept.values() if one.company.module)
    gone = {item.id for item in module.keeper.operations.catalogue.gone}
    assert holds.references_exist(group.books) == gone


def test_header_and_lines_of_a_document_have_rowversions_side_by_side(group: Group) -> None:
    holds.rows_of_a_document_rise_together(group.books)


def test_three_clients_are_clients_of_every_trading_company_under_one_vat_number(group: Group) -> None:
    numbers = [
        {row["VATNumber"] for row in books.of["Accounts"] if row["Status"] == "C" and row["Type"] == "A"}
        for books in group.books.values() if books.of["Projects"]
    ]  # fmt: skip
    assert len(set.intersection(*numbers) - {None}) == 3


def test_the_seed_has_what_trips_a_mapping(group: Group) -> None:
    rows = {name: [row for books in group.books.values() for row in books.of[name]] for name in _SEEN}
    assert any(row["Notes"] == LONG_NOTE for row in rows["TimeCostTransactions"])
    assert any(row["Quantity"] < 0 for row in rows["TimeCostTransactions"] if row["HourStatus"] == 20)
    assert any(row["Blocked"] and row["Parent"] for row in rows["Accounts"])
    assert all(len(row["Code"]) == 18 for row in rows["Accounts"])
    assert any("\n" in row["Name"] for row in rows["Accounts"])
    assert any(row["UnitPrice"] and row["UnitPrice"] % Decimal("0.0001") for row in rows["SalesInvoices"])
    assert {10, 20, 50} <= {row["Status"] for row in rows["SalesInvoices"]}
    assert any(row["Currency"] == "USD" for row in rows["SalesInvoices"])


_SEEN = ("TimeCostTransactions", "Accounts", "SalesInvoices")
