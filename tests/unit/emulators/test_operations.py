"""The operational side of the group: what its documents hold, before any record is made of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from emulators.books.billing import billed_hours
from emulators.books.documents import (
    CREDIT,
    CostEntry,
    Document,
    PurchaseInvoice,
    PurchaseOrder,
    SalesInvoice,
    TimeEntry,
)
from emulators.books.operations import Operations
from emulators.books.plain import GROUP
from emulators.books.projects import TIME_AND_MATERIAL
from emulators.books.staff import MID_MONTH
from emulators.books.volume import PROJECTS

RECORDS = 6_000


def written(records: int, at: int) -> tuple[Operations, list[Document]]:
    made = Operations(GROUP[at], GROUP, records)
    return made, [one for year, month in GROUP[at].months for one in made.month(year, month)]


@cache
def group() -> list[tuple[Operations, list[Document]]]:
    return [written(RECORDS, at) for at in range(len(GROUP))]


def of(kind: type[Any]) -> Iterator[Any]:
    return (one for _, documents in group() for one in documents if type(one) is kind)


def test_the_same_seed_writes_the_same_documents() -> None:
    one, other = ([(document.id, document.number) for document in written(600, 0)[1]] for _ in range(2))
    assert one == other


def test_the_documents_add_up_to_about_the_size_asked_for() -> None:
    rows = sum(1 for _ in of(TimeEntry)) + sum(1 for _ in of(CostEntry))
    rows += sum(len(one.lines) + 2 for one in of(SalesInvoice)) + sum(len(one.lines) + 1 for one in of(PurchaseOrder))
    assert RECORDS * 0.8 < rows < RECORDS * 1.25


def test_the_group_has_its_people_projects_and_clients() -> None:
    made = [operations for operations, _ in group()]
    assert 58 <= sum(len(one.employees) for one in made) <= 64
    assert PROJECTS <= sum(len(one.projects) for one in made) <= PROJECTS + 6
    numbers = Counter(party.vat_number for one in made for party in one.relations.clients if party.vat_number)
    assert 42 <= len(numbers) <= 45
    assert sum(1 for count in numbers.values() if count == 3) == 3


def test_projects_have_all_types_three_levels_and_empty_methods() -> None:
    projects = [project for operations, _ in group() for project in operations.projects]
    parts = [part for project in projects for part in project.wbs]
    assert {project.type for project in projects} == {1, 2, 3, 4, 5}
    assert max(part.level for part in parts) == 3
    assert {part.kind for part in parts} == {1, 2, 3}
    assert sum(part.method is None for part in parts) > len(parts) / 3


def test_nobody_works_more_than_a_day_has_hours() -> None:
    days: dict[tuple[str, Any], int] = defaultdict(int)
    for entry in of(TimeEntry):
        if entry.quantity > 0:
            days[entry.employee.id, entry.date] += entry.quantity * entry.item.hours
    assert max(days.values()) <= 2_400


def test_approved_hours_are_either_billed_or_unbilled() -> None:
    for operations, documents in group():
        approved: dict[str, int] = defaultdict(int)
        for one in documents:
            if isinstance(one, TimeEntry) and one.status == 20 and one.wbs and one.project:
                approved[one.project.id] += one.amount if one.wbs.effective == TIME_AND_MATERIAL else 0
            elif isinstance(one, SalesInvoice) and not one.removed:
                for line in billed_hours(one):
                    approved[line.project.id if line.project else ""] -= line.net
        left = {project.id: operations.unbilled(project) for project in operations.projects}
        assert {key: value for key, value in approved.items() if value} == {k: v for k, v in left.items() if v}


def test_an_employee_has_one_rate_on_every_day_of_work_but_for_the_one_without() -> None:
    for entry in of(TimeEntry):
        valid = [one for one in entry.employee.rates if one.start <= entry.date <= (one.end or entry.date)]
        assert len(valid) == (1 if entry.employee.rates else 0)
    people = [one for operations, _ in group() for one in operations.employees]
    assert sum(not one.rates for one in people) == 1
    assert any(rate.start == MID_MONTH for one in people for rate in one.rates)


def test_hours_are_rejected_corrected_moved_and_wait_for_approval() -> None:
    entries = list(of(TimeEntry))
    assert {1, 2, 10, 20} <= {one.status for one in entries}
    assert all(one.corrects for one in entries if one.quantity < 0)
    assert any(one.quantity < 0 for one in entries)
    assert any(one.modified > one.created for one in entries)
    assert any(one.item.unit == "day" for one in entries)


def test_credit_notes_are_full_partial_and_in_another_period() -> None:
    invoices = {one.id: one for one in of(SalesInvoice)}
    notes = [one for one in invoices.values() if one.type == CREDIT]
    pairs = [(one, invoices[one.credits]) for one in notes]
    assert all(0 < -one.net <= old.net for one, old in pairs)
    assert any(one.net == -old.net for one, old in pairs)
    assert any(-one.net < old.net for one, old in pairs)
    assert any((one.date.year, one.date.month) != (old.date.year, old.date.month) for one, old in pairs)


def test_drafts_have_no_number_and_numbers_leave_a_gap_only_where_an_invoice_was_deleted() -> None:
    for _, documents in group():
        invoices = [one for one in documents if isinstance(one, SalesInvoice) and not one.intercompany]
        numbers = sorted(one.number for one in invoices if one.number is not None)
        assert all((one.number is None) == (one.status == 10) for one in invoices)
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    assert any(one.removed for one in of(SalesInvoice))
    assert {one.status for one in of(SalesInvoice)} == {10, 20, 50}


def test_an_order_is_invoiced_as_its_invoices_say_and_never_for_more_than_was_ordered() -> None:
    invoiced: dict[str, int] = defaultdict(int)
    for invoice in of(PurchaseInvoice):
        for line in invoice.lines:
            if line.order_line:
                invoiced[line.order_line] += line.quantity
    lines = [line for order in of(PurchaseOrder) for line in order.lines]
    assert all(line.invoiced == invoiced.pop(line.id, 0) and line.invoiced <= line.quantity for line in lines)
    assert not invoiced
    assert {10, 20, 30, 40} == {order.status for order in of(PurchaseOrder)}


def test_both_sides_of_a_charge_within_the_group_are_alike() -> None:
    sold = Counter((one.reference, one.date, one.net) for one in of(SalesInvoice) if one.intercompany)
    bought = Counter((one.reference, one.date, one.net) for one in of(PurchaseInvoice) if one.intercompany)
    assert sold == bought
    assert sold.total() > 100


@pytest.mark.parametrize("records", [1, 40, 500])
def test_a_small_group_is_written_as_well(records: int) -> None:
    for at in range(len(GROUP)):
        assert written(records, at)[1]
