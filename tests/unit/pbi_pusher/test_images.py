"""Images: by value, new only where a value changed."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from exactbi.messages.rows import MappedRow
from pbi_pusher.images import Rows, Unwanted, WantedRow, compare, digest

rows = st.lists(
    st.builds(
        MappedRow,
        st.sampled_from(["T", "U"]),
        st.integers(0, 2),
        st.sampled_from(["", '"A":1', '"A":2']),
        st.lists(st.integers(-3, 3), max_size=2),
        st.just("unit"),
        st.none(),
    ),
    max_size=4,
    unique_by=lambda row: (row.table, row.ordinal),
)


def held(listed: Sequence[MappedRow]) -> Rows:
    return {
        (row.table, row.ordinal): WantedRow(number, number, digest(row), row.unit) for number, row in enumerate(listed)
    }


@given(rows)
def test_equal_rows_change_nothing(listed: list[MappedRow]) -> None:
    changes = compare({"r": listed}, {"r": held(listed)})

    assert (changes.images, changes.unwanted) == ([], [])


@given(rows, rows)
def test_after_the_changes_the_listed_rows_are_wanted_and_no_others(
    before: list[MappedRow], after: list[MappedRow]
) -> None:
    known = held(before)
    changes = compare({"r": after}, {"r": known})

    values = {place: row.hash for place, row in known.items()}
    numbers = {row.row_id: place for place, row in known.items()}
    for image in changes.images:
        place = (image.row.table, image.row.ordinal)
        assert image.row_id == (known[place].row_id if place in known else None)
        values[place] = image.hash
    for row in changes.unwanted:
        del values[numbers[row.row_id]]
    assert values == {(row.table, row.ordinal): digest(row) for row in after}


def test_a_row_that_is_not_wanted_any_more_becomes_unwanted_once() -> None:
    known: Rows = {("T", 0): WantedRow(1, 5, b"x", "u"), ("T", 1): WantedRow(2, None, b"x", "u")}

    assert compare({"r": []}, {"r": known}).unwanted == [Unwanted(1, "T", "u")]


def test_a_row_that_comes_back_with_its_last_value_gets_a_new_image() -> None:
    row = MappedRow("T", 0, '"A":1', [], "u", None)

    [image] = compare({"r": [row]}, {"r": {("T", 0): WantedRow(1, None, digest(row), "u")}}).images

    assert image.row_id == 1


def test_the_hash_tells_attributes_and_amounts_apart() -> None:
    one = MappedRow("T", 0, "a", [1, 2], "u", None)

    assert (
        len(
            {
                digest(one),
                digest(MappedRow("T", 0, "a", [2, 1], "u", None)),
                digest(MappedRow("T", 0, "b", [1, 2], "u", None)),
            }
        )
        == 3
    )
