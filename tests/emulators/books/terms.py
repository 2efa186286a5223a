"""Payment terms: what clients owe and what is owed to suppliers, and since when it no longer is.

A term has the ledger's sign: what a client owes is positive, what we owe negative. Its amounts leave the control
account in the period of the entry that settles it. A part payment splits a term: the paid part becomes a term of its
own, and the rest keeps the id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from emulators.books.ids import guid_of
from emulators.books.model import Account, Entry, Relation

RECEIVABLE, PAYABLE = 20, 22
OPEN, MATCHED = 20, 50
"""PaymentTerms.Status: 20 open, 50 matched."""
CONTROL: Final = frozenset({RECEIVABLE, PAYABLE})
"""The account types whose balances the terms explain."""


@dataclass(slots=True)
class Term:
    """`head` is the entry that made it (its lines may be left out), `line` the ledger line; `settled` the entry that
    ended it, on `end`. Amounts in units; `foreign` in the entry's currency."""

    id: str
    kind: int
    account: Account
    relation: Relation
    head: Entry
    line: str
    amount: int
    foreign: int
    due: date
    settled: Entry | None = None
    parts: int = 0

    @property
    def end(self) -> date | None:
        return self.settled.date if self.settled else None

    @property
    def days(self) -> int:
        return max(0, (self.head.due or self.head.date).toordinal() - self.head.date.toordinal())

    def split(self, amount: int) -> Term:
        """Take `amount` off, as a term of its own; foreign amounts go along in proportion."""
        foreign = amount if self.foreign == self.amount else self.foreign * amount // self.amount // 100 * 100
        self.parts += 1
        part = replace(self, id=guid_of(0, "part", f"{self.id} {self.parts}"), amount=amount, foreign=foreign, parts=0)
        self.amount -= amount
        self.foreign -= foreign
        return part


def term_of(entry: Entry) -> Term | None:
    """The term that an entry makes: that of its line 0 on a control account; the head keeps no lines."""
    line = entry.lines[0] if entry.lines else None
    if line is None or line.number or line.account is None or line.relation is None or not line.amount:
        return None
    if line.account.type not in CONTROL:
        return None
    head = replace(entry, lines=[])
    foreign = line.amount if line.foreign is None else line.foreign
    key = guid_of(0, "term", line.id)
    return Term(
        key,
        line.account.type,
        line.account,
        line.relation,
        head,
        line.id,
        line.amount,
        foreign,
        entry.due or entry.date,
    )
