"""The small group already holds what a mapping may stumble over; each trap is looked for in the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fakes.exact_group import SIZES, Books, Record, moment, opened, period, read

PAGE = 60
SYNC_PAGE = 1_000
LONG = 4_000


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Books]:
    with opened(tmp_path_factory.mktemp("small"), SIZES["small"][0], 0) as sites:
        return read(site.store for site in sites)


def lines(group: dict[int, Books]) -> Iterator[Record]:
    for books in group.values():
        yield from books.lines


def texts(group: dict[int, Books]) -> Iterator[str]:
    for books in group.values():
        for records in books.of.values():
            for record in records:
                yield from (value for value in record.values() if isinstance(value, str))


def wall(text: str) -> datetime:
    return datetime.fromtimestamp(int(text[6:-2]) / 1000, UTC).replace(tzinfo=None)


def test_a_small_group_has_about_as_many_records_as_asked_for(small: dict[int, Books]) -> None:
    streams = ("TransactionLines", "PaymentTerms", "SalesInvoices", "PurchaseOrders", "TimeCostTransactions")
    count = sum(len(books.of[name]) for books in small.values() for name in streams)
    assert 0.8 * 2_000 < count < 1.4 * 2_000


def test_lines_0_and_9000_and_up_are_there_for_the_ledger_and_for_invoices(small: dict[int, Books]) -> None:
    for books in small.values():
        for name in ("TransactionLines", "SalesInvoices"):
            numbers = {record["LineNumber"] for record in books.of[name]}
            assert 0 in numbers
            assert any(number >= 9000 for number in numbers)


def test_records_around_the_end_of_a_page_have_one_modified(small: dict[int, Books]) -> None:
    ordered = sorted(small[100001].of["Costcenters"], key=lambda one: int(one["Modified"][6:-2]))
    assert ordered[PAGE - 1]["Modified"] == ordered[PAGE]["Modified"]
    assert ordered[0]["Modified"] != ordered[PAGE]["Modified"]


def test_codes_have_leading_blanks_and_trailing_ones(small: dict[int, Books]) -> None:
    assert any(account["Code"].startswith(" ") for account in small[100001].of["GLAccounts"])
    assert any(center["Code"].startswith(" ") for center in small[100001].of["Costcenters"])
    assert all(len(one["Code"]) == 18 for books in small.values() for one in books.of["Accounts"])
    assert any(code["Code"].endswith(" ") for code in small[200001].of["VATCodes"])


def test_texts_are_longer_than_a_push_dataset_holds(small: dict[int, Books]) -> None:
    assert any(len(line["Description"] or "") > LONG for line in lines(small))
    assert any(len(account["Description"]) > LONG for account in small[100001].of["GLAccounts"])


@pytest.mark.parametrize("odd", ['"', "'", "\\", "\r\n", "\t", "\u2028", "🚀", "👩‍👩‍👧", "株"])
def test_texts_hold_quotes_breaks_and_emoji(small: dict[int, Books], odd: str) -> None:
    assert any(odd in text for text in texts(small))


def test_fields_are_null_or_empty_or_blank(small: dict[int, Books]) -> None:
    assert any(line["CostCenter"] is None for line in lines(small))
    assert any(line["Description"] == "" for line in lines(small))
    assert any(line["CostCenter"] == "  " for line in lines(small))
    assert any(center["Description"] is None for center in small[100001].of["Costcenters"])


def test_numbers_have_more_than_four_decimals_and_exponents(small: dict[int, Books]) -> None:
    amounts = [Decimal(line["AmountDC"]) for line in lines(small)]
    assert any(amount != amount.quantize(Decimal("0.0001")) for amount in amounts)
    assert Decimal("0.30000000000000004") in amounts
    assert Decimal("12.00005") in amounts
    assert any(amount and abs(amount) < Decimal("0.0001") for amount in amounts)


@pytest.mark.parametrize(("night", "hour"), [("2026-10-25", 2), ("2026-03-29", 1), ("2026-03-29", 3)])
def test_entries_are_written_in_the_nights_that_the_clock_changes(
    small: dict[int, Books], night: str, hour: int
) -> None:
    created = {wall(line["Created"]) for line in lines(small)}
    assert any(f"{at:%Y-%m-%d}" == night and at.hour == hour for at in created)


def test_an_entry_is_written_months_after_its_period_and_is_due_in_2099(small: dict[int, Books]) -> None:
    late = [line for line in lines(small) if line["DueDate"] and moment(line["DueDate"]).year == 2099]
    assert late
    assert all(wall(line["Created"]).month - moment(line["Date"]).month == 4 for line in late)


def test_a_delete_is_older_than_the_record_that_has_its_key(small: dict[int, Books]) -> None:
    for books in small.values():
        stamps = {line["ID"]: int(line["Timestamp"]) for line in books.lines}
        deleted = {one["EntityKey"]: int(one["Timestamp"]) for one in books.of["Deleted"] if one["EntityType"] == 1}
        back = [key for key in deleted if key in stamps]
        assert len(back) == 1
        assert deleted[back[0]] < stamps[back[0]]
        assert len(deleted) > 1


def test_a_list_ends_with_a_full_page_so_that_the_last_one_is_empty(small: dict[int, Books]) -> None:
    assert all(len(books.of["Costunits"]) == PAGE for books in small.values())


def test_one_code_means_another_thing_in_another_company_and_charts_have_other_lengths(small: dict[int, Books]) -> None:
    names = [{one["Code"]: one["Description"] for one in small[at].of["GLAccounts"]} for at in (100001, 100002)]
    assert any(names[0][code] != name for code, name in names[1].items() if code in names[0])
    lengths = {division: Counter(len(one["Code"].strip()) for one in books.of["GLAccounts"]).most_common(1)[0][0]
               for division, books in small.items()}  # fmt: skip
    assert sorted(set(lengths.values())) == [4, 5, 6]


def test_the_companies_live_in_three_countries_with_their_own_years(small: dict[int, Books]) -> None:
    assert {books.of["HrmDivisions"][0]["Country"] for books in small.values()} == {"NL", "BE", "DE"}
    starts = {
        division: min(moment(one["StartDate"]) for one in books.of["FinancialPeriods"]).month
        for division, books in small.items()
    }
    assert starts == {100001: 1, 100002: 1, 200001: 7, 300001: 1}
    joined = [line for line in small[300001].lines if line["Type"] == 10]
    assert {period(line) for line in joined} == {(2025, 7)}
    assert any(small[300001].accounts[line["GLAccount"]]["BalanceType"] == "W" for line in joined)


def test_every_kind_of_entry_of_a_year_is_there(small: dict[int, Books]) -> None:
    kinds = {line["Type"] for line in lines(small)}
    assert kinds >= {10, 20, 21, 30, 40, 50, 70, 84, 86, 90, 95, 96, 170, 310, 320, 321, 326, 327, 328, 3000}


def test_an_entry_has_a_line_without_an_account(small: dict[int, Books]) -> None:
    assert [line["LineNumber"] for line in lines(small) if line["GLAccount"] is None] == [0]
