"""$orderby over large tables: every record once and in its place, from an index that follows the changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.exact.entities import COST_CENTERS
from emulators.exact.places import named, place_of
from emulators.exact.row import Row
from emulators.exact.store import Store
from emulators.exact.values import text
from fakes.exact_emulator import CENTERS, DIVISION, Twin, flat

FIELDS = ("Code", "Description", "ID")
RECORDS = 3_000
PAGE = 60

texts = st.none() | st.text(max_size=5)
numbers = st.none() | st.integers(-(2**63), 2**63 - 1).map(Decimal) | st.decimals(-(10**12), 10**12, places=9)
moments = st.none() | st.integers(-(10**14), 10**14)
rows = st.tuples(texts, numbers, moments)


def comparable(value: Any) -> tuple[bool, Any]:
    """Nothing comes first; texts compare without regard to case."""
    return value is not None, value.lower() if isinstance(value, str) else value or 0


@given(rows, rows, st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_places_compare_as_the_values_do_field_by_field(one: Any, other: Any, down: tuple[bool, ...]) -> None:
    order = tuple((edm, at, down[at]) for at, edm in enumerate(("String", "Double", "DateTime")))
    wanted = 0
    for left, right, descending in zip(map(comparable, one), map(comparable, other), down, strict=True):
        if left != right:
            wanted = (-1 if left < right else 1) * (-1 if descending else 1)
            break
    places = place_of(order, one), place_of(order, other)

    assert (places[0] > places[1]) - (places[0] < places[1]) == wanted


def numbered(at: int) -> Row:
    """A cost centre: its description is one of seven, or none."""
    key = f"00000000-0000-4000-8000-{at:012d}"
    values = ["null"] * len(COST_CENTERS.fields)
    described = text(f"Group {'abCDefg'[at % 7]}") if at % 8 else "null"
    for name, value in (("ID", f'"{key}"'), ("Code", text(f"{at:05d}")), ("Description", described)):
        values[COST_CENTERS.at(name)] = value
    return Row(at + 1, DIVISION, key, None, 0.0, values)


@pytest.fixture
def centers(store: Store) -> Store:
    with store.transaction():
        for at in range(RECORDS):
            store.put(COST_CENTERS, numbered(at))
    return store


def order_of(*names: str) -> str:
    return named(tuple((COST_CENTERS.fields[name], COST_CENTERS.at(name), False) for name in names))


def steps(store: Store, order: str, after: bytes) -> int:
    """How much SQLite does for a page, in tens of its instructions."""
    counted = [0]

    def one() -> int:
        counted[0] += 1
        return 0

    store.db.set_progress_handler(one, 10)
    store.page_by_place(COST_CENTERS, DIVISION, order, after, PAGE)
    store.db.set_progress_handler(None, 0)
    return counted[0]


def test_a_page_reads_itself_and_not_the_table(centers: Store) -> None:
    order = order_of("Description", "ID")
    first = steps(centers, order, b"")
    later = [steps(centers, order, place_of((("String", 0, False),), [f"group {letter}"])) for letter in "beg"]

    assert first > RECORDS / 10
    assert max(later) < first / 10


def test_only_the_last_few_orders_keep_an_index_and_every_one_is_answered(centers: Store) -> None:
    names = ["Code", "Description", "ID", "Created", "Creator", "Modified", "Division"]
    found = [centers.page_by_place(COST_CENTERS, DIVISION, order_of(name), b"", PAGE) for name in (*names, "Code")]
    indexes = centers.db.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'Costcenters_order_%'")

    assert [len(page) for page in found] == [PAGE] * 8
    assert [found_at[0] for found_at in found[-1]] == list(range(1, PAGE + 1))
    assert indexes.fetchone()[0] == 4


@pytest.mark.parametrize(
    "order", ["Description,Code", "Description desc,Code", "Code desc", "Modified desc,Description"]
)
async def test_a_read_in_pages_finds_every_record_once_and_in_order(exact: Twin, order: str) -> None:
    pages = await exact.read(f"{CENTERS}?$select={','.join(FIELDS)},Modified&$orderby={order}")
    records = list(flat(pages))
    wanted = sorted(records, key=lambda one: one["ID"])
    for part in reversed(order.split(",")):
        name, _, down = part.partition(" ")
        wanted.sort(key=lambda one: comparable(one[name]), reverse=bool(down))

    assert len(pages) > 1
    assert len({one["ID"] for one in records}) == len(records) == exact.site.store.count(COST_CENTERS)
    assert [one["ID"] for one in records] == [one["ID"] for one in wanted]


async def test_an_order_follows_what_changes_between_its_pages(exact: Twin) -> None:
    asked = f"{CENTERS}?$select=ID,Code&$orderby=Code"
    first = (await exact.get(asked)).json()["d"]
    exact.change("Costcenters", "delete", 2)
    exact.change("Costcenters", "create", 2)
    rest = list(flat(await exact.read(first["__next"])))
    now = {one["ID"]: one["Code"] for one in flat(await exact.read(asked))}

    assert [one["Code"] for one in rest] == sorted(
        (code for code in now.values() if code.lower() > first["results"][-1]["Code"].lower()), key=str.lower
    )
