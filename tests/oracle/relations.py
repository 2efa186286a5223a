"""Relations: clients and suppliers, and which of them are one client of the group. No e-mail, phone, street, number."""

from __future__ import annotations

import re
from collections.abc import Mapping

from oracle.books import Books
from oracle.tables import Columns, Row, mapped
from oracle.values import NONE, Record, label, reference, text, trimmed

DIVISION = "D"
"""Type of a relation that is a company of the licence.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts."""

_NOT_IN_NUMBERS = re.compile(r"[^0-9A-Z]")


def bare(official: str | None) -> str:
    """An official number without its blanks, dots and case."""
    return _NOT_IN_NUMBERS.sub("", (official or "").upper())


def _identity(relation: Record) -> tuple[str, str]:
    """What makes two records one client: the VAT number, else that of the chamber of commerce, else the name."""
    vat, chamber = bare(relation["VATNumber"]), bare(relation["ChamberOfCommerce"])
    if vat:
        return "vat", vat
    return ("chamber", chamber) if chamber else ("name", relation["Name"] or "")


def _names(books: Books) -> Mapping[tuple[str, str], str | None]:
    """The name of each client of the group: that of its first record by company and code."""
    found: dict[tuple[str, str], str | None] = {}
    for relation in sorted(books["Accounts"], key=lambda one: (books.company(one), (one["Code"] or "").strip())):
        found.setdefault(_identity(relation), relation["Name"])
    return found


def _companies(books: Books) -> set[str]:
    return {bare(one["VATNumber"]) for one in books["HrmDivisions"] if books.is_ours(one)} - {""}


def _is_intercompany(books: Books, relation: Record) -> bool:
    return relation["Type"] == DIVISION or bare(relation["VATNumber"]) in books.once(_companies)


def _parent(books: Books, relation: Record) -> str | None:
    parent = books.found("Accounts", relation["Parent"])
    return None if parent is None else text(label(parent["Code"], parent["Name"]))


COLUMNS: Columns = {
    "Relation Key": lambda _, relation: reference(relation["ID"]),
    "Company Key": Books.company,
    "Code": lambda _, relation: trimmed(relation["Code"]),
    "Name": lambda _, relation: text(relation["Name"]),
    "Relation": lambda _, relation: text(label(relation["Code"], relation["Name"])),
    "Group Client": lambda books, relation: text(books.once(_names)[_identity(relation)]),
    "Status": lambda _, relation: trimmed(relation["Status"]),
    "Is Supplier": lambda _, relation: bool(relation["IsSupplier"]),
    "Is Intercompany": _is_intercompany,
    "Country": lambda _, relation: trimmed(relation["Country"]),
    "City": lambda _, relation: text(relation["City"]),
    "Account Manager": lambda _, relation: text(relation["AccountManagerFullName"]),
    "Parent": _parent,
    "Payment Condition": lambda _, relation: trimmed(relation["PaymentConditionSales"]),
    "Blocked": lambda _, relation: bool(relation["Blocked"]),
}
_NO_RELATION = "(no relation)"
NOTHING: Row = (
    NONE, NONE, NONE, _NO_RELATION, _NO_RELATION, _NO_RELATION, None, False, False, None, None, None, None, None, False,
)  # fmt: skip
TABLE = mapped("Relations", "Accounts", COLUMNS, static=(NOTHING,))
