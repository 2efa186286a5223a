"""GL Accounts as all packs have them: with the customer's sections and groups, and the classes of a ledger scheme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracle import dimensions
from oracle.books import Books
from oracle.tables import Row, Table
from oracle.values import Record, code_key, label, reference, text

LEVELS = 4
SECTION_NAMES = {number: name for number, (name, _) in dimensions.SECTIONS.items()} | {
    90: "Unclassified",
    95: "Appropriation",
}
ATTRIBUTES = (*dimensions.ACCOUNT_ATTRIBUTES, *(f"Classification {level}" for level in range(1, LEVELS + 1)))
NOTHING = (*dimensions.NO_ACCOUNT, *[None] * LEVELS)


def _mapped_to(books: Books) -> Mapping[str, str]:
    """The class that an account is mapped to in the chosen scheme."""
    return {
        reference(one["GLAccount"]): reference(one["Classification"])
        for one in books["GLAccountClassificationMappings"]
        if (one["GLSchemeCode"] or "").strip() == books.settings.scheme
    }


def classes(books: Books, account: Record) -> tuple[str | None, ...]:
    """The classes of an account from the top of the scheme down, at most four."""
    path: list[str | None] = []
    seen: set[str] = set()
    one = books.found("GLClassifications", books.once(_mapped_to).get(reference(account["ID"])))
    while one is not None and one["ID"] not in seen:
        seen.add(one["ID"])
        path.insert(0, text(label(one["Code"], one["Description"])))
        one = books.found("GLClassifications", one["Parent"])
    return (*path[:LEVELS], *[None] * (LEVELS - len(path)))


def row(books: Books, account: Record) -> tuple[Any, ...]:
    """The row of an account."""
    site, settings = books.site(account), books.settings
    known = dict(zip(dimensions.ACCOUNT_ATTRIBUTES, dimensions.account_row(site, account), strict=True))
    key = code_key(site, account, account["Code"])
    if key in settings.sections:
        section = settings.sections[key]
        known |= {"Section No": section, "Result Section": SECTION_NAMES.get(section, str(section))}
    known["Group Account"] = settings.group_accounts.get(key, known["Group Account"])
    return (*known.values(), *classes(books, account))


_STATIC: tuple[Row, ...] = (NOTHING,)
TABLE = Table("GL Accounts", "GLAccounts", "replace", ATTRIBUTES, (), static=_STATIC, looks=row)
