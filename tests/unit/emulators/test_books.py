"""The seeded books: size, balance, determinism, and every trap that a mapping must survive."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

import pytest

from emulators.books.ledger import Ledger
from emulators.books.model import UNITS, Entry, Line, decimal_text

SMALL = 2_000
LARGE = 40_000
SEED = 1


@pytest.fixture(scope="module")
def small() -> list[Entry]:
    return list(Ledger(SEED, SMALL).entries())


class Posting(NamedTuple):
    """A line with its entry."""

    entry: Entry
    line: Line


def all_lines(entries: list[Entry]) -> list[Posting]:
    return [Posting(entry, line) for entry in entries for line in entry.lines]


@pytest.mark.parametrize("size", [2, 3, 17, 100, 499, 500, 501, 999, 1_000, 1_001, SMALL, 2_001, 7_777, LARGE])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_ledger_has_exactly_the_lines_it_was_asked_for_and_each_entry_adds_up(seed: int, size: int) -> None:
    entries = list(Ledger(seed, size).entries())

    assert sum(len(entry.lines) for entry in entries) == size
    assert all(len(entry.lines) >= 2 for entry in entries)
    assert not [entry for entry in entries if sum(line.amount for line in entry.lines)]


def test_amounts_in_the_transactions_currency_add_up_too(small: list[Entry]) -> None:
    sums = [sum(line.amount if line.foreign is None else line.foreign for line in entry.lines) for entry in small]

    assert not any(sums)
    assert {entry.currency for entry in small} == {"EUR", "USD"}


def test_texts_of_amounts_round_to_the_amounts(small: list[Entry]) -> None:
    texts = [(line.text, line.amount) for _, line in all_lines(small) if line.text]

    assert len(texts) >= 8
    for text, amount in texts:
        assert int(Decimal(text).quantize(Decimal("0.0001"), ROUND_HALF_UP) * UNITS) == amount


def test_the_same_seed_gives_the_same_books_and_another_seed_others() -> None:
    assert list(Ledger(SEED, 600).entries()) == list(Ledger(SEED, 600).entries())
    assert list(Ledger(SEED, 600).entries()) != list(Ledger(SEED + 1, 600).entries())


def test_closed_years_end_at_zero_on_every_result_account(small: list[Entry]) -> None:
    sums: dict[tuple[int, str], int] = defaultdict(int)
    for entry, line in all_lines(small):
        if line.account and line.account.balance_type == "W":
            sums[(entry.year, line.account.code)] += line.amount

    assert not [key for key, amount in sums.items() if key[0] < 2026 and amount]
    assert {entry.type for entry in small} == {10, 20, 30, 40, 90, 170, 310, 3000}


def test_identifiers_never_repeat(small: list[Entry]) -> None:
    ids = Counter([entry.id for entry in small] + [line.id for _, line in all_lines(small)])

    assert max(ids.values()) == 1


TRAPS: dict[str, Callable[[Posting], bool]] = {
    "a line 0 without account and amount": lambda at: (at.line.number, at.line.account, at.line.amount) == (0, None, 0),
    "a VAT line 9999": lambda at: at.line.number == 9999,
    "a VAT code with trailing blanks": lambda at: (at.line.vat_code or "").endswith("  "),
    "a cost centre with a leading blank": lambda at: (at.line.cost_center or "").startswith(" K"),
    "a cost centre of blanks": lambda at: at.line.cost_center is not None and not at.line.cost_center.strip(),
    "a cost centre in another case": lambda at: at.line.cost_center == "HAL",
    "no cost centre": lambda at: at.line.cost_center is None,
    "a text over 4,000 characters": lambda at: len(at.line.description or "") > 4_000,
    "an emoji at the 200th character": lambda at: (at.line.description or "")[199:200] == "🚀",
    "quotes and line breaks": lambda at: {'"', "\r", "\n"} <= set(at.line.description or ""),
    "an empty text": lambda at: at.line.description == "",
    "binary noise": lambda at: at.line.text == "0.30000000000000004",
    "half a unit below zero": lambda at: at.line.text == "-12.00005",
    "an exponent": lambda at: at.line.text == "1E-05",
    "minus zero": lambda at: at.line.text == "-0.0",
    "a budget": lambda at: at.entry.type == 3000,
    "the hour that comes twice": lambda at: at.entry.created == 1_792_895_400_000,
    "the hour that never comes": lambda at: at.entry.created == 1_774_749_599_000,
    "just after midnight": lambda at: at.entry.created % 86_400_000 == 15 * 60_000,
    "posted into an earlier period": lambda at: at.entry.period == 1 and at.entry.created == 1_777_885_200_000,
    "due in 2099": lambda at: at.entry.due is not None and at.entry.due.year == 2099,
    "an open entry": lambda at: at.entry.status == 20,
    "the edge of a band": lambda at: decimal_text(at.line.amount) == "99.9999",
    "an unused reference": lambda at: at.line.relation is None,
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_the_small_books_hold_the_trap(small: list[Entry], trap: str) -> None:
    assert any(TRAPS[trap](posting) for posting in all_lines(small))


def test_large_books_hold_an_entry_of_fifteen_hundred_lines() -> None:
    assert any(len(entry.lines) == 1_500 for entry in Ledger(SEED, LARGE).entries())


def test_the_chart_has_odd_accounts_and_cost_centres() -> None:
    makers = Ledger(SEED, SMALL).makers
    codes = [account.code for account in makers.accounts]

    assert len(codes) == len({code.strip() for code in codes}) >= 60
    assert any(code.startswith(" ") for code in codes)
    assert any(len(account.description) > 4_000 for account in makers.accounts)
    assert any(account.blocked for account in makers.accounts)
    assert any(center.description is None for center in makers.cost_centers)
    assert len({center.code.strip().upper() for center in makers.cost_centers}) == len(makers.cost_centers)
    assert any(center.end for center in makers.cost_centers)


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0"), (1_210_000, "121"), (125_000, "12.5"), (-1, "-0.0001"), (-10_000, "-1")]
)
def test_amounts_print_as_short_as_they_can(units: int, text: str) -> None:
    assert decimal_text(units) == text
