"""What the measures of receivables and payables must show on a day, which is given: the newest one is our process's."""

from __future__ import annotations

from datetime import date, timedelta

from oracle.ledger_measures import balance
from oracle.model import Choice, Model, Money, minus, negative
from oracle.values import shown

RECEIVABLE, PAYABLE = 20, 22


def of_open(choice: Choice, as_of: date, line_type: int) -> Choice:
    """Items invoiced by a day and settled later."""
    day = str(shown(as_of))
    cut = choice.without("Calendar").where("Open Items[Line Type]", {line_type})
    cut = cut.where("Open Items[Invoice Date]", lambda on: on is not None and on <= day)
    return cut.where("Open Items[Settled On]", lambda on: on > day)


def open_items(model: Model, choice: Choice, as_of: date, line_type: int) -> Money:
    """What was open on a day."""
    return model.money("Open Items", "_Amount", of_open(choice, as_of, line_type))


def receivables(model: Model, choice: Choice, as_of: date) -> Money:
    """What clients owed on a day."""
    return open_items(model, choice, as_of, RECEIVABLE)


def receivables_overdue(model: Model, choice: Choice, as_of: date) -> Money:
    """What of it was due before that day."""
    day = str(shown(as_of))
    return receivables(model, choice.where("Open Items[Due Date]", lambda due: due is not None and due < day), as_of)


def receivables_by_age(model: Model, choice: Choice, as_of: date) -> dict[str, Money]:
    """What of it was how many days late."""
    return {
        bucket["Bucket"]: receivables(model, _late(choice, as_of, bucket["From Days"], bucket["To Days"]), as_of)
        for bucket in model.table("Ageing Buckets")
    }


def _late(choice: Choice, as_of: date, least: int, most: int) -> Choice:
    first, last = str(shown(as_of - timedelta(most))), str(shown(as_of - timedelta(least)))
    return choice.where("Open Items[Due Date]", lambda due: due is not None and first <= due <= last)


def payables(model: Model, choice: Choice, as_of: date) -> Money:
    """What we owed on a day."""
    return open_items(model, choice, as_of, PAYABLE)


def receivables_minus_ledger(model: Model, choice: Choice, as_of: date) -> Money:
    """Must be zero at the end of a period."""
    booked = balance(model, choice.where("GL Accounts[Account Type No]", {RECEIVABLE}))
    return minus(receivables(model, choice, as_of), booked)


def payables_minus_ledger(model: Model, choice: Choice, as_of: date) -> Money:
    """Must be zero at the end of a period: the ledger's payables are negative."""
    booked = balance(model, choice.where("GL Accounts[Account Type No]", {PAYABLE}))
    return minus(payables(model, choice, as_of), negative(booked))
