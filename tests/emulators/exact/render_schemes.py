"""GL classifications: a scheme of three levels after the Dutch reference chart (RGS), and which account is in which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from emulators.books.company import Company
from emulators.books.ids import guid_of
from emulators.exact import values as json_text
from emulators.exact.shapes import MASTERS_CREATED, Author, Rendered, Shape

_SCHEME: Final = ("RGS", "Referentie Grootboekschema")
_TOPS: Final = (("B", "Balans"), ("W", "Winst- en verliesrekening"))
_GROUPS: Final = (
    ("BIva", "Vaste activa", "B", range(30, 36)), ("BVor", "Vorderingen", "B", (20, 26)),
    ("BLim", "Liquide middelen", "B", (10, 12, 14, 16)), ("BEiv", "Eigen vermogen", "B", range(50, 53)),
    ("BLas", "Langlopende schulden", "B", (55, 60)),
    ("BSch", "Kortlopende schulden", "B", (21, 22, 24, 25, 27, 29, 100)),
    ("BTus", "Tussenrekeningen", "B", (40, 90)), ("WOmz", "Netto-omzet", "W", (110,)),
    ("WKpr", "Kostprijs van de omzet", "W", (111,)), ("WPer", "Personeelskosten", "W", (125, 126)),
    ("WAfs", "Afschrijvingen", "W", (122,)), ("WBed", "Overige bedrijfskosten", "W", (120, 121, 123)),
    ("WFbe", "Financiële baten en lasten", "W", (130, 140, 160)), ("WBel", "Belastingen", "W", (150,)),
)  # fmt: skip
"""Code, name, top, and the account types that belong there."""
_UNMAPPED: Final = "4910"
"""One account of each Dutch company that nobody has classified."""


class SchemeRender:
    """Renders one company's scheme, classifications and mappings."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._stamp = Author(company).stamp(MASTERS_CREATED)

    def _id(self, kind: str, name: str) -> str:
        return guid_of(0, f"{kind} of {self._company.key}", name)

    def masters(self) -> Iterator[Rendered]:
        code, name = _SCHEME
        key = self._id("scheme", code)
        shown = {"Code": json_text.text(code), "Description": json_text.text(name), "Main": "1"}
        yield Shape("GLSchemes", self._company, self._stamp).of(key, None, {"ID": json_text.guid(key)} | shown)
        shape = Shape("GLClassifications", self._company, self._stamp)
        for code, name in _TOPS:
            yield self._classification(shape, code, name, None)
        for code, name, top, _ in _GROUPS:
            yield self._classification(shape, code, name, top)
        yield from self._mappings()

    def _classification(self, shape: Shape, code: str, name: str, parent: str | None) -> Rendered:
        key = self._id("classification", code)
        found = {
            "ID": json_text.guid(key), "Code": json_text.text(code), "Name": json_text.text(code),
            "Description": json_text.text(name), "Abstract": json_text.boolean(parent is None),
            "Parent": json_text.guid(self._id("classification", parent)) if parent else "null",
            "Balance": '"D"', "PeriodType": '"I"' if code[0] == "B" else '"D"',
            "TaxonomyNamespace": json_text.guid(self._id("scheme", _SCHEME[0])),
            "TaxonomyNamespaceDescription": json_text.text(_SCHEME[1]),
        }  # fmt: skip
        return shape.of(key, None, found)

    def _mappings(self) -> Iterator[Rendered]:
        shape = Shape("GLAccountClassificationMappings", self._company)
        scheme = {
            "GLSchemeID": json_text.guid(self._id("scheme", _SCHEME[0])), "GLSchemeCode": json_text.text(_SCHEME[0]),
            "GLSchemeDescription": json_text.text(_SCHEME[1]),
        }  # fmt: skip
        for account in self._company.accounts:
            group = next((one for one in _GROUPS if account.type in one[3] and one[2] == account.balance_type), None)
            if group is None or account.code == _UNMAPPED:
                continue
            key = self._id("mapping", account.code)
            found = {
                "ID": json_text.guid(key), "Classification": json_text.guid(self._id("classification", group[0])),
                "ClassificationCode": json_text.text(group[0]),
                "ClassificationDescription": json_text.text(group[1]), "GLAccount": json_text.guid(account.id),
                "GLAccountCode": json_text.text(account.code),
                "GLAccountDescription": json_text.text(account.description[:60]),
            }  # fmt: skip
            yield shape.of(key, None, scheme | found)
