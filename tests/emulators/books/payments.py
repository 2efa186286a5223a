"""When terms are paid, and how: in full, in two parts, with a discount, short of a little, never."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from emulators.books.company import LAST_MONTH, TODAY
from emulators.books.desk import Desk
from emulators.books.terms import RECEIVABLE, Term

FULL, PART, DISCOUNT, SHORT, BAD = "full", "part", "discount", "short", "bad"
_HABITS: Final = ((0.80, FULL), (0.88, PART), (0.93, DISCOUNT), (0.96, SHORT))
_BAD_AFTER: Final = timedelta(days=280)
_SOON: Final = timedelta(days=14)
_NEVER: Final = 0.985
_LARGE, _ENOUGH = 50 * 10_000, 5 * 10_000
_CERTAIN: Final = (SHORT, PART, DISCOUNT)
"""How the first receivables are paid, so that there is one of each."""
_BAD_FROM: Final = date(2026, 1, 1)
"""The first receivable from here on is never paid, and written off."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to a term on a day."""

    day: date
    term: Term
    habit: str


class Planner:
    """Decides when each term is paid; what is due in a month is taken out once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._plans: dict[tuple[int, int], list[Plan]] = defaultdict(list)
        self._certain, self._bad = list(_CERTAIN), False

    def add(self, term: Term, group_partner: bool) -> None:
        """Companies of the group pay each other in full on the 15th of the next month, so that both sides agree."""
        if group_partner:
            start = term.head.date.replace(day=1) + timedelta(days=45)
            self._put(start.replace(day=15), term, FULL)
            return
        dice = self._desk.dice
        throw, late = dice.random(), int(dice.random() ** 3 * 50) - 4
        day = max(term.head.date + timedelta(days=1), min(term.due, TODAY + timedelta(days=99)) + timedelta(days=late))
        own = term.head.currency == self._desk.company.currency
        is_receivable = term.kind == RECEIVABLE and own
        if is_receivable and self._is_bad(term):
            self._put(term.head.date + _BAD_AFTER, term, BAD)
        elif is_receivable and self._certain and term.amount >= _ENOUGH and term.due + _SOON <= TODAY:
            self._put(term.due, term, self._certain.pop(0))
        elif is_receivable and throw > _NEVER:
            return
        elif is_receivable and term.amount >= _LARGE:
            self._put(day, term, next((name for below, name in _HABITS if throw < below), FULL))
        else:
            self._put(day if own else term.due, term, FULL)

    def _is_bad(self, term: Term) -> bool:
        """Whether this is the one that is never paid."""
        if self._bad or not _BAD_FROM <= term.head.date <= TODAY - _BAD_AFTER or term.amount <= 0:
            return False
        self._bad = True
        return True

    def again(self, term: Term, day: date, habit: str) -> None:
        """What is left of a term, later."""
        self._put(day, term, habit)

    def _put(self, day: date, term: Term, habit: str) -> None:
        if day <= TODAY and (day.year, day.month) <= LAST_MONTH:
            self._plans[day.year, day.month].append(Plan(day, term, habit))

    def due(self, year: int, month: int) -> Iterator[Plan]:
        """What is to be done in a month, by day; what has been settled meanwhile is left out."""
        plans = sorted(self._plans.pop((year, month), []), key=lambda plan: plan.day)
        return (plan for plan in plans if plan.term.settled is None and plan.term.amount)
