"""The life of a batch, decided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbi_pusher import batches as core
from pbi_pusher.batches import Answer, Batch, DueRow, Items, Kind, Mode, State


def due(row: int, wanted: int | None, pushed: int | None = None, unit: str = "u", size: int = 10) -> DueRow:
    return DueRow(row, 0, unit, wanted, pushed, size)


def batch(state: State = State.SENDING, kind: Kind = Kind.CONTENT, rows: int = 2) -> Batch:
    numbers = tuple(range(1, rows + 1))
    return Batch(7, 1, kind, state, numbers, tuple(10 * n for n in numbers), (1,) * rows, 100)


def test_a_changed_row_is_its_negation_and_its_new_image_side_by_side() -> None:
    items = core.compose([due(1, wanted=12, pushed=11)], Mode.REVERSAL).items
    assert items == Items((1, 1), (11, 12), (-1, 1))


def test_a_row_whose_wanted_image_equals_the_pushed_one_leaves_due() -> None:
    composed = core.compose([due(1, 5, 5), due(2, None, None)], Mode.REVERSAL)
    assert [row.row for row in composed.settled] == [1, 2]
    assert composed.items.rows == ()


def test_a_unit_that_fits_into_a_batch_is_not_parted() -> None:
    rows = [due(n, n, unit=f"u{n // 4}") for n in range(12)]
    assert core.compose(rows, Mode.REVERSAL, max_items=10).items.rows == (0, 1, 2, 3, 4, 5, 6, 7)


def test_a_unit_larger_than_a_batch_is_cut_between_rows() -> None:
    rows = [due(n, 2 * n + 1, 2 * n + 2) for n in range(8)]
    assert core.compose(rows, Mode.REVERSAL, max_items=5).items.rows == (0, 0, 1, 1)


def test_bytes_limit_a_batch_too() -> None:
    rows = [due(n, n, unit=str(n), size=1000) for n in range(10)]
    assert len(core.compose(rows, Mode.REVERSAL, max_bytes=3500).items.rows) == 3


def test_a_replace_table_appends_new_keys_and_waits_with_the_rest() -> None:
    rows = [due(1, 10), due(2, 11, 9), due(3, None, 8), due(4, 12)._replace(key_taken=True)]
    duplicate = due(5, 13)._replace(duplicate=True)
    composed = core.compose([*rows, duplicate], Mode.REPLACE)
    assert composed.items == Items((1,), (10,), (1,))
    assert [row.row for row in composed.waiting] == [2, 3, 4]
    assert composed.duplicates == [duplicate]


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(1, 5)), st.one_of(st.none(), st.integers(1, 5)), st.integers(0, 3)),
        max_size=40,
    ),
    st.integers(2, 12),
)
def test_every_composed_batch_moves_its_rows_from_pushed_to_wanted(
    drawn: list[tuple[int | None, int | None, int]], max_items: int
) -> None:
    rows = sorted((due(n, w, p, f"u{u}") for n, (w, p, u) in enumerate(drawn)), key=lambda row: row.unit)
    items = core.compose(rows, Mode.REVERSAL, max_items=max_items).items
    planned = core.planned(1, 1, items, 1)
    by_row = {row.row: row for row in rows}
    net: dict[tuple[int, int], int] = {}
    for row, image, sign in zip(*items, strict=True):
        net[row, image] = net.get((row, image), 0) + sign
    assert len(items.rows) <= max_items
    for row, pushed in core.pushed_by(planned).items():
        assert pushed == by_row[row].wanted
        expected = {(row, by_row[row].wanted): 1, (row, by_row[row].pushed): -1}
        assert {key: n for key, n in net.items() if key[0] == row} == {k: n for k, n in expected.items() if k[1]}
    assert bool(items.rows) == any(row.wanted != row.pushed for row in rows)


def test_the_first_confirmation_moves_pushed_and_a_later_one_does_not() -> None:
    first = core.confirmed(batch(), epoch=1, now=5.0)
    assert first.moves
    again = core.confirmed(replace(first.batch, state=State.DOUBTFUL), epoch=1, now=9.0)
    assert not again.moves
    assert again.batch.confirmed_at == 5.0


def test_confirming_a_counter_or_an_old_epoch_moves_nothing() -> None:
    assert not core.confirmed(batch(kind=Kind.COUNTER), epoch=1, now=0.0).moves
    assert not core.confirmed(batch(), epoch=2, now=0.0).moves


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Answer.ACCEPTED, State.CONFIRMED), (Answer.UNKNOWN, State.DOUBTFUL), (Answer.AGAIN, State.PLANNED)],
)
def test_an_answer_leads_to_its_state(answer: Answer, state: State) -> None:
    assert core.answered(batch(), (0, 1), answer, 1, 0.0).batch.state is state


def test_a_refused_batch_is_halved_and_a_refused_row_goes_to_failures() -> None:
    halved = core.answered(batch(rows=5), range(5), Answer.REFUSED, 1, 0.0)
    assert halved.parts == ((1, 2), (3, 4, 5))
    single = core.answered(batch(rows=1), (0,), Answer.REFUSED, 1, 0.0)
    assert single.refused == (1, 10)
    assert single.batch.state is State.REFUSED


@pytest.mark.parametrize("repair", [batch(kind=Kind.COUNTER), replace(batch(State.CONFIRMED), missing=(0,))])
def test_a_refused_repair_gives_the_table_up(repair: Batch) -> None:
    outcome = core.answered(repair, (0,), Answer.REFUSED, 1, 0.0)
    assert outcome.give_up
    assert not outcome.parts
    assert outcome.refused is None


def test_resent_items_keep_the_state_until_a_census_sees_them() -> None:
    waits = replace(batch(State.CONFIRMED), missing=(1,), resend=True)
    begun = core.begun(waits, now=3.0)
    assert (begun.state, begun.resend, begun.missing, begun.sent_at) == (State.CONFIRMED, False, (1,), 3.0)
    assert core.answered(begun, (1,), Answer.ACCEPTED, 1, 4.0).batch == begun
    assert core.answered(begun, (1,), Answer.AGAIN, 1, 4.0).batch.resend


def test_a_take_over_puts_only_what_was_being_sent_in_doubt() -> None:
    assert core.taken_over(batch()).state is State.DOUBTFUL
    assert core.taken_over(batch(State.PLANNED, Kind.COUNTER)).state is State.PLANNED


def test_a_raise_ends_what_is_unresolved_and_forgets_extra_and_missing() -> None:
    open_ = replace(batch(State.DOUBTFUL), extra=(1, 0), missing=(0,), resend=True)
    ended = core.raised(open_)
    assert (ended.state, ended.extra, ended.missing, ended.resend) == (State.VOID, (), (), False)
    assert core.raised(batch(State.CONFIRMED)).state is State.CONFIRMED
