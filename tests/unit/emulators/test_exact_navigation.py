"""Keys, counts, links and lines: what lies behind the parentheses of an address."""

from __future__ import annotations

import pytest

from emulators.exact import rules as rule
from emulators.exact.entities import ENTITIES
from emulators.exact.row import Row
from emulators.exact.values import key_id
from emulators.proof import proves
from fakes.exact_emulator import BASE, CENTERS, DIVISION, LINES, Twin, flat, message

HERE = f"/api/v1/{DIVISION}"
INVOICES = f"{HERE}/salesinvoice/SalesInvoices"
BALANCE = f"{HERE}/financial/ReportingBalance"
OPENING = f"{HERE}/openingbalance/CurrentYear/AfterEntry"
FIRST, SECOND = "aaaaaaaa-0000-0000-0000-000000000001", "aaaaaaaa-0000-0000-0000-000000000002"
ACCOUNT = "bbbbbbbb-0000-0000-0000-000000000001"


def put(exact: Twin, entity: str, key: str, parent: str | None = None, **values: str) -> None:
    """Store a record; its other fields are null."""
    one = ENTITIES[entity]
    filled = [values.get(name, "null") for name in one.fields]
    exact.site.store.put(one, Row(exact.site.versions.next(), DIVISION, key, parent, 0.0, filled))


@pytest.fixture
def books(exact: Twin) -> Twin:
    """Two invoices, the first with two lines; hours and costs; balances; WBS of each kind."""
    for at, key in enumerate((FIRST, SECOND)):
        put(exact, "SalesInvoiceHeaders", key, InvoiceID=f'"{key}"', InvoiceNumber=str(at + 1), Division=str(DIVISION))
    for at in (1, 2):
        line = f"cccccccc-0000-0000-0000-00000000000{at}"
        put(exact, "SalesInvoiceLines", line, FIRST, ID=f'"{line}"', InvoiceID=f'"{FIRST}"', LineNumber=str(at))
    for at in range(3):
        key = f"dddddddd-0000-0000-0000-00000000000{at}"
        put(exact, "ProjectWBS", key, ACCOUNT, ID=f'"{key}"', Type=str(at + 1), Completed="1", BlockEntry="0")
    for at in range(70):
        put(exact, "ReportingBalance", key_id(str(1000 - at)), ID=f'"{1000 - at}"', Count=str(at))
        values = {"Division": str(DIVISION), "GLAccount": f'"{ACCOUNT}"', "ReportingYear": str(2000 + at)}
        key = key_id(str(DIVISION), f'"{ACCOUNT}"', str(2000 + at))
        put(exact, "OpeningBalanceCurrentYearAfterEntry", key, None, **values)
    return exact


async def test_lines_are_links_until_they_are_expanded(books: Twin) -> None:
    one = (await books.get(f"{INVOICES}(guid'{FIRST}')?$top=1")).json()["d"]
    link = one["SalesInvoiceLines"]["__deferred"]["uri"]

    assert link == f"{BASE}{INVOICES}(guid'{FIRST}')/SalesInvoiceLines"
    assert [row["LineNumber"] for row in flat(await books.read(f"{link}?$select=LineNumber"))] == [1, 2]
    assert [
        row["LineNumber"] for row in flat(await books.read(f"{link}?$select=LineNumber&$filter=LineNumber gt 1"))
    ] == [2]


async def test_expanded_lines_stand_in_their_header_with_what_was_selected(books: Twin) -> None:
    asked = "$select=InvoiceNumber,SalesInvoiceLines/LineNumber&$expand=SalesInvoiceLines&$filter=InvoiceNumber ge 1"
    rows = list(flat(await books.read(f"{INVOICES}?{asked}")))
    whole = list(flat(await books.read(f"{INVOICES}?$select=InvoiceNumber,SalesInvoiceLines&$expand=SalesInvoiceLines"
                                       "&$filter=InvoiceNumber eq 1")))  # fmt: skip

    assert [[line["LineNumber"] for line in row["SalesInvoiceLines"]["results"]] for row in rows] == [[1, 2], []]
    assert set(rows[0]) == {"__metadata", "InvoiceNumber", "SalesInvoiceLines"}
    assert set(rows[0]["SalesInvoiceLines"]["results"][0]) == {"__metadata", "LineNumber"}
    assert "UnitPrice" in whole[0]["SalesInvoiceLines"]["results"][0]


async def test_lines_that_are_no_resource_of_their_own_are_none(books: Twin) -> None:
    row = (await books.get(f"{HERE}/hrm/Divisions?$expand=Class_01")).json()["d"]["results"][0]
    accounts = flat(
        await books.read(f"{HERE}/financial/GLAccounts?$filter=Code eq '1300'&$expand=DeductibilityPercentages")
    )

    assert row["Class_01"] == {"results": []}
    assert "__deferred" in row["Class_02"]
    assert next(accounts)["DeductibilityPercentages"] == {"results": []}


@proves(rule.EXPAND_PLACES)
@pytest.mark.parametrize(
    "address",
    [
        f"{INVOICES}?$select=InvoiceID&$expand=Nothing&$filter=InvoiceNumber ge 1",
        f"{INVOICES}?$select=InvoiceID&$expand=SalesInvoiceLines/Nothing&$filter=InvoiceNumber ge 1",
        f"{HERE}/bulk/SalesInvoice/SalesInvoices?$select=InvoiceID&$expand=SalesInvoiceLines",
        f"{LINES}?$filter=Timestamp gt 1&$expand=Lines",
    ],
)
async def test_expand_opens_lines_of_normal_endpoints_only(books: Twin, address: str) -> None:
    assert (await books.get(address)).status_code == 400


