"""What `status` and the metrics say of a table's delivery, on a real database."""

from __future__ import annotations

import asyncpg
import pytest

from exactbi.observability.deliveries import Delivery, State, deliveries
from fakes.sink import ACCOUNTS, LINES, Books, make_books


@pytest.fixture
async def books(pool: asyncpg.Pool) -> Books:
    return await make_books(pool)


async def of(books: Books, table: str = LINES) -> Delivery:
    (found,) = [found for found in await deliveries(books.pool) if found.table == table]
    return found


async def batch(books: Books, state: str, sent: str = "now()") -> None:
    await books.pool.execute(
        "insert into push_batch (id, sink, tbl, epoch, kind, state, size, row_ids, images, signs, first_ord, sums, "
        f"sent_at) values (7, $1, $2, 1, 'content', $3, 0, '{{}}', '{{}}', '{{}}', 1, '{{}}', {sent})",
        *(books.sink.id, LINES, state),
    )


async def trouble(books: Books, code: str) -> None:
    await books.pool.execute(
        "update sink set trouble = $1, trouble_message = '403 no', trouble_at = now() - interval '1 hour'", code
    )


async def test_a_table_with_nothing_to_send_is_whole_and_needs_no_words(books: Books) -> None:
    found = await of(books)

    assert (found.state, found.since, found.rows_due, found.why, found.remedy) == (State.WHOLE, None, 0, "", "")


async def test_due_rows_are_counted_and_refused_ones_apart(books: Books) -> None:
    await books.want(LINES, {"a": "one", "b": "two", "c": "three"})
    await books.pool.execute("update due set refused_image = 1 where row_id = $1", books.rows[LINES, "a"])

    found = await of(books)

    assert (found.state, found.rows_due, found.rows_refused) == (State.DELIVERING, 2, 1)
    assert found.since is not None


async def test_an_operators_error_stops_every_table_of_the_sink_and_names_the_remedy(books: Books) -> None:
    await trouble(books, "PBI_FORBIDDEN")

    found = await of(books, ACCOUNTS)

    assert (found.state, found.why) == (State.STOPPED, "PBI_FORBIDDEN: 403 no")
    assert "Contributor" in found.remedy
    assert found.since is not None


async def test_an_error_that_time_mends_is_told_only_while_something_waits(books: Books) -> None:
    await trouble(books, "PBI_SUSPENDED")
    await books.want(LINES, {"a": "one"})

    assert (await of(books)).state is State.BACKING_OFF
    assert (await of(books, ACCOUNTS)).state is State.WHOLE


@pytest.mark.parametrize(
    ("state", "sent", "shown"),
    [
        ("doubtful", "now()", State.DOUBT),
        ("sending", "now()", State.WHOLE),
        ("sending", "now() - interval '3 minutes'", State.DOUBT),
        ("confirmed", "now()", State.WHOLE),
    ],
)
async def test_a_batch_without_an_answer_is_in_doubt(books: Books, state: str, sent: str, shown: State) -> None:
    await batch(books, state, sent)

    found = await of(books)

    assert (found.state, found.batch_in_doubt) == (shown, 7 if shown is State.DOUBT else None)


async def test_a_table_that_waits_to_be_given_up_says_why_and_then_whom_it_waits_for(books: Books) -> None:
    await books.pool.execute(
        "update sink_table set give_up = 'items are missing', give_up_at = now() where tbl = $1", LINES
    )
    found = await of(books)
    assert (found.state, found.why, found.is_given_up) == (State.GIVEN_UP, "items are missing", True)

    asked = await books.pool.fetchval(
        "insert into approval (customer, what, subject, rows, why) values ('c', 'clear', $1, 9, 'w') returning id",
        f"exactbi/{LINES}",
    )

    found = await of(books)
    assert found.state is State.APPROVAL
    assert f"exactbi approvals approve {asked}" in found.remedy


async def test_a_table_that_is_emptied_and_filled_is_not_whole(books: Books) -> None:
    await books.pool.execute("update sink_table set phase = 'filling', raised_at = now() where tbl = $1", ACCOUNTS)

    found = await of(books, ACCOUNTS)

    assert (found.state, found.is_whole) == (State.REPLACED, False)
    assert found.since is not None


async def test_a_dataset_that_was_taken_out_of_the_file_says_so_first(books: Books) -> None:
    await books.want(LINES, {"a": "one"})
    await batch(books, "doubtful")
    await books.pool.execute("update dataset set active = false")

    found = await of(books)

    assert (found.state, found.rows_due, found.batches_in_doubt) == (State.TAKEN_OUT, 1, 1)
    assert "put it back" in found.remedy
