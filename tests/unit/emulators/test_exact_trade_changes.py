"""People at work on the operational side: what holds before, holds after a thousand changes of every kind."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from emulators.books.documents import PurchaseInvoice, SalesInvoice
from emulators.books.operations import Operations
from emulators.books.plain import GROUP
from emulators.clock import Clock
from emulators.exact.change_rows import NothingLeftError
from emulators.exact.commits import Commits, Write
from emulators.exact.entities import DELETED, ENTITIES, Entity
from emulators.exact.ops_render import OpsRender
from emulators.exact.row import pack, unpack
from emulators.exact.seed import Rowversions
from emulators.exact.settings import Settings
from emulators.exact.store import Store
from emulators.exact.trade_changes import KINDS, OFTEN, TradeChanges
from emulators.exact.values import guid_bytes, int64

RECORDS = 1_500
CHANGES = 1_000


@dataclass
class Place:
    """One company."""

    code: int
    operations: Operations
    ops_render: OpsRender


class Office:
    """A site with the four plain companies, and the documents that were processed since it opened."""

    def __init__(self, file: Path) -> None:
        self.store, self.clock, self.settings = Store(file), Clock(), Settings()
        self.versions = Rowversions(1)
        self.commits = Commits(self.store, self.versions, self.clock)
        self.posted: list[SalesInvoice | PurchaseInvoice] = []
        self.places: list[Place] = []
        rows: dict[str, list[tuple[int, int, bytes, bytes | None, float, str]]] = defaultdict(list)
        for firm in GROUP:
            operations = Operations(firm, GROUP, RECORDS)
            self.places.append(Place(firm.division, operations, OpsRender(firm, operations)))
            for name, key, parent, values in self._rendered(self.places[-1]):
                version, entity = self.versions.next(), ENTITIES[name]
                if "Timestamp" in entity.fields:
                    values[entity.at("Timestamp")] = int64(version)
                above = guid_bytes(parent) if parent else None
                rows[name].append((version, firm.division, guid_bytes(key), above, 0.0, pack(values)))
        for name, found in rows.items():
            self.store.load(ENTITIES[name], found)
        self.store.index()
        self.dice = random.Random(7)
        self.changes = TradeChanges(self, self.dice, self._post)

    def _rendered(self, place: Place) -> Iterator[Any]:
        yield from place.ops_render.masters()
        for year, month in place.operations.months:
            for document in place.operations.month(year, month):
                yield from place.ops_render.document(document)

    def _post(self, place: Any, document: SalesInvoice | PurchaseInvoice) -> list[Write]:
        assert place in self.places
        self.posted.append(document)
        return []

    def change(self, entity: Entity, kind: str) -> tuple[str, list[Write]]:
        """One change of a kind, in a company that has what it takes."""
        places = [one for one in self.places if self.changes.suits(entity, one)]
        self.dice.shuffle(places)
        for place in places:
            try:
                key, writes, _ = self.changes.change(entity, place, kind)
            except NothingLeftError:
                continue
            self.commits.commit(writes)
            return key, writes
        raise NothingLeftError(kind)

    def records(self, name: str) -> list[dict[str, str]]:
        """Live records as JSON texts."""
        fields = ENTITIES[name].fields
        return [dict(zip(fields, unpack(body), strict=True)) for _, _, _, body in self.store.snapshot(ENTITIES[name])]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """After a thousand changes, every kind of every entity among them."""
    made = Office(tmp_path_factory.mktemp("office") / "site.sqlite")
    kinds = [(entity, kind) for entity, kinds in KINDS.items() for kind in kinds]
    for at in range(CHANGES):
        entity = OFTEN[at % len(OFTEN)]
        made.change(*(kinds[at // 8 % len(kinds)] if at % 8 == 0 else (entity, made.dice.choice(KINDS[entity]))))
    yield made
    made.store.close()


def amount(text: str) -> Decimal:
    return Decimal(0) if text == "null" else Decimal(text)


def billed_by_the_hour(office: Office) -> dict[str, bool]:
    """Whether hours on a part are billed as they are worked, from the records of breakdowns and projects."""
    parts = {record["ID"]: record for record in office.records("ProjectWBS")}
    types = {record["ID"]: record["Type"] for record in office.records("Projects")}

    def method(key: str) -> str:
        part = parts[key]
        if part["InvoiceMethod"] != "null":
            return part["InvoiceMethod"]
        return types[part["Project"]] if part["PartOf"] == "null" else method(part["PartOf"])

    return {key: method(key) == "3" for key in parts}


def test_approved_hours_are_billed_or_unbilled_per_project(office: Office) -> None:
    hourly = billed_by_the_hour(office)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for record in office.records("TimeCostTransactions"):
        if record["Type"] == "1" and record["HourStatus"] == "20" and hourly.get(record["WBS"]):
            found[record["Project"]] += amount(record["AmountFC"])
    for record in office.records("SalesInvoices"):
        if record["Employee"] != "null":
            found[record["Project"]] += amount(record["AmountDC"])
    left = {
        f'"{project.id}"': Decimal(place.operations.unbilled(project)) / 10_000
        for place in office.places for project in place.operations.projects
    }  # fmt: skip
    assert {key: value for key, value in found.items() if value} == {key: value for key, value in left.items() if value}


def test_every_billed_hour_is_approved(office: Office) -> None:
    approved: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for record in office.records("TimeCostTransactions"):
        if record["HourStatus"] == "20" and record["Type"] == "1" and amount(record["Quantity"]) > 0:
            approved[record["WBS"], record["Employee"], record["Item"]] += amount(record["Quantity"])
    for record in office.records("SalesInvoices"):
        if record["Employee"] != "null" and record["ItemCode"] != '"G-INH"':
            approved[record["ProjectWBS"], record["Employee"], record["Item"]] += amount(record["Quantity"])
    assert min(approved.values()) >= 0


def test_nobody_works_more_than_twenty_four_hours_on_a_day(office: Office) -> None:
    units = {record["ID"]: 8 if record["Unit"] == '"day"' else 1 for record in office.records("Items")}
    days: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for record in office.records("TimeCostTransactions"):
        if record["Type"] == "1" and amount(record["Quantity"]) > 0:
            hours = units.get(record["Item"], 1)
            days[record["Employee"], record["Date"]] += amount(record["Quantity"]) * hours
    assert max(days.values()) <= 24


def test_rates_of_an_employee_never_overlap_and_leave_no_day_of_work_without_one(office: Office) -> None:
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for record in office.records("EmploymentInternalRates"):
        ends = record["EndDate"]
        spans[record["Employee"]].append(
            (int(record["StartDate"][7:-3]), 10**14 if ends == "null" else int(ends[7:-3]))
        )
    for found in spans.values():
        found.sort()
        assert all(end < start for (_, end), (start, _) in pairwise(found))
    for record in office.records("TimeCostTransactions"):
        on = int(record["Date"][7:-3])
        if record["Employee"] in spans:
            assert sum(start <= on <= end for start, end in spans[record["Employee"]]) == 1


def test_an_invoice_adds_up_and_its_normal_records_mirror_it(office: Office) -> None:
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for record in office.records("SalesInvoices"):
        rows[record["InvoiceID"]].append(record)
    headers = {record["InvoiceID"]: record for record in office.records("SalesInvoiceHeaders")}
    lines = {record["ID"]: record for record in office.records("SalesInvoiceLines")}
    assert set(headers) == set(rows)
    for key, found in rows.items():
        header = next(row for row in found if row["LineNumber"] == "0")
        assert amount(header["AmountDC"]) == sum(amount(row["AmountDC"]) for row in found if row is not header)
        assert amount(headers[key]["AmountDC"]) == -amount(header["AmountDC"])
        assert headers[key]["Modified"] == header["Modified"]
        for row in found:
            assert {row[field] for field in ("Status", "YourRef", "Modified")} == {
                header[field] for field in ("Status", "YourRef", "Modified")
            }
            if 0 < int(row["LineNumber"]) < 9000:
                assert amount(lines.pop(row["ID"])["AmountDC"]) == -amount(row["AmountDC"])
    assert not lines


def test_what_became_processed_was_posted_once_and_its_amounts_stand(office: Office) -> None:
    posted = Counter(document.id for document in office.posted)
    assert set(posted.values()) == {1}
    rows = {record["InvoiceID"]: record for record in office.records("SalesInvoices") if record["LineNumber"] == "0"}
    sales = [one for one in office.posted if isinstance(one, SalesInvoice)]
    assert sales
    for one in sales:
        row = rows[f'"{one.id}"']
        assert row["Status"] == "50"
        assert -amount(row["AmountDC"]) == Decimal(one.gross) / 10_000


def test_an_order_is_invoiced_as_the_invoice_lines_say_and_nothing_open_is_negative(office: Office) -> None:
    invoiced: dict[str, Decimal] = defaultdict(Decimal)
    for record in office.records("PurchaseInvoiceLines"):
        if record["PurchaseOrderLine"] != "null":
            invoiced[record["PurchaseOrderLine"]] += amount(record["Quantity"])
    normal = {record["ID"]: record for record in office.records("PurchaseOrderLines")}
    rows = [record for record in office.records("PurchaseOrders") if record["LineNumber"] != "0"]
    assert {row["ID"] for row in rows} == set(normal)
    for row in rows:
        assert amount(row["InvoicedQuantity"]) == invoiced.pop(row["ID"], Decimal(0))
        assert amount(row["InvoicedQuantity"]) <= amount(row["ReceivedQuantity"]) <= amount(row["Quantity"])
        assert normal[row["ID"]]["ReceivedQuantity"] == row["ReceivedQuantity"]
    assert not invoiced


def test_header_and_lines_rise_together_in_every_commit_of_a_document(office: Office) -> None:
    for entity in (ENTITIES["SalesInvoices"], ENTITIES["PurchaseOrders"]):
        before = {record["ID"]: int(record["Timestamp"][1:-1]) for record in office.records(entity.name)}
        parents = {record["ID"]: record[entity.parent or ""] for record in office.records(entity.name)}
        key, _ = office.change(entity, "edit")
        after = {record["ID"]: int(record["Timestamp"][1:-1]) for record in office.records(entity.name)}
        touched = {one for one, parent in parents.items() if parent == f'"{key}"'}
        assert touched
        assert all(after[one] > max(before.values()) for one in touched)
        assert all(after[one] == before[one] for one in set(before) - touched)


def test_a_rename_touches_the_relation_alone(office: Office) -> None:
    key, writes = office.change(ENTITIES["Accounts"], "edit")
    assert [(write.entity.name, write.row.id) for write in writes] == [("Accounts", key)]


def test_the_delete_log_has_one_entry_for_each_record_that_went(office: Office) -> None:
    keys = Counter(record["EntityKey"] for record in office.records(DELETED.name))
    assert set(keys.values()) == {1}
    logged = ("SalesInvoices", "PurchaseOrders", "TimeCostTransactions")
    alive = {record["ID"] for name in logged for record in office.records(name)}
    assert not set(keys) & alive


@pytest.mark.parametrize("entity", KINDS, ids=lambda entity: entity.name)
def test_every_kind_of_change_can_be_asked_for(office: Office, entity: Entity) -> None:
    for kind in KINDS[entity]:
        key, writes = office.change(entity, kind)
        assert key
        assert writes