async def test_a_filter_inside_expanded_lines_is_no_filter(books: Twin) -> None:
    asked = f"{INVOICES}?$select=InvoiceID&$expand=SalesInvoiceLines&$filter=SalesInvoiceLines/LineNumber eq 1"

    assert "Syntax error" in message(await books.get(asked))


async def test_keys_are_guids_numbers_or_several_by_name(books: Twin) -> None:
    by_guid = (await books.get(f"{INVOICES}(guid'{SECOND.upper()}')?$select=InvoiceNumber")).json()["d"]
    by_number = (await books.get(f"{BALANCE}(1000L)?$select=Count")).json()["d"]
    by_name = await books.get(f"{INVOICES}(InvoiceID=guid'{FIRST}')?$select=InvoiceNumber")
    several = f"{OPENING}(ReportingYear=2005,Division={DIVISION},GLAccount=guid'{ACCOUNT}')?$select=ReportingYear"

    assert (by_guid["InvoiceNumber"], by_number["Count"], by_name.json()["d"]["InvoiceNumber"]) == (2, 0, 1)
    assert (await books.get(several)).json()["d"]["ReportingYear"] == 2005
    assert (await books.get(f"{BALANCE}(5L)?$select=Count")).status_code == 404


@proves(rule.KEY_TYPES)
@pytest.mark.parametrize("key", [f"'{FIRST}'", "17"])
async def test_a_key_of_another_type_is_refused(books: Twin, key: str) -> None:
    assert (await books.get(f"{INVOICES}({key})?$select=InvoiceID")).status_code == 400


@pytest.mark.parametrize("key", ["", "guid'x'", "1,2", f"ID=guid'{FIRST}'", "InvoiceID", f"guid'{FIRST}' eq 1"])
async def test_what_is_no_key_is_refused(books: Twin, key: str) -> None:
    assert (await books.get(f"{INVOICES}({key})?$select=InvoiceID")).status_code in (400, 404)


async def test_the_address_in_metadata_leads_to_the_record(books: Twin) -> None:
    for path, field in ((CENTERS, "ID"), (BALANCE, "ID"), (OPENING, "GLAccount"), (LINES, "ID")):
        row = (await books.get(f"{path}?$top=1&$select={field}")).json()["d"][0]
        again = await books.get(f"{row['__metadata']['uri']}?$select={field}")
        assert again.json()["d"] == row


@pytest.mark.parametrize(("path", "field"), [(BALANCE, "ID"), (OPENING, "ReportingYear")])
async def test_records_without_a_guid_come_in_pages_too(books: Twin, path: str, field: str) -> None:
    pages = await books.read(f"{path}?$select={field}")

    assert [len(page) for page in pages] == [60, 10]
    assert len({row[field] for row in flat(pages)}) == 70


async def test_an_address_of_one_kind_shows_that_kind_with_its_own_types(books: Twin) -> None:
    books.site.settings.hidden_fields, books.site.settings.mandatory_filters = True, "listed"

    async def rows(path: str) -> list[tuple[object, object]]:
        return [
            (row["Type"], row["Completed"]) for row in flat(await books.read(f"{HERE}/{path}&$select=Type,Completed"))
        ]

    assert await rows("project/WBSDeliverables?") == [(1, True)]
    assert await rows("project/WBSActivities?$filter=Completed eq true") == [(2, True)]
    assert await rows("sync/Project/ProjectWBS?$filter=Timestamp gt 1") == [(1, 1), (2, 1), (3, 1)]
    key = "dddddddd-0000-0000-0000-000000000000"
    assert (await books.get(f"{HERE}/project/WBSActivities(guid'{key}')?$select=ID")).status_code == 404


@proves(rule.COUNT_PLAIN)
async def test_a_count_is_plain_text_and_not_json(exact: Twin) -> None:
    counted = await exact.get(f"{CENTERS}/$count", Accept="*/*")
    some = await exact.get(f"{CENTERS}/$count?$filter=startswith(Code,'VK')", Accept="")

    assert (counted.text, some.text) == ("65", "2")
    assert counted.headers["Content-Type"].startswith("text/plain")
    assert (await exact.get(f"{CENTERS}/$count", Accept="application/json")).status_code == 415


async def test_a_stream_of_invoices_is_shown_as_the_settings_have_it(books: Twin) -> None:
    for at, number in enumerate((0, 1, 9999)):
        key = f"eeeeeeee-0000-0000-0000-00000000000{at}"
        put(books, "SalesInvoices", key, FIRST, ID=f'"{key}"', LineNumber=str(number), AmountDC="-5.25")

    async def rows() -> list[tuple[int, float]]:
        asked = f"{HERE}/sync/SalesInvoice/SalesInvoices?$filter=Timestamp gt 1&$select=LineNumber,AmountDC"
        return [(row["LineNumber"], row["AmountDC"]) for row in flat(await books.read(asked))]

    assert await rows() == [(0, -5.25), (1, -5.25), (9999, -5.25)]
    books.site.settings.invoice_sign, books.site.settings.invoice_special_rows = "normal", False
    assert await rows() == [(0, 5.25), (1, 5.25)]


async def test_many_keys_in_one_filter_give_those_records(books: Twin) -> None:
    ids = sorted(row["ID"] for row in flat(await books.read(f"{CENTERS}?$select=ID")))[::7]
    condition = " or ".join(f"ID eq guid'{key}'" for key in ids)

    assert [row["ID"] for row in flat(await books.read(f"{CENTERS}?$select=ID&$filter={condition}"))] == ids
