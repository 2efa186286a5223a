"""What sources leave open of filters, fields, ids and tokens: each setting in all its positions."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from emulators.clock import Clock
from emulators.exact import rules as rule
from emulators.exact.commits import Remove
from emulators.exact.entities import ENTITIES, RESOURCES, TRANSACTION_LINES
from emulators.exact.reporting import BALANCE, ReportingBalances
from emulators.exact.row import Row
from emulators.exact.seed import Rowversions
from emulators.exact.settings import Settings
from emulators.exact.store import Store
from emulators.exact.values import NULL, header_row
from emulators.proof import proves
from fakes.exact_emulator import ACCOUNTS, CENTERS, DELETED, DIVISION, Twin, flat, message

HERE = f"/api/v1/{DIVISION}"
SIZE = 100
DOCUMENT, LINE = "aaaaaaaa-0000-4000-8000-000000000000", "aaaaaaaa-0000-4000-8000-000000000001"
ACCOUNT = "bbbbbbbb-0000-4000-8000-000000000000"


def stored(entity: str, key: str, parent: str | None = None, **texts: str) -> Row:
    """A record whose other fields are null."""
    values = [texts.get(name, NULL) for name in ENTITIES[entity].fields]
    return Row(0, DIVISION, key, parent, 0.0, values)


async def status(exact: Twin, address: str) -> int:
    return (await exact.get(f"{HERE}/{address}")).status_code


MIRRORED = [
    "project/Projects", "project/TimeTransactions", "purchaseorder/PurchaseOrders", "purchaseorder/PurchaseOrderLines",
    "payroll/Employees", "bulk/CRM/Accounts", "bulk/Financial/TransactionLines", "salesorder/SalesOrders",
]  # fmt: skip


@proves(rule.FILTER_NEEDED)
@pytest.mark.parametrize("path", MIRRORED)
async def test_where_a_stream_shows_the_same_a_filter_is_wanted_everywhere_or_where_a_list_is_known(
    exact: Twin, path: str
) -> None:
    key = next(one for one in RESOURCES if one.path == path).keys[0]
    found = []
    wanted: Literal["all", "listed"]
    for wanted in ("all", "listed"):
        exact.site.settings.mandatory_filters = wanted
        found.append((await status(exact, f"{path}?$select={key}"), await status(exact, f"{path}/$count")))
        assert await status(exact, f"{path}?$select={key}&$filter={key} ne null") == 200

    assert found[0][0] == 400
    assert found[1][0] == 200


async def test_addresses_without_a_stream_want_no_filter(exact: Twin) -> None:
    paths = ["hrm/Costcenters", "financial/Journals", "purchaseentry/PurchaseEntries", "vat/VATCodes", "budget/Budgets"]

    assert [await status(exact, f"{path}?$top=1") for path in paths] == [200] * 5


@pytest.mark.parametrize(("listed", "answered"), [(False, 400), (True, 200)])
async def test_accounts_may_be_filtered_by_modified_where_it_is_on_the_list(
    exact: Twin, listed: bool, answered: int
) -> None:
    exact.site.settings.accounts_by_modified = listed

    assert await status(exact, "crm/Accounts?$filter=Modified gt datetime'2020-01-01T00:00:00'") == answered
    assert await status(exact, "crm/Accounts?$filter=Created gt datetime'2020-01-01T00:00:00'") == 200


@pytest.mark.parametrize("shown", [False, True])
async def test_fields_that_newer_docs_leave_out_are_gone_or_there(exact: Twin, shown: bool) -> None:
    exact.site.settings.hidden_fields = shown
    every = (await exact.get(f"{CENTERS}?$top=1")).json()["d"][0]
    asked = [f"{CENTERS}?$select=ID,Active&$top=1", f"{CENTERS}?$select=ID&$filter=Active eq true&$top=1"]
    asked += [f"{CENTERS}?$select=ID&$orderby=Active&$top=1", f"{ACCOUNTS}?$select=DescriptionTermID&$top=1"]
    asked += [f"{HERE}/salesinvoice/SalesInvoices?$filter=InvoiceNumber gt 0&$expand=SalesInvoiceLines"]
    asked[-1] += "&$select=InvoiceID,SalesInvoiceLines/TaxSchedule"
    answers = [await exact.get(one) for one in asked]

    assert ("Active" in every) == shown
    assert [answer.status_code for answer in answers] == [200 if shown else 400] * 5
    assert shown or "'Active'" in message(answers[0])


@pytest.mark.parametrize(("setting", "answered"), [("usual", 200), ("everywhere", 400)])
async def test_addresses_that_clients_read_without_a_selection_may_want_one(
    exact: Twin, setting: Any, answered: int
) -> None:
    exact.site.settings.select_needed = setting

    assert await status(exact, "financial/GLAccounts?$filter=Type gt 0") == answered
    assert await status(exact, "hrm/Divisions") == answered
    assert await status(exact, "financial/GLAccounts?$filter=Type gt 0&$top=1") == 200
    assert await status(exact, "hrm/Costcenters") == 400
    assert (await exact.get(f"{ACCOUNTS}?$filter=Timestamp gt 1")).status_code == 200


@pytest.mark.parametrize(("may", "answered"), [(False, 400), (True, 200)])
async def test_a_date_without_a_time_is_refused_or_read(exact: Twin, may: bool, answered: int) -> None:
    exact.site.settings.date_only = may

    assert await status(exact, "hrm/Costcenters?$select=ID&$filter=Modified gt datetime'2020-01-01'") == answered
    assert await status(exact, "hrm/Costcenters?$select=ID&$filter=Modified gt datetime'2020-01-01T00:00'") == 200
    assert await status(exact, "hrm/Costcenters?$select=ID&$filter=Code eq 'datetime''2020-01-01'''") == 200


@proves(rule.OFFSET_NULL)
@pytest.mark.parametrize("text", ["OffsetID eq null", "Type gt 0 and not (null ne OffsetID)"])
async def test_a_lines_offset_is_not_compared_with_null(exact: Twin, text: str) -> None:
    lines = "financialtransaction/TransactionLines?$select=ID&$top=1&$filter="

    assert await status(exact, f"{lines}{text}") == 400
    assert await status(exact, f"{lines}OffsetID eq guid'{LINE}' or AccountCode eq null") == 200


@pytest.mark.parametrize("entity", ["SalesInvoices", "PurchaseOrders"])
@pytest.mark.parametrize("setting", ["own", "document"])
async def test_a_headers_row_has_an_id_of_its_own_or_its_documents(exact: Twin, entity: str, setting: Any) -> None:
    exact.site.settings.header_rows = setting
    parent, own = ENTITIES[entity].parent or "", header_row(DOCUMENT)
    rows = [
        stored(entity, key, DOCUMENT, **{"ID": f'"{key}"', parent: f'"{DOCUMENT}"', "LineNumber": str(at)})
        for at, key in enumerate((own, LINE))
    ]
    commits = exact.site.commits
    commits.commit([commits.put(ENTITIES[entity], row) for row in rows])
    service = {"SalesInvoices": "SalesInvoice", "PurchaseOrders": "PurchaseOrder"}[entity]
    stream = f"{HERE}/sync/{service}/{entity}"
    shown = list(flat(await exact.read(f"{stream}?$filter=Timestamp gt 1&$select=ID,Timestamp")))
    single = (await exact.get(f"{stream}({shown[0]['Timestamp']}L)?$select=ID")).json()["d"]
    commits.commit([Remove(ENTITIES[entity], row, exact.site.versions.next(DIVISION)) for row in rows])
    gone = [one["EntityKey"] for one in flat(await exact.read(f"{DELETED}?$filter=Timestamp gt 1"))]

    assert [row["ID"] for row in shown] == gone == [own if setting == "own" else DOCUMENT, LINE]
    assert single["ID"] == shown[0]["ID"]


@pytest.mark.parametrize("setting", ["anew", "kept"])
def test_a_balance_has_another_id_after_a_change_or_the_same(store: Store, setting: Any) -> None:
    versions = Rowversions(1)
    store.index()
    ReportingBalances(store, versions, Clock(), lambda: Settings(balance_ids=setting))
    found: list[tuple[str, str, str]] = []
    for amount in ("10", "12.5", "-3"):
        group = {"FinancialYear": "2026", "FinancialPeriod": "1", "GLAccount": f'"{ACCOUNT}"', "Type": "20"}
        line = stored("TransactionLines", LINE, DOCUMENT, Status="50", AmountDC=amount, **group)
        with store.transaction():
            store.put(TRANSACTION_LINES, Row(versions.next(DIVISION), DIVISION, LINE, DOCUMENT, 0.0, line.values))
        (balance,) = store.rows(BALANCE, DIVISION)
        values = dict(zip(BALANCE.fields, balance.values, strict=True))
        found.append((values["ID"], values["Amount"], values["Count"]))

    assert [one[1:] for one in found] == [("10", "1"), ("12.5", "1"), ("-3", "1")]
    assert len({one[0] for one in found}) == (3 if setting == "anew" else 1)


@pytest.mark.parametrize("setting", ["bearer", "Bearer"])
async def test_a_tokens_type_is_written_either_way(exact: Twin, setting: Any) -> None:
    exact.site.settings.token_type = setting
    exact.site.clock.advance(571)

    assert (await exact.refresh()).json()["token_type"] == setting


@pytest.mark.parametrize(("scoped", "answered"), [(False, 200), (True, 403)])
async def test_the_list_of_a_licences_divisions_may_want_a_scope(exact: Twin, scoped: bool, answered: int) -> None:
    exact.site.settings.divisions_scoped = scoped
    exact.site.settings.scopes_missing = ["organization.administration"]

    assert await status(exact, "hrm/Divisions") == answered


@pytest.mark.parametrize(("last", "shown"), [(None, DIVISION), (DIVISION, DIVISION), (999_999, DIVISION)])
async def test_the_current_division_is_one_that_was_granted(exact: Twin, last: int | None, shown: int) -> None:
    exact.site.settings.last_division = last
    me = (await exact.get("/api/v1/current/Me?$select=CurrentDivision")).json()["d"]["results"][0]

    assert me["CurrentDivision"] == shown
