"""A number of records is kept within a tenth, from the smallest books on; what is too small is refused clearly."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.books.bookkeeping import Bookkeeper
from emulators.books.extent import SMALLEST, extents
from emulators.books.group import companies
from emulators.books.model import Entry
from emulators.books.operations import Operations
from emulators.exact.group_seed import GroupPlan, fill_site
from emulators.exact.seed import Rowversions
from emulators.exact.store import Store
from emulators.serve import GROUP, LEAST, SIZES, options
from fakes.exact_group import read

STREAMS = ("TransactionLines", "PaymentTerms", "SalesInvoices", "PurchaseOrders", "TimeCostTransactions")
NOW = 1_795_500_000.0


def counted(size: int, *, seed: int = 1, british: bool = False) -> int:
    """The records that the group's books would have, without writing them."""
    group = companies(seed, british=british)
    records, shares = extents(size, group)
    total = 0
    for company in group:
        keeper = Bookkeeper(company, Operations(company, group, records), shares[company.key])
        for _ in keeper.events():
            pass
        total += keeper.records
    return total


@pytest.mark.parametrize("size", [100, 150, 300, 899, 900, 1_799, 1_800, 2_000, 3_000, 5_000, 7_999, 8_000, 20_000])
@pytest.mark.parametrize("seed", [1, 7])
def test_the_group_has_as_many_records_as_asked_for(size: int, seed: int) -> None:
    assert abs(counted(size, seed=seed) - size) <= size / 10


@pytest.mark.parametrize("size", [2_000, 20_000])
def test_with_the_british_company_too(size: int) -> None:
    assert abs(counted(size, british=True) - size) <= size / 10


@pytest.mark.parametrize("size", [100, 2_000])
def test_what_is_counted_is_what_the_streams_hold(tmp_path: Path, size: int) -> None:
    found = 0
    for site in ("nl", "be", "de"):
        store = Store(tmp_path / f"{site}.sqlite")
        fill_site(store, Rowversions(1), site, GroupPlan(1, size), NOW)
        found += sum(len(books.of[name]) for books in read([store]).values() for name in STREAMS)
        store.close()

    assert abs(found - counted(size)) <= size / 50


def test_a_larger_group_has_an_entry_that_spans_pages() -> None:
    group = companies(1)
    records, shares = extents(30_000, group)
    keeper = Bookkeeper(group[0], Operations(group[0], group, records), shares[group[0].key])

    assert max(len(event.lines) for event in keeper.events() if isinstance(event, Entry)) == 1_500


def test_fewer_than_the_group_can_have_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        extents(SMALLEST - 1, companies(1))
    assert LEAST[GROUP] == SMALLEST


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--size", "99"], "for group books at least 100; not '99'"), (["--size", "huge"], "not 'huge'"),
        (["--size", "1", "--books", "single"], "for single books at least 2"), (["--size", "-5"], "not '-5'"),
    ],
)  # fmt: skip
def test_a_size_that_cannot_be_is_told(capsys: pytest.CaptureFixture[str], words: list[str], why: str) -> None:
    with pytest.raises(SystemExit):
        options(["--ready", "ready.json", *words])
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(("text", "size"), [("small", 2_000), ("100", 100), ("large", 10_000_000)])
def test_a_size_is_a_name_or_a_number(text: str, size: int) -> None:
    assert options(["--ready", "ready.json", "--size", text]).size == size
    assert SIZES["medium"] == 1_000_000
