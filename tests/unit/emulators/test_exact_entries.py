"""Entries by journal are the ledger's lines shown otherwise: what the ledger says they say, at every moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from emulators.clock import Clock
from emulators.exact.entities import TRANSACTION_LINES
from emulators.exact.entry_rows import SHOWN, signed
from emulators.exact.group_changes import GroupChanges
from emulators.exact.group_seed import GroupPlan
from emulators.exact.group_world import SITES, app_of, open_sites, user_of
from emulators.exact.row import Row
from emulators.exact.site import Site
from emulators.faults import Faults
from fakes.exact_emulator import APP, DIVISION, USER, Twin, flat
from fakes.exact_group import Books, Record, grouped, moment, read, total
from unit.emulators.test_exact_faults import fault

HERE = f"/api/v1/{DIVISION}"
ADDRESSES = {
    "SalesEntries": "salesentry/SalesEntries", "PurchaseEntries": "purchaseentry/PurchaseEntries",
    "BankEntries": "financialtransaction/BankEntries", "CashEntries": "financialtransaction/CashEntries",
    "GeneralJournalEntries": "generaljournalentry/GeneralJournalEntries",
}  # fmt: skip
LINES = {of.header.name: of.lines.name for of in SHOWN.values()}
TYPES = {"SalesEntries": (20, 21), "PurchaseEntries": (30, 31)}
SIGNS = {of.header.name: of for of in SHOWN.values()}


def sites_in(folder: Path) -> list[Site]:
    people = {name: (app_of(name, name, "https://app.example"), user_of(USER.name, name)) for name in SITES}
    return open_sites(GroupPlan(7, 2_000), Clock(1.0), people | {"nl": (APP, USER)}, folder / "group", limits=False)


@pytest.fixture
async def sites(tmp_path: Path) -> AsyncIterator[list[Site]]:
    made = sites_in(tmp_path)
    yield made
    for site in made:
        site.store.close()


@pytest.fixture
async def exact(sites: list[Site]) -> Twin:
    """The first site of the group, where somebody has logged in."""
    return await Twin.serving(sites[0]).log_in()


def ledger(exact: Twin) -> Books:
    return read([exact.site.store])[DIVISION]


def fits(books: Books, name: str, line: Record) -> bool:
    """Whether a ledger line is of an entry that an address shows."""
    cash = {journal["Code"] for journal in books.of["Journals"] if journal["Type"] == 10}
    kinds = {
        "SalesEntries": line["Type"] in (20, 21), "PurchaseEntries": line["Type"] in (30, 31),
        "BankEntries": line["Type"] == 40 and line["JournalCode"] not in cash,
        "CashEntries": line["Type"] == 40 and line["JournalCode"] in cash,
        "GeneralJournalEntries": line["Type"] not in (20, 21, 30, 31, 40, 3000),
    }  # fmt: skip
    return kinds[name]


async def rows(exact: Twin, path: str, fields: str, more: str = "") -> list[dict[str, Any]]:
    return list(flat(await exact.read(f"{HERE}/{path}?$select={fields}{more}")))


async def agrees(exact: Twin, name: str) -> int:
    """Check one kind of entry against the ledger; gives how many there are."""
    books = ledger(exact)
    expected = grouped((line for line in books.lines if fits(books, name, line)), lambda line: line["EntryID"])
    headers = await rows(exact, ADDRESSES[name], "EntryID,EntryNumber,Modified,Status")
    assert {row["EntryID"] for row in headers} == set(expected)
    assert len(headers) == len(expected)
    for row in headers:
        lines = expected[row["EntryID"]]
        assert {(row["EntryNumber"], row["Status"])} == {(line["EntryNumber"], line["Status"]) for line in lines}
        assert row["Modified"] == max(line["Modified"] for line in lines)
    whole = name == "GeneralJournalEntries"
    wanted = {
        line["ID"]: Decimal(line["AmountDC"]) * SIGNS[name].line_sign
        for lines in expected.values()
        for line in lines
        if (line["GLAccount"] if whole else 0 < line["LineNumber"] < 9000)
    }
    shown = await rows(exact, ADDRESSES[name].replace(name, LINES[name]), "ID,EntryID,AmountDC")
    assert {row["ID"]: row["AmountDC"] for row in shown} == {key: float(amount) for key, amount in wanted.items()}
    return len(headers)


@pytest.mark.parametrize("name", ADDRESSES)
async def test_headers_and_lines_are_those_of_the_ledger(exact: Twin, name: str) -> None:
    assert await agrees(exact, name) > 0


async def test_each_entry_of_the_ledger_is_of_one_kind_but_budgets(exact: Twin) -> None:
    found = [row["EntryID"] for name in ADDRESSES for row in await rows(exact, ADDRESSES[name], "EntryID")]
    expected = {line["EntryID"] for line in ledger(exact).lines if line["Type"] != 3000}

    assert len(found) == len(set(found))
    assert set(found) == expected


async def test_they_change_with_the_ledger(exact: Twin, sites: list[Site]) -> None:
    changes = GroupChanges(sites, Faults(), 3)
    before = await rows(exact, ADDRESSES["PurchaseEntries"], "EntryID,Modified")
    for kind in ("edit", "delete", "create", "process", "backdate", "restamp"):
        changes.change("TransactionLines", 12, [kind])
    for name in ADDRESSES:
        await agrees(exact, name)

    assert await rows(exact, ADDRESSES["PurchaseEntries"], "EntryID,Modified") != before


@pytest.mark.parametrize(("name", "control", "own"), [("SalesEntries", 1, -1), ("PurchaseEntries", -1, 1)])
async def test_a_header_is_what_line_0_says_and_its_lines_and_vat_make_it_up(
    exact: Twin, name: str, control: int, own: int
) -> None:
    entries = ledger(exact).entries(*TYPES[name])
    party = {"SalesEntries": "Customer", "PurchaseEntries": "Supplier"}[name]
    asked = f"EntryID,AmountDC,VATAmountDC,InvoiceNumber,YourRef,Journal,ReportingYear,{party},Type,TypeDescription"
    found = await rows(exact, ADDRESSES[name], f"{asked},{LINES[name]}", f"&$expand={LINES[name]}")

    assert any(row["VATAmountDC"] for row in found)
    for row in found:
        line = next(one for one in entries[row["EntryID"]] if one["LineNumber"] == 0)
        assert row["AmountDC"] == float(line["AmountDC"] * control)
        assert (row["InvoiceNumber"], row["YourRef"]) == (line["InvoiceNumber"], line["YourRef"])
        assert (row["Journal"], row["ReportingYear"], row[party]) == (
            line["JournalCode"], line["FinancialYear"], line["Account"],
        )  # fmt: skip
        assert (row["Type"], row["TypeDescription"]) in {
            (20, "Sales entry"), (21, "Sales credit note"), (30, "Purchase entry"), (31, "Purchase credit note"),
        }  # fmt: skip
        net = sum(Decimal(str(one["AmountDC"])) for one in row[LINES[name]]["results"])
        assert net + Decimal(str(row["VATAmountDC"])) == Decimal(str(row["AmountDC"]))
        assert total(entries[row["EntryID"]]) == 0


async def test_a_statement_begins_with_what_the_one_before_ended_with(exact: Twin) -> None:
    asked = "EntryID,EntryNumber,JournalCode,OpeningBalanceFC,ClosingBalanceFC"
    found = await rows(exact, ADDRESSES["BankEntries"], asked)
    books = ledger(exact)
    days = {line["EntryID"]: moment(line["Date"]) for line in books.lines}
    for statements in grouped(found, lambda row: row["JournalCode"]).values():
        ordered = sorted(statements, key=lambda row: (days[row["EntryID"]], row["EntryNumber"]))
        assert all(one["ClosingBalanceFC"] == other["OpeningBalanceFC"] for one, other in pairwise(ordered))
    for row in found:
        lines = await rows(
            exact, "financialtransaction/BankEntryLines", "AmountDC", f"&$filter=EntryID eq guid'{row['EntryID']}'"
        )
        moved = sum(Decimal(str(line["AmountDC"])) for line in lines)
        assert Decimal(str(row["ClosingBalanceFC"])) - Decimal(str(row["OpeningBalanceFC"])) == moved
    bank = min(
        (row for row in found if row["JournalCode"] == "20"), key=lambda row: (days[row["EntryID"]], row["EntryNumber"])
    )
    assert bank["OpeningBalanceFC"] == 400_000


async def test_statements_follow_when_one_before_them_changes(exact: Twin) -> None:
    asked = "EntryID,ClosingBalanceFC"
    before = {row["EntryID"]: row["ClosingBalanceFC"] for row in await rows(exact, ADDRESSES["BankEntries"], asked)}
    first = next(
        line for line in ledger(exact).lines
        if line["Type"] == 40 and line["LineNumber"] == 0 and line["EntryID"] in before
    )  # fmt: skip
    (row,) = exact.site.store.rows(TRANSACTION_LINES, DIVISION, key=first["ID"])
    row.values[TRANSACTION_LINES.at("AmountDC")] = str(first["AmountDC"] + 1)
    exact.site.store.put(
        TRANSACTION_LINES, Row(exact.site.versions.next(), DIVISION, row.id, row.parent, 0, row.values)
    )
    after = {row["EntryID"]: row["ClosingBalanceFC"] for row in await rows(exact, ADDRESSES["BankEntries"], asked)}

    assert after[first["EntryID"]] == pytest.approx(before[first["EntryID"]] + 1)


async def test_an_entry_is_read_by_its_key_and_its_lines_under_it(exact: Twin) -> None:
    (entry, *_) = await rows(exact, ADDRESSES["SalesEntries"], "EntryID,EntryNumber")
    one = f"{HERE}/{ADDRESSES['SalesEntries']}(guid'{entry['EntryID']}')"
    line = (await rows(exact, "salesentry/SalesEntryLines", "ID", f"&$filter=EntryID eq guid'{entry['EntryID']}'"))[0]

    assert (await exact.get(f"{one}?$select=EntryNumber")).json()["d"]["EntryNumber"] == entry["EntryNumber"]
    below = list(flat(await exact.read(f"{one}/SalesEntryLines?$select=ID,EntryID")))
    assert {row["EntryID"] for row in below} == {entry["EntryID"]}
    assert line["ID"] in {row["ID"] for row in below}
    by_key = await exact.get(f"{HERE}/salesentry/SalesEntryLines(guid'{line['ID']}')?$select=EntryID")
    assert by_key.json()["d"]["EntryID"] == entry["EntryID"]


async def test_an_entry_or_a_line_of_another_kind_is_not_there(exact: Twin) -> None:
    header = next(line for line in ledger(exact).lines if line["Type"] == 20 and line["LineNumber"] == 0)
    net = next(line for line in ledger(exact).lines if line["Type"] == 20 and line["LineNumber"] == 1)
    for path, key in (
        (ADDRESSES["PurchaseEntries"], header["EntryID"]), ("salesentry/SalesEntryLines", header["ID"]),
        ("purchaseentry/PurchaseEntryLines", net["ID"]),
    ):  # fmt: skip
        assert (await exact.get(f"{HERE}/{path}(guid'{key}')?$select=EntryID")).status_code == 404


async def test_they_are_filtered_counted_and_ordered_as_other_lists_are(exact: Twin) -> None:
    path = ADDRESSES["GeneralJournalEntries"]
    every = await rows(exact, path, "EntryID,Type,EntryNumber")
    some = await rows(exact, path, "EntryID", "&$filter=Type eq 90 and FinancialYear eq 2026")
    newest = (await exact.get(f"{HERE}/{path}?$select=EntryNumber&$orderby=EntryNumber desc&$top=1")).json()["d"]
    counted = await exact.get(f"{HERE}/{path}/$count", Accept="*/*")

    lines = await exact.read(f"{HERE}/generaljournalentry/GeneralJournalEntryLines?$select=ID")

    assert [len(page) for page in lines][:2] == [60, 60]
    assert [row["EntryID"] for row in every] == sorted(row["EntryID"] for row in every)
    assert 0 < len(some) < sum(row["Type"] == 90 for row in every)
    assert newest[0]["EntryNumber"] == max(row["EntryNumber"] for row in every)
    assert int(counted.text) == len(every)


async def test_pages_of_an_order_hold_every_line_once_and_follow_what_changes(exact: Twin) -> None:
    path, order = "generaljournalentry/GeneralJournalEntryLines", "&$orderby=LineNumber desc,GLAccountCode"

    async def read_all() -> list[tuple[int, str, str, str]]:
        found = await rows(exact, path, "LineNumber,GLAccountCode,ID,EntryID", order)
        return [(-row["LineNumber"], row["GLAccountCode"], row["ID"], row["EntryID"]) for row in found]

    before, again = await read_all(), await read_all()
    exact.site.clock.advance(200)
    for row in exact.site.store.rows(TRANSACTION_LINES, DIVISION, parent=before[0][3]):
        exact.site.commits.commit([exact.site.commits.remove(TRANSACTION_LINES, row)])
    exact.site.clock.advance(200)
    after = await read_all()
    exact.site.settings.replica_lag_s = 300
    then = await read_all()

    assert len(before) > 60
    assert before == again == then == sorted(before)
    assert after == [line for line in before if line[3] != before[0][3]]


async def test_an_older_state_shows_the_entries_of_then(exact: Twin, sites: list[Site]) -> None:
    before = await rows(exact, ADDRESSES["PurchaseEntries"], "EntryID,AmountDC")
    exact.site.clock.advance(60)
    GroupChanges(sites, Faults(), 3).change("TransactionLines", 40, ["create", "edit"])
    for row in exact.site.store.rows(TRANSACTION_LINES, DIVISION, parent=before[0]["EntryID"]):
        exact.site.commits.commit([exact.site.commits.remove(TRANSACTION_LINES, row)])
    now = await rows(exact, ADDRESSES["PurchaseEntries"], "EntryID,AmountDC")
    fault(exact, "list.PurchaseEntries", "stale", seconds=30)

    assert before != now
    assert await rows(exact, ADDRESSES["PurchaseEntries"], "EntryID,AmountDC") == before


async def test_one_companys_ledger_shows_them_too(tmp_path: Path) -> None:
    twin = await Twin.opened(tmp_path, 1_000).log_in()
    found = {name: len(await rows(twin, ADDRESSES[name], "EntryID")) for name in ADDRESSES}
    entries = {(line["EntryID"], line["Type"]) for line in ledger(twin).lines}
    twin.site.store.close()

    assert found["CashEntries"] == 0
    assert found["BankEntries"] == sum(kind == 40 for _, kind in entries) > 0
    assert sum(found.values()) == sum(kind != 3000 for _, kind in entries)


@pytest.mark.parametrize(
    ("sign", "text", "shown"),
    [
        (1, "-5", "-5"),
        (-1, "-5.10", "5.10"),
        (-1, "1E-05", "-1E-05"),
        (-1, "0", "0"),
        (-1, "-0.0", "-0.0"),
        (-1, "null", "null"),
    ],
)
def test_a_sign_is_turned_without_touching_the_digits(sign: int, text: str, shown: str) -> None:
    assert signed(sign, text) == shown
