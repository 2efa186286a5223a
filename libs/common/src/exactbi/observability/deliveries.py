"""Deliveries: of each table in Power BI whether rows reach it, and what holds them up; for `status` and for metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import asyncpg

from exactbi.errors import CODES, Acts

DELIVERIES: Final = """
select d.customer, d.name as dataset, d.active, t.tbl as table, c.paused, s.trouble, s.trouble_message, s.trouble_at,
  t.phase, t.phase_at, t.raised_at, t.give_up, t.give_up_at, a.id as approval, a.asked_at,
  r.due as rows_due, r.since as due_since, r.refused as rows_refused, b.open as batches_in_doubt,
  b.batch as batch_in_doubt, b.since as doubt_since
from sink_table t
join sink s on s.id = t.sink
join dataset d on d.id = s.dataset
join customer c on c.id = d.customer
left join approval a on a.what = 'clear' and a.subject = d.name || '/' || t.tbl and a.customer = d.customer
  and a.used_at is null and a.approved_at is null
cross join lateral (
  select count(*) filter (where refused_image is null) as due, min(since) filter (where refused_image is null) as since,
    count(*) filter (where refused_image is not null) as refused
  from due where sink = t.sink and tbl = t.tbl
) r
cross join lateral (
  select count(*) as open, min(id) as batch, min(coalesce(sent_at, created_at)) as since from push_batch
  where sink = t.sink and tbl = t.tbl and (state in ('planned', 'sending', 'doubtful') or resend or missing <> '{}')
    and (state = 'doubtful' or resend or missing <> '{}'
      or state = 'sending' and sent_at < now() - interval '2 minutes')
) b
order by 1, 2, 3"""


class State(StrEnum):
    """The one thing to know of a table's delivery: the first of these that holds."""

    TAKEN_OUT = "taken out"
    PAUSED = "paused"
    STOPPED = "stopped"
    """Only a person ends it."""
    APPROVAL = "waits for approval"
    GIVEN_UP = "waits to be given up"
    REPLACED = "being replaced"
    BACKING_OFF = "backing off"
    DOUBT = "in doubt"
    DELIVERING = "delivering"
    WHOLE = "whole"


@dataclass(frozen=True)
class Delivery:
    """A table's delivery. Times are ours. `since`: of the state; `why` is empty where there is nothing to explain.

    `by_itself` says what exactbi does about it, `remedy` what a person does.
    """

    customer: str
    dataset: str
    table: str
    state: State
    since: datetime | None
    rows_due: int
    rows_refused: int
    batch_in_doubt: int | None
    batches_in_doubt: int
    doubt_since: datetime | None
    is_whole: bool
    is_given_up: bool
    why: str
    by_itself: str
    remedy: str


async def deliveries(reader: asyncpg.Pool | asyncpg.Connection) -> list[Delivery]:
    """Of every table of every dataset."""
    return [_delivery(row) for row in await reader.fetch(DELIVERIES)]


def _delivery(row: asyncpg.Record) -> Delivery:
    state = _state(row)
    since, why, by_itself, remedy = _told(row, state)
    return Delivery(
        row["customer"],
        row["dataset"],
        row["table"],
        state,
        since,
        row["rows_due"],
        row["rows_refused"],
        row["batch_in_doubt"],
        row["batches_in_doubt"],
        row["doubt_since"],
        row["phase"] == "whole",
        row["give_up"] is not None,
        why,
        by_itself,
        remedy,
    )


def _state(row: asyncpg.Record) -> State:
    code = CODES.get(row["trouble"] or "")
    holds = (
        (State.TAKEN_OUT, not row["active"]),
        (State.PAUSED, row["paused"]),
        (State.STOPPED, row["trouble"] is not None and (code is None or code.acts is not Acts.TIME)),
        (State.APPROVAL, row["approval"] is not None),
        (State.GIVEN_UP, row["give_up"] is not None),
        (State.REPLACED, row["phase"] != "whole"),
        (State.BACKING_OFF, row["trouble"] is not None and (row["rows_due"] or row["batches_in_doubt"])),
        (State.DOUBT, row["batches_in_doubt"] > 0),
        (State.DELIVERING, row["rows_due"] > 0),
    )
    return next((state for state, is_so in holds if is_so), State.WHOLE)


def _told(row: asyncpg.Record, state: State) -> tuple[datetime | None, str, str, str]:
    """Since when, why, what exactbi does by itself, what a person does."""
    code = CODES.get(row["trouble"] or "")
    said = f"{row['trouble']}: {row['trouble_message']}"
    nothing = "nothing"
    told: dict[State, tuple[datetime | None, str, str, str]] = {
        State.TAKEN_OUT: (
            None,
            "the customer's file has the dataset no more",
            "sends nothing and asks nothing of it; keeps its books",
            "put it back to go on where it ended; or delete it in Power BI",
        ),
        State.PAUSED: (None, "the customer is paused", "maps and applies, sends nothing", "end the pause"),
        State.STOPPED: (
            row["trouble_at"],
            said,
            "tries again by itself, twice a minute",
            code.remedy if code else nothing,
        ),
        State.APPROVAL: (
            row["asked_at"],
            f"{row['give_up']}: the table must be cleared and filled again, and it is too large to do so unasked",
            "goes on sending what is due",
            f"`exactbi approvals approve {row['approval']}`, when readers can do without the table for a while",
        ),
        State.GIVEN_UP: (
            row["give_up_at"],
            str(row["give_up"]),
            "empties and fills it once the replace window opens and nothing of it is landing",
            nothing,
        ),
        State.REPLACED: (
            row["raised_at"] or row["phase_at"],
            {"clearing": "its old rows are being deleted", "empty once": "seen empty, to be seen so twice"}.get(
                row["phase"], "its rows are being sent anew"
            ),
            "fills it; whole after a census without a difference",
            nothing,
        ),
        State.BACKING_OFF: (row["trouble_at"], said, "tries again by itself", code.remedy if code else nothing),
        State.DOUBT: (
            row["doubt_since"],
            f"{row['batches_in_doubt']} batches got no clear answer, the oldest is {row['batch_in_doubt']}",
            "asks Power BI what it holds (a census), and sends what is missing",
            "nothing; after an hour, see that `exactbi ping` can query the dataset",
        ),
        State.DELIVERING: (
            row["due_since"],
            "rows are on their way",
            "sends them, newest changes first",
            "nothing; if it lasts, see that pbi-pusher runs and which budget is used up",
        ),
        State.WHOLE: (None, "", "", ""),
    }
    return told[state]
