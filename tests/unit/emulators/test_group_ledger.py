"""What must hold of the group's ledger at every moment, read from the emulator's records."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest

from fakes.exact_group import (
    BUDGET,
    CARRY_OVER,
    RESULT_CLOSING,
    Books,
    grouped,
    moment,
    period,
    rounded,
    total,
)


def test_each_entry_adds_up_to_zero_in_both_currencies(group: dict[int, Books]) -> None:
    for books in group.values():
        for lines in books.entries().values():
            assert total(lines) == 0
            assert total(lines, "AmountFC") == 0


def test_each_entry_has_one_period_journal_status_type_and_currency(group: dict[int, Books]) -> None:
    shared = ("FinancialYear", "FinancialPeriod", "JournalCode", "Status", "Type", "Currency", "EntryNumber", "Date")
    for books in group.values():
        for lines in books.entries().values():
            assert len({tuple(line[name] for name in shared) for line in lines}) == 1


def test_debit_equals_credit_in_each_period_and_balance_and_result_cancel(group: dict[int, Books]) -> None:
    for books in group.values():
        for lines in grouped(books.lines, period).values():
            assert total(line for line in lines if line["AmountDC"] > 0) == -total(
                line for line in lines if line["AmountDC"] < 0
            )
            counting = [line for line in lines if line["Type"] not in CARRY_OVER and line["GLAccount"]]
            assert total(counting) == 0


def test_the_reporting_balance_is_the_ledger_grouped(group: dict[int, Books]) -> None:
    for books in group.values():
        expected: dict[tuple[object, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
        for line in books.lines:
            if line["GLAccount"]:
                key = (*period(line), line["GLAccount"], line["CostCenter"], line["CostUnit"], line["Type"])
                found = expected[(*key, line["Status"])]
                amount = Decimal(line["AmountDC"])
                found[0 if amount >= 0 else 1] += abs(amount)
                found[2] += 1
        names = ("ReportingYear", "ReportingPeriod", "GLAccount", "CostCenterCode", "CostUnitCode", "Type", "Status")
        balances = books.of["ReportingBalance"]
        assert {tuple(one[name] for name in names) for one in balances} == set(expected)
        for one in balances:
            debit, credit, count = expected[tuple(one[name] for name in names)]
            assert (one["AmountDebit"], one["AmountCredit"], one["Count"]) == (debit, credit, count)
            assert one["Amount"] == debit - credit


@pytest.mark.parametrize(("which", "back"), [("CurrentYear", 0), ("PreviousYear", 1)])
@pytest.mark.parametrize("status", ["AfterEntry", "Processed"])
def test_opening_balances_are_what_balance_accounts_held_when_the_year_began(
    group: dict[int, Books], which: str, back: int, status: str
) -> None:
    for books in group.values():
        year = max(line["FinancialYear"] for line in books.lines) - back
        expected: dict[str, Decimal] = defaultdict(Decimal)
        for line in books.lines:
            counts = line["Type"] not in CARRY_OVER | {BUDGET} and (status == "AfterEntry" or line["Status"] == 50)
            on_balance = line["GLAccount"] and books.accounts[line["GLAccount"]]["BalanceType"] == "B"
            if counts and on_balance and line["FinancialYear"] < year:
                expected[line["GLAccount"]] += Decimal(line["AmountDC"])
        found = {one["GLAccount"]: one for one in books.of[f"OpeningBalance{which}{status}"]}
        assert {key: one["Amount"] for key, one in found.items()} == {k: v for k, v in expected.items() if v}
        assert all(one["ReportingYear"] == year for one in found.values())


def test_opening_balances_with_open_entries_differ_from_those_without(group: dict[int, Books]) -> None:
    differs = [
        {one["GLAccount"]: one["Amount"] for one in books.of["OpeningBalanceCurrentYearAfterEntry"]}
        != {one["GLAccount"]: one["Amount"] for one in books.of["OpeningBalanceCurrentYearProcessed"]}
        for books in group.values()
    ]
    assert all(differs)


def test_a_vat_return_empties_the_vat_accounts_of_all_that_was_written_before_it(group: dict[int, Books]) -> None:
    returns = 0
    for books in group.values():
        vat = books.of_type(24)
        for lines in books.entries(50).values():
            at, written = period(lines[0]), int(lines[0]["Created"][6:-2])
            returns += 1
            for account in {line["GLAccount"] for line in vat}:
                before = [
                    line
                    for line in vat
                    if line["GLAccount"] == account and period(line) <= at and int(line["Created"][6:-2]) <= written
                ]
                assert total(before) == 0
    assert returns >= 8


def test_vat_lines_are_what_the_codes_of_the_net_lines_say(group: dict[int, Books]) -> None:
    for books in group.values():
        rates = {code["Code"]: code for code in books.of["VATCodes"]}
        for lines in books.entries(20, 21, 30, 31).values():
            net = [line for line in lines if 0 < line["LineNumber"] < 9000]
            vat = [line for line in lines if line["LineNumber"] >= 9000]
            charged = sum((rounded(line["AmountVATFC"] or 0) for line in net), Decimal(0))
            reversed_too = any(rates[line["VATCode"]]["Charged"] for line in net)
            assert reversed_too or abs(total(vat, "AmountFC")) == abs(charged)


def test_line_0_of_each_statement_is_what_its_lines_leave(group: dict[int, Books]) -> None:
    for books in group.values():
        for lines in books.entries(40).values():
            first = [line for line in lines if line["LineNumber"] == 0]
            assert len(first) == 1
            assert books.kind(first[0]) in (10, 12, 14)
            assert total(first) == -total(line for line in lines if line["LineNumber"])


def closed_years(books: Books) -> list[int]:
    last = max(line["FinancialYear"] for line in books.lines)
    return sorted({line["FinancialYear"] for line in books.lines if line["FinancialYear"] < last})


def test_every_closed_year_has_given_its_result_to_equity(group: dict[int, Books]) -> None:
    years = 0
    for books in group.values():
        for year in closed_years(books):
            result = [
                line
                for line in books.lines
                if line["FinancialYear"] == year and line["GLAccount"] and line["Type"] != BUDGET
                and books.accounts[line["GLAccount"]]["BalanceType"] == "W"
            ]  # fmt: skip
            closing = [line for line in books.lines if line["FinancialYear"] == year and line["Type"] in RESULT_CLOSING]
            to_equity = [line for line in closing if books.kind(line) == 52]
            assert total(line for line in result if line["Type"] not in RESULT_CLOSING) == total(to_equity)
            for lines in grouped(result, lambda line: line["GLAccount"]).values():
                assert total(lines) == 0
            years += 1
    assert years == 7


def test_the_belgian_carry_over_cancels_account_by_account(group: dict[int, Books]) -> None:
    for division, books in group.items():
        carried = [line for line in books.lines if line["Type"] in CARRY_OVER]
        assert bool(carried) == (division == 200001)
        for lines in grouped(carried, lambda line: (line["GLAccount"], moment(line["Date"]).year)).values():
            assert total(lines) == 0


def test_depreciation_follows_the_schedule_of_each_asset(group: dict[int, Books]) -> None:
    for books in group.values():
        start = min(moment(line["Date"]) for line in books.lines)
        bought = {line["Asset"]: line for line in books.lines if line["Type"] == 10 and line["Asset"]}
        entries = [line for line in books.lines if line["Type"] == 70 and books.kind(line) == 122]
        assert len(bought) == 3
        for asset, lines in grouped(entries, lambda line: line["Asset"]).items():
            months = int(bought[asset]["AssetDescription"].split("(")[1].split()[0])
            written_off = Decimal(0)
            for line in sorted(lines, key=period):
                day = moment(line["Date"])
                age = (day.year - start.year) * 12 + day.month - start.month + 1
                written_off += rounded(line["AmountDC"])
                due = Decimal(bought[asset]["AmountDC"]) * min(age, months) / months
                assert abs(written_off - due) < Decimal("0.01")


def test_what_was_accrued_or_deferred_comes_back_to_zero(group: dict[int, Books]) -> None:
    for books in group.values():
        last = max(moment(line["Date"]) for line in books.lines)
        balance = [line for line in books.lines if line["Type"] in (84, 86, 95, 96)]
        balance = [line for line in balance if books.accounts[line["GLAccount"]]["BalanceType"] == "B"]
        open_year = max(line["FinancialYear"] for line in books.lines)
        assert balance
        for reference, lines in grouped(balance, lambda line: line["YourRef"]).items():
            under_way = reference.endswith(f"{last:%Y-%m}") or reference in (f"DC-{open_year}", f"DR-{open_year}")
            assert total(lines) == 0 or under_way


def test_periods_cover_every_day_once_and_each_entry_has_one(group: dict[int, Books]) -> None:
    outside = []
    for books in group.values():
        periods = sorted(books.of["FinancialPeriods"], key=lambda one: (one["FinYear"], one["FinPeriod"]))
        spans = [(moment(one["StartDate"]), moment(one["EndDate"])) for one in periods]
        assert all(end + timedelta(days=1) == start for (_, end), (start, _) in itertools.pairwise(spans))
        by_number = {(one["FinYear"], one["FinPeriod"]): span for one, span in zip(periods, spans, strict=True)}
        for lines in books.entries().values():
            start, end = by_number[period(lines[0])]
            if not start <= moment(lines[0]["Date"]) <= end:
                outside.append(lines[0])
    assert len(outside) == 0
