"""What a census concludes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbi_pusher import census
from pbi_pusher.batches import Batch, Items, Kind, Mode, Seen, State
from pbi_pusher.census import Held, Situation, Totals

SETTLE = 10.0


def batch(state: State = State.CONFIRMED, **changes: Any) -> Batch:
    made = Batch(3, 1, Kind.CONTENT, state, (1, 1, 2), (11, 12, 21), (-1, 1, 1), 50, attempts=1, sent_at=0.0)
    return replace(made, confirmed_at=1.0 if state is State.CONFIRMED else None, **changes)


def judged(of: Batch, differs: tuple[int, ...], now: float = 100.0, mode: Mode = Mode.REVERSAL) -> Any:
    return census.judged(of, differs, mode, 1, now, SETTLE)


def proven(of: Batch, differs: tuple[int, ...]) -> Batch:
    return replace(of, seen=Seen(census.fingerprint(differs), 80.0))


@pytest.mark.parametrize(
    ("state", "epoch", "once"),
    [
        (State.CONFIRMED, 1, 1),
        (State.DOUBTFUL, 1, 1),
        (State.CONFIRMED, 2, 0),
        (State.VOID, 1, 0),
        (State.REFUSED, 1, 0),
    ],
)
def test_doubtful_and_confirmed_batches_of_the_epoch_are_expected_once(state: State, epoch: int, once: int) -> None:
    assert census.expected(batch(state), epoch) == (once,) * 3


def test_extra_copies_are_expected_of_every_batch_whatever_its_state() -> None:
    assert census.expected(batch(State.VOID, extra=(0, 2, 0)), 1) == (0, 2, 0)


def test_a_doubtful_batch_that_is_whole_is_confirmed() -> None:
    outcome = judged(batch(State.DOUBTFUL), (0, 0, 0))
    assert outcome.batch.state is State.CONFIRMED
    assert outcome.moves


def test_a_difference_counts_when_it_is_seen_twice_a_settle_apart() -> None:
    once = judged(batch(), (-1, 0, 0), now=100.0).batch
    assert once.seen is not None
    assert not once.missing
    too_soon = judged(once, (-1, 0, 0), now=100.0 + SETTLE - 1).batch
    assert too_soon == once
    twice = judged(once, (-1, 0, 0), now=100.0 + SETTLE).batch
    assert twice.missing == (0,)
    assert twice.resend
    assert twice.state is State.CONFIRMED


def test_another_difference_starts_anew() -> None:
    once = judged(batch(), (-1, 0, 0), now=100.0).batch
    other = judged(once, (0, -1, 0), now=200.0).batch
    assert not other.missing
    assert other.seen is not None
    assert other.seen.at == 200.0


def test_one_copy_of_each_surplus_item_is_countered_a_step() -> None:
    differs = (0, 3, 1)
    outcome = judged(proven(batch(), differs), differs)
    assert outcome.batch.extra == (0, 1, 1)
    assert outcome.counter == Items((1, 2), (12, 21), (-1, -1))


def test_a_replace_table_is_replaced_instead_of_repaired() -> None:
    outcome = judged(proven(batch(), (0, 1, 0)), (0, 1, 0), mode=Mode.REPLACE)
    assert outcome.give_up
    assert outcome.counter is None
    assert not outcome.batch.extra


def test_young_batches_and_those_about_to_be_sent_are_left_out() -> None:
    assert census.is_left_out(batch(sent_at=95.0), 100.0, SETTLE)
    assert not census.is_left_out(batch(sent_at=90.0), 100.0, SETTLE)
    assert census.is_left_out(batch(sent_at=105.0), 100.0, SETTLE)
    assert not census.is_left_out(batch(sent_at=9e9), 100.0, SETTLE), "a clock was set back"
    assert census.is_left_out(batch(State.PLANNED), 100.0, SETTLE)
    assert census.is_left_out(batch(missing=(0,), resend=True), 100.0, SETTLE)


@given(st.lists(st.integers(0, 1), min_size=3, max_size=3), st.lists(st.integers(0, 1), min_size=3, max_size=3))
def test_totals_tell_what_the_items_tell(first: list[int], second: list[int]) -> None:
    values = [(5,), (-7,), (2,)]

    def observed(copies: list[int]) -> Totals:
        extra = replace(batch(State.VOID), extra=tuple(copies))
        return census.totals([(extra, values)], 1, 1)

    assert (observed(first) == observed(second)) == (first == second)
    assert observed(first).plus(observed(second)) == census.totals(
        [
            (replace(batch(State.VOID), extra=tuple(first)), values),
            (replace(batch(State.VOID), extra=tuple(second)), values),
        ],
        1,
        1,
    )


def drive(batches: list[Batch], held: dict[int, dict[int, int]], situation: Situation) -> tuple[bool, list[Any]]:
    """Conduct a census over a sink that holds these copies by `_ord`; the decisions."""
    values = {known.id: [(0,)] * len(known.rows) for known in batches}
    in_sink = [replace(known, state=State.VOID, extra=_copies(known, held)) for known in batches]
    conduct = census.conduct([census.head(known) for known in batches if _suspect(known)], situation)
    decided: list[Any] = []
    answer: Any = None
    try:
        while True:
            step = conduct.send(answer)
            answer = None
            if isinstance(step, census.AskTotals):
                there = census.totals([(known, values[known.id]) for known in in_sink], situation.epoch, 1)
                answer = (there, census.totals([(known, values[known.id]) for known in batches], situation.epoch, 1))
            elif isinstance(step, census.AskHeads):
                answer = [census.head(known) for known in batches]
            elif isinstance(step, census.AskBatches):
                answer = {
                    n: Held(sum(c.values()), len(c)) for n, c in held.items() if step.only is None or n in step.only
                }
            elif isinstance(step, census.AskBatch):
                answer = next(known for known in batches if known.id == step.id), held.get(step.id, {})
            else:
                decided.append(step)
    except StopIteration as end:
        return end.value, decided


def _copies(known: Batch, held: dict[int, dict[int, int]]) -> tuple[int, ...]:
    return tuple(held.get(known.id, {}).get(known.first_ord + n, 0) for n in range(len(known.rows)))


def _suspect(known: Batch) -> bool:
    return census.is_suspect(census.head(known))


WHOLE = {50: 1, 51: 1, 52: 1}


def test_a_clean_census_asks_for_totals_only() -> None:
    assert drive([batch()], {3: WHOLE}, Situation(Mode.REVERSAL, 1, 100.0, SETTLE)) == (True, [])


def test_a_doubt_is_settled_though_the_totals_agree() -> None:
    clean, decided = drive([batch(State.DOUBTFUL)], {3: WHOLE}, Situation(Mode.REVERSAL, 1, 100.0, SETTLE))
    assert clean
    assert decided[0].outcome.moves


def test_more_than_a_few_batches_that_are_gone_mean_that_the_table_was_emptied() -> None:
    gone = [replace(proven(batch(), (-1, -1, -1)), id=n, first_ord=3 * n) for n in range(census.WIPED_BATCHES + 1)]
    situation = Situation(Mode.REVERSAL, 1, 100.0, SETTLE)
    assert drive(gone, {}, situation) == (False, [census.GiveUp("the sink was emptied")])
    clean, decided = drive(gone[1:], {}, situation)
    assert not clean
    assert all(step.outcome.batch.resend for step in decided)


def test_a_batch_that_nobody_knows_is_adopted() -> None:
    clean, decided = drive([batch()], {3: WHOLE, 9: {70: 1}}, Situation(Mode.REVERSAL, 1, 100.0, SETTLE, every=True))
    assert not clean
    assert decided == [census.Adopt(9)]
