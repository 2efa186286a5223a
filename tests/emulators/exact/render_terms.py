"""Payment terms as records of sync/Cashflow/PaymentTerms.

Amounts have the ledger's sign: LineType 20 positive where a client owes, 22 negative where we owe. EndDate, EndYear
and EndPeriod say since when a term is no longer outstanding (docs page SyncCashflowPaymentTerms).
"""

from __future__ import annotations

from typing import Final

from emulators.books.company import Company
from emulators.books.model import decimal_text
from emulators.books.terms import MATCHED, OPEN, Term
from emulators.exact import values as json_text
from emulators.exact.shapes import Rendered, Shape

_METHOD: Final = '"K"'
_BANK_SOURCE: Final = "0"


class TermRender:
    """Renders the terms of one company."""

    def __init__(self, company: Company) -> None:
        fixed = {
            "PaymentMethod": _METHOD,
            "Source": _BANK_SOURCE,
            "IsBatchBooking": "0",
            "TransactionIsReversal": "false",
        }
        self._shape = Shape("PaymentTerms", company, fixed)

    def term(self, term: Term, created: int | None = None) -> Rendered:
        """A term as it stands; `created` where it was entered at another moment than its entry."""
        head, settled = term.head, term.settled
        entered = head.created if created is None else created
        amount, foreign = decimal_text(term.amount), decimal_text(term.foreign)
        found = {
            "Account": json_text.guid(term.relation.id), "AccountCode": json_text.text(term.relation.code),
            "AccountName": json_text.text(term.relation.name), "AmountDC": amount, "AmountFC": foreign,
            "AmountDiscountDC": "0", "AmountDiscountFC": "0", "Created": json_text.moment(entered),
            "Currency": json_text.text(head.currency), "DueDate": json_text.day(term.due),
            "Description": json_text.text(f"{head.journal.description} {head.number}"),
            "EntryDate": json_text.day(head.date), "EntryID": json_text.guid(head.id),
            "EntryNumber": str(head.number), "GLAccount": json_text.guid(term.account.id),
            "GLAccountCode": json_text.text(term.account.code),
            "GLAccountDescription": json_text.text(term.account.description), "ID": json_text.guid(term.id),
            "InvoiceDate": json_text.day(head.date), "InvoiceNumber": json_text.number(head.invoice),
            "Journal": json_text.text(head.journal.code),
            "JournalDescription": json_text.text(head.journal.description), "LineType": str(term.kind),
            "Modified": json_text.moment(settled.created if settled else entered),
            "PaymentCondition": json_text.text(f"{term.days:02d}"),
            "PaymentConditionDescription": json_text.text(f"{term.days} dagen"), "PaymentDays": str(term.days),
            "RateFC": head.rate, "Status": str(MATCHED if settled else OPEN),
            "TransactionAmountDC": amount, "TransactionAmountFC": foreign,
            "TransactionDueDate": json_text.day(term.due), "TransactionEntryID": json_text.guid(head.id),
            "TransactionID": json_text.guid(term.line), "TransactionReportingPeriod": str(head.period),
            "TransactionReportingYear": str(head.year), "TransactionStatus": str(head.status),
            "TransactionType": str(head.type), "YourRef": json_text.text(head.reference),
            "IsFullyPaid": json_text.boolean(settled is not None),
        }  # fmt: skip
        if settled is not None:
            found["EndDate"] = found["LastPaymentDate"] = json_text.day(settled.date)
            found["EndYear"], found["EndPeriod"] = str(settled.year), str(settled.period)
        return self._shape.of(term.id, None, found)
