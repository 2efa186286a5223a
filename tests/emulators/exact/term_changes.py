"""People at work on open items: they are paid, in full or in part, put off, or selected for payment."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from emulators.books.company import TODAY
from emulators.books.desk import BANK, balanced
from emulators.books.ids import guid_of
from emulators.books.model import UNITS, Account, Entry, Relation
from emulators.exact import values as json_text
from emulators.exact.change_rows import NothingLeftError, Rows
from emulators.exact.commits import Write
from emulators.exact.division import Division
from emulators.exact.entities import ENTITIES
from emulators.exact.ledger_changes import partners
from emulators.exact.ledger_edits import LINES, TERMS, plain
from emulators.exact.postings import Postings
from emulators.exact.row import Row
from emulators.exact.values import DAY_MS, NULL, moment, moment_ms, parsed

Made = tuple[str, list[Write], str]
_TERM: Final = ENTITIES[TERMS]
_MATCHED, _SELECTED = "50", "30"
_PUT_OFF_DAYS: Final = 14
_LOOKED_AT: Final = [_TERM.at(name) for name in ("Currency", "Account", "EntryID", "EndDate", "AmountDC")]
_COPIED: Final = ("GLAccount", "Account", "AccountCode", "AccountName")


class TermChanges:
    """Makes changes of payment terms of one site's companies."""

    def __init__(self, rows: Rows, postings: Postings) -> None:
        self._rows, self._postings = rows, postings

    def change(self, place: Division, kind: str) -> Made:
        """(the term's id or the paying entry's, writes, type)."""
        self._rows.begin()
        if kind == "pay":
            return self._paid(place)
        row = self._open(place)
        if kind == "restamp":
            return row.id, self._rows.restamped(TERMS, [row]), ""
        at = _TERM.at("DueDate")
        due = moment((moment_ms(row.values[at]) or 0) + _PUT_OFF_DAYS * DAY_MS)
        later = self._rows.dice.random() < 0.5
        return row.id, self._rows.edited(TERMS, [row], {"DueDate": due} if later else {"Status": _SELECTED}), ""

    def _open(self, place: Division) -> Row:
        """An open term in the company's own currency, not of a company of the group, whose entry is not under way."""
        others = {f'"{one}"' for one in partners(place)}

        def fits(row: Row) -> bool:
            currency, account, entry, end, amount = (row.values[at] for at in _LOOKED_AT)
            own = currency == f'"{place.books.company.currency}"' and account not in others
            return own and parsed(entry) not in self._rows.held() and end == NULL and amount != "0"

        return self._rows.one(TERMS, place.code, fits)

    def _paid(self, place: Division) -> Made:
        """A statement of today with one line; one term in five is paid in part, and split."""
        row = self._open(place)
        amount = Decimal(row.values[_TERM.at("AmountDC")])
        part = self._rows.dice.random() < 0.2 and abs(amount) > 2
        paid = (amount / 2).quantize(Decimal("0.01")) if part else amount
        header = self._rows.of(LINES, place.code, key=parsed(row.values[_TERM.at("TransactionID")]))
        if not header:
            raise NothingLeftError("the term's entry is gone")
        entry = self._statement(place, row, paid)
        entry.lines[1].offset = header[0].id
        writes = self._postings.entry(place, entry)
        writes += self._rows.edited(LINES, header, {"OffsetID": json_text.guid(entry.lines[1].id)})
        return entry.id, writes + self._settled(row, entry, amount, paid), str(BANK)

    def _statement(self, place: Division, row: Row, paid: Decimal) -> Entry:
        desk = place.books.keeper.desk
        entry = desk.entry(BANK, "bank", TODAY)
        entry.created, entry.status = self._rows.now(), 20
        texts = {name: parsed(row.values[_TERM.at(name)]) for name in _COPIED}
        account: Account = next(one for one in place.books.company.accounts if one.id == texts["GLAccount"])
        line = desk.line(1, account, -int(paid * UNITS))
        line.relation = Relation(texts["Account"], texts["AccountCode"], texts["AccountName"])
        line.description = f"Betaling {texts['AccountName']}"
        return balanced(entry, [desk.line(0, desk.company.account("bank"), 0), line])

    def _settled(self, row: Row, entry: Entry, amount: Decimal, paid: Decimal) -> list[Write]:
        day = json_text.day(entry.date)
        ended = {
            "EndDate": day, "LastPaymentDate": day, "EndYear": str(entry.year), "EndPeriod": str(entry.period),
            "Status": _MATCHED, "IsFullyPaid": "true",
        }  # fmt: skip
        if paid == amount:
            return self._rows.edited(TERMS, [row], ended)
        rest = plain(amount - paid)
        writes = self._rows.edited(TERMS, [row], {"AmountDC": rest, "AmountFC": rest, "LastPaymentDate": day})
        key = guid_of(0, "part", f"{row.id} {entry.id}")
        values = row.values.copy()
        shares = {"ID": json_text.guid(key), "AmountDC": plain(paid), "AmountFC": plain(paid)}
        for name, text in (shares | ended).items():
            values[_TERM.at(name)] = text
        return writes + self._rows.written(row.division, [(TERMS, key, None, values)])
