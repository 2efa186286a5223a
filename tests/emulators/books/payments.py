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
_BAD_AFTER: Final = timedelta(days=210)
_NEVER: Final = 0.985
_LARGE: Final = 50 * 10_000
_FIRST_BAD: Final = 40
"""So many receivables after the first there is a bad debt for certain."""


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
        self._seen = 0

    def add(self, term: Term, group_partner: bool) -> None:
        """Companies of the group pay each other in full on the 15th of the next month, so that both sides agree."""
        if group_partner:
            start = term.head.date.replace(day=1) + timedelta(days=45)
            self._put(start.replace(day=15), term, FULL)
            return
        dice = self._desk.dice
        throw, late = dice.random(), int(dice.random() ** 3 * 50) - 4
        day = max(term.head.date + timedelta(days=1), min(term.due, TODAY + timedelta(days=99)) + timedelta(days=late))
        if term.kind == RECEIVABLE:
            self._seen += 1
            if self._seen == _FIRST_BAD:
                self._put(term.head.date + _BAD_AFTER, term, BAD)
                return
            if throw > _NEVER:
                return
        simple = term.kind != RECEIVABLE or term.amount < _LARGE or term.head.currency != self._desk.company.currency
        habit = FULL if simple else next((name for below, name in _HABITS if throw < below), FULL)
        self._put(day, term, habit)

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
