"""What must hold of the group's operational records at every moment, read from the emulator's records."""

from __future__ import annotations

from decimal import Decimal

from emulators.books.hours import LONG_NOTE
from fakes.exact_group import Books
from unit.emulators import group_trade as holds

Group = dict[int, Books]


def test_processed_invoices_have_one_entry_alike_in_net_vat_and_gross_and_others_have_none(group: Group) -> None:
    holds.invoices_have_their_entries(group)


def test_credit_notes_mirror_with_the_opposite_sign(group: Group) -> None:
    holds.credit_notes_mirror(group)


def test_an_invoice_of_the_module_is_its_entry_and_orders_say_what_was_invoiced(group: Group) -> None:
    holds.purchases_have_their_entries(group)


def test_companies_agree_on_what_they_owe_each_other_and_on_every_charge(group: Group) -> None:
    holds.partners_agree(group)


def test_approved_hours_are_billed_or_unbilled_per_project(group: Group) -> None:
    holds.hours_are_billed_or_unbilled(group)


def test_no_more_hours_are_billed_than_are_approved(group: Group) -> None:
    holds.billed_hours_are_approved(group)


def test_nobody_works_longer_than_a_day(group: Group) -> None:
    holds.nobody_works_longer_than_a_day(group)


def test_each_day_of_work_has_one_rate_but_for_the_employee_without(group: Group) -> None:
    holds.each_day_of_work_has_one_rate(group)


def test_references_exist_but_for_two_known_orphans(group: Group) -> None:
    missing = holds.references_exist(group)
    assert missing == set.union(*(books.orphans for books in group.values()))
    assert len(missing) == 2


def test_header_and_lines_of_a_document_have_rowversions_side_by_side(group: Group) -> None:
    holds.rows_of_a_document_rise_together(group)


def test_each_record_that_went_left_one_entry_in_the_delete_log(group: Group) -> None:
    holds.deletes_are_logged_once(group)


def test_clients_of_every_trading_company_share_one_vat_number_each(group: Group) -> None:
    numbers = [
        {row["VATNumber"] for row in books.of["Accounts"] if row["Status"] == "C" and row["Type"] == "A"}
        for books in group.values() if books.of["Projects"]
    ]  # fmt: skip
    assert len(set.intersection(*numbers) - {None}) == 3


def test_the_seed_has_what_trips_a_mapping(group: Group) -> None:
    rows = {name: [row for books in group.values() for row in books.of[name]] for name in _SEEN}
    assert any(row["Notes"] == LONG_NOTE for row in rows["TimeCostTransactions"])
    assert any(row["Quantity"] < 0 for row in rows["TimeCostTransactions"] if row["HourStatus"] == 20)
    assert any(row["Blocked"] and row["Parent"] for row in rows["Accounts"])
    assert all(len(row["Code"]) == 18 for row in rows["Accounts"])
    assert any("\n" in row["Name"] for row in rows["Accounts"])
    assert any(row["UnitPrice"] and row["UnitPrice"] % Decimal("0.0001") for row in rows["SalesInvoices"])
    assert any(row["Currency"] == "USD" for row in rows["SalesInvoices"])


_SEEN = ("TimeCostTransactions", "Accounts", "SalesInvoices")
