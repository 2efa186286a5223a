"""People at work in all companies of the group: every entity that the store keeps, as often as it changes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from emulators.exact import plain_changes, trade_changes
from emulators.exact.change_rows import Rows
from emulators.exact.changes import Change, Changes
from emulators.exact.commits import Write
from emulators.exact.division import Division
from emulators.exact.entities import COST_CENTERS, ENTITIES, GL_ACCOUNTS, TRANSACTION_LINES, Entity
from emulators.exact.ledger_changes import LedgerChanges
from emulators.exact.ledger_edits import TERMS
from emulators.exact.masters import Masters
from emulators.exact.plain_changes import PlainChanges
from emulators.exact.postings import Postings
from emulators.exact.recoding import Recoding
from emulators.exact.site import Site
from emulators.exact.term_changes import TermChanges
from emulators.exact.trade_changes import TradeChanges
from emulators.faults import Faults

_LEDGER: Final = ("edit", "delete", "create", "restamp", "backdate", "process")
RECODE: Final = "recode"
"""Only on request: it walks through all records of a company."""
_MASTER: Final = ("edit", "delete", "create", "restamp")
PAYMENT_TERMS: Final = ENTITIES[TERMS]
KINDS: Final[dict[Entity, tuple[str, ...]]] = {
    TRANSACTION_LINES: _LEDGER, PAYMENT_TERMS: ("pay", "edit", "restamp"), GL_ACCOUNTS: _MASTER,
    COST_CENTERS: (*_MASTER, RECODE),
    **{ENTITIES[name]: kinds for name, kinds in plain_changes.KINDS.items()}, **trade_changes.KINDS,
}  # fmt: skip
_OFTEN: Final = (
    *(TRANSACTION_LINES,) * 8, *(PAYMENT_TERMS,) * 3, *trade_changes.OFTEN, GL_ACCOUNTS, COST_CENTERS,
    *(ENTITIES[name] for name in plain_changes.KINDS),
)  # fmt: skip
_TRIES: Final = 20
_MADE_OF: Final = {PAYMENT_TERMS: TRANSACTION_LINES}
"""Where new records of an entity come from."""
Make = Callable[[Entity, Division, str], tuple[str, list[Write], str]]


@dataclass(frozen=True)
class _Office:
    """What makes the changes of one site."""

    site: Site
    makers: dict[Entity, Make]
    trade: TradeChanges


class GroupChanges(Changes):
    """Makes changes on request, drawn from the seed: of a random company unless nothing is left to change there."""

    def __init__(self, sites: Sequence[Site], faults: Faults, seed: int) -> None:
        super().__init__(sites[0], faults, seed)
        self._offices = [_office(site, seed) for site in sites if site.divisions]
        self._places = [
            (office, division, division.books.company.profile.weight)
            for office in self._offices
            for division in office.site.divisions.values()
        ]

    def change(self, entity: str | None, n: int, kinds: list[str] | None) -> list[Change]:
        """Make `n` changes; ValueError for an entity or a kind that there is not, or when nothing is left to change."""
        wanted = self._of(entity, kinds)
        done = [self._any(wanted) for _ in range(n)]
        self.made.extend(done)
        return done

    def _of(self, entity: str | None, kinds: list[str] | None) -> list[tuple[Entity, str]]:
        by_name = {one.name: one for one in KINDS}
        if entity is not None and entity not in by_name:
            raise ValueError(f"entity is one of {sorted(by_name)}, or null")
        entities = _OFTEN if entity is None else (by_name[entity],)
        every = {kind for one in KINDS.values() for kind in one}
        wanted = [(one, kind) for one in entities for kind in KINDS[one] if _is_wanted(kind, kinds)]
        if not wanted or (kinds and not set(kinds) <= every):
            raise ValueError(f"kinds are among {sorted(every)}")
        return wanted

    def _any(self, wanted: list[tuple[Entity, str]]) -> Change:
        """A change of some company; where one has nothing left for it, another is tried."""
        weights = [weight for _, _, weight in self._places]
        left: ValueError | None = None
        for _ in range(_TRIES):
            entity, kind = self._dice.choice(wanted)
            office, division, _ = self._dice.choices(self._places, weights)[0]
            if entity in trade_changes.KINDS and not office.trade.suits(entity, division):
                continue
            try:
                return self._in(office, division, entity, kind)
            except ValueError as error:
                left = error
        raise left or ValueError("no company has such records")

    def _in(self, office: _Office, division: Division, entity: Entity, kind: str) -> Change:
        site = office.site
        now = site.clock.now()
        key, writes, posted = self._made(office, division, entity, kind)
        site.commits.commit(writes, self._late(site, entity, kind))
        ids = tuple(write.row.id for write in writes)
        return Change(entity, kind, division.code, key, ids, now, posted, site.name)

    def _made(self, office: _Office, division: Division, entity: Entity, kind: str) -> tuple[str, list[Write], str]:
        """What a change writes. Where nothing is left to be changed so, new records are made first, in commits of
        their own."""
        source = _MADE_OF.get(entity, entity)
        make = office.makers[entity]
        for _ in range(_TRIES if "create" in KINDS[source] and kind != "create" else 0):
            try:
                return make(entity, division, kind)
            except ValueError:
                office.site.commits.commit(office.makers[source](source, division, "create")[1])
        return make(entity, division, kind)

    def _late(self, site: Site, entity: Entity, kind: str) -> float:
        """How late the commit becomes visible: a fault of such a change, else the setting."""
        route = f"change.{entity.name}"
        fault = self._faults.take(route, f"{route}.{kind}", f"{site.name}:{route}")
        return fault.seconds if fault and fault.kind == "late_commit" else site.settings.late_commit_s


def _is_wanted(kind: str, kinds: list[str] | None) -> bool:
    return kind != RECODE if kinds is None else kind in kinds


def _office(site: Site, seed: int) -> _Office:
    dice = random.Random(f"group changes {site.name} {seed}")
    rows = Rows(site, dice)
    postings = Postings(rows)
    ledger, terms, plain = LedgerChanges(rows, postings), TermChanges(rows, postings), PlainChanges(rows)
    masters, trade = Masters(site, dice), TradeChanges(site, random.Random(f"trade {site.name} {seed}"), postings.of)

    recoding = Recoding(site, rows, lambda: site.settings)

    def of_masters(entity: Entity, division: Division, kind: str) -> tuple[str, list[Write], str]:
        if kind == RECODE:
            return *recoding.change(division), ""
        return *masters.change(entity, division, kind), ""

    makers: dict[Entity, Make] = dict.fromkeys(trade_changes.KINDS, trade.change)
    makers |= {ENTITIES[name]: plain.change for name in plain_changes.KINDS}
    makers |= {GL_ACCOUNTS: of_masters, COST_CENTERS: of_masters}
    makers[TRANSACTION_LINES] = lambda _, division, kind: ledger.change(division, kind)
    makers[PAYMENT_TERMS] = lambda _, division, kind: terms.change(division, kind)
    return _Office(site, makers, trade)
