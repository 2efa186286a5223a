"""What Exact has: every entity and every address of the documentation's index that can be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulators.exact.entities import BY_PATH, ENTITIES, RESOURCES, STORED
from emulators.exact.row import Row, pack
from emulators.exact.store import Store
from emulators.exact.values import guid_bytes, key_id
from fakes.exact_emulator import BASE, DIVISION, Twin, flat

ID = "11111111-1111-1111-1111-111111111111"
GUID = "22222222-2222-2222-2222-222222222222"


def test_addresses_show_fields_of_their_entity_and_are_told_apart_by_their_routes() -> None:
    routes = [resource.route for resource in RESOURCES]

    assert len(ENTITIES) > 270
    assert len(RESOURCES) > 320
    assert len(set(routes)) == len(routes)
    assert len({name.lower() for name in ENTITIES}) == len(ENTITIES)
    for resource in RESOURCES:
        assert set(resource.fields) <= set(resource.entity.fields)
        assert set(resource.filters) <= set(resource.fields) | {"TaxSchedule"}
        assert set(resource.entity.keys) <= set(resource.entity.fields)


@pytest.mark.parametrize(
    ("path", "entity", "key", "page"),
    [
        ("sync/Financial/TransactionLines", "TransactionLines", "Timestamp", 1000),
        ("bulk/SalesInvoice/SalesInvoices", "SalesInvoiceHeaders", "InvoiceID", 1000),
        ("sync/SalesInvoice/SalesInvoices", "SalesInvoices", "Timestamp", 1000),
        ("purchaseentry/PurchaseEntries", "PurchaseEntries", "EntryID", 60),
        ("project/WBSExpenses", "ProjectWBS", "ID", 60),
        ("read/financial/JournalStatusList", "JournalStatusList", "Journal", 0),
        ("system/Divisions", "SystemDivisions", "Code", 60),
        ("beta/budget/BudgetScenarios", "BudgetScenarios", "ID", 60),
    ],
)
def test_each_kind_of_address_has_its_key_and_page_size(path: str, entity: str, key: str, page: int) -> None:
    resource = BY_PATH[path.lower()]

    assert (resource.entity.name, resource.keys[0], resource.page) == (entity, key, page)


def test_an_entity_gets_its_table_with_its_first_record_also_after_the_seed(store: Store) -> None:
    early, late = STORED["Journals"], STORED["PurchaseInvoiceLines"]
    store.load(early, [(7, DIVISION, guid_bytes(ID), None, 0.0, pack(["null"] * len(early.fields)))])
    store.index()
    store.put(late, Row(8, DIVISION, ID, GUID, 0.0, ["null"] * len(late.fields)))

    assert store.counts()["Journals"] == store.counts()["PurchaseInvoiceLines"] == 1
    assert [found[0] for found in store.of_parent(late, DIVISION, guid_bytes(GUID))] == [8]
    assert store.page(STORED["VATCodes"], DIVISION, 0, 10) == []
    assert list(store.snapshot(STORED["VATCodes"])) == []


def test_a_table_that_was_rolled_back_is_made_again(store: Store) -> None:
    store.index()
    row = Row(1, DIVISION, ID, None, 0.0, ["null"] * len(STORED["Journals"].fields))
    cut = replace(row, id="not a guid")
    with pytest.raises(ValueError, match="hexadecimal"), store.transaction():
        store.put(STORED["Journals"], cut)
    store.put(STORED["Journals"], row)

    assert store.count(STORED["Journals"]) == 1


def test_numbers_keep_their_order_as_ids_and_several_keys_make_one() -> None:
    assert key_id("7") < key_id('"10"') < key_id("2000000000")
    assert key_id('"20"', "6", "2014") != key_id('"20"', "60", "2014")


def test_every_sync_stream_of_the_index_is_served_with_a_timestamp_and_its_key() -> None:
    streams = [resource for resource in RESOURCES if resource.sync]

    assert len(streams) == 60
    assert all({"Timestamp", resource.entity.key} <= resource.fields.keys() for resource in streams)


@pytest.mark.parametrize(
    ("stream", "deleted_type"),
    [
        ("sync/CRM/Quotations", 11),
        ("sync/SalesOrder/SalesOrders", 12),
        ("sync/HRM/LeaveRegistrations", 56),
        ("sync/HRM/LeaveBuildUpRegistrations", 57),
        ("sync/HRM/AbsenceRegistrationTransactions", 58),
        ("sync/HRM/AbsenceRegistrations", 59),
    ],
)
async def test_the_oldest_and_newest_streams_are_read_and_their_deletes_are_logged(
    exact: Twin, stream: str, deleted_type: int
) -> None:
    entity = BY_PATH[stream.lower()].entity
    blank = ["null"] * len(entity.fields)
    commits = exact.site.commits
    commits.commit([commits.put(entity, Row(0, DIVISION, ID, None, 0.0, blank))])
    (shown,) = flat(await exact.read(f"/api/v1/{DIVISION}/{stream}?$filter=Timestamp gt 1&$select=Timestamp"))
    (row,) = exact.site.store.rows(entity, DIVISION)
    commits.commit([commits.remove(entity, row)])
    (gone,) = flat(await exact.read(f"/api/v1/{DIVISION}/sync/Deleted?$filter=Timestamp gt 1"))

    assert int(shown["Timestamp"]) == row.version < int(gone["Timestamp"])
    assert (gone["EntityKey"], gone["EntityType"]) == (ID, deleted_type)


async def test_an_address_without_records_is_an_empty_collection(exact: Twin) -> None:
    for path in ("crm/Accounts", "sync/Cashflow/PaymentTerms", "bulk/Logistics/Items", "beta/budget/BudgetScenarios"):
        beta, rest = ("beta/", path.removeprefix("beta/")) if path.startswith("beta/") else ("", path)
        option = "$filter=Timestamp gt 1" if path.startswith("sync") else f"$select=ID&$filter=ID eq guid'{GUID}'"
        pages = await exact.read(f"{BASE}/api/v1/{beta}{DIVISION}/{rest}?{option}")
        assert list(flat(pages)) == []
