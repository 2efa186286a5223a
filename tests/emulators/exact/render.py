"""Books as Exact's records: the JSON text of every field of an account, a cost centre, a ledger line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from emulators.books.ids import guid_of
from emulators.books.model import Account, CostCenter, Entry, Line, decimal_text
from emulators.exact import values as json_text
from emulators.exact.entities import COST_CENTERS, GL_ACCOUNTS, TRANSACTION_LINES, Entity
from emulators.exact.values import NULL

ACCOUNT_TYPES: Final = {
    10: "Cash", 12: "Bank", 14: "Credit card", 16: "Payment services", 20: "Accounts receivable",
    21: "Prepayment accounts receivable", 22: "Accounts payable", 24: "VAT", 25: "Employees payable",
    26: "Prepaid expenses", 27: "Accrued expenses", 29: "Income taxes payable", 30: "Fixed assets",
    32: "Other assets", 35: "Accumulated depreciation", 40: "Inventory", 50: "Capital stock",
    52: "Retained earnings", 55: "Long term debt", 60: "Current portion of debt", 90: "General", 100: "Tax payable",
    110: "Revenue", 111: "Cost of goods", 120: "Other costs", 121: "Sales, general administrative expenses",
    122: "Depreciation costs", 123: "Research and development", 125: "Employee costs", 126: "Employment costs",
    130: "Exceptional costs", 140: "Exceptional income", 150: "Income taxes", 160: "Interest income",
}  # fmt: skip
"""GLAccounts.Type with its description (docs page FinancialGLAccounts)."""
_VAT_DESCRIPTIONS: Final = {"2": "BTW hoog", "1": "BTW laag", "0": "Geen BTW"}


class Render:
    """Renders the records of one division."""

    def __init__(
        self,
        seed: int,
        division: int,
        cost_centers: list[CostCenter],
        vat_names: Mapping[str, str] = _VAT_DESCRIPTIONS,
        unit_names: Mapping[str, str] | None = None,
    ) -> None:
        """`vat_names` by code without blanks, `unit_names` those of cost units."""
        self.division = str(division)
        self.center_texts = {center.code: json_text.text(center.description) for center in cost_centers}
        self._vat_names = vat_names
        self.unit_texts = {code: json_text.text(name) for code, name in (unit_names or {}).items()}
        self._user = json_text.guid(guid_of(seed, "user", "bookkeeper"))
        self._name = json_text.text('Jan "de boekhouder" Jansen')

    def _stamped(self, entity: Entity, key: str, created: int, modified: int) -> list[str]:
        """A record's values with what every record has: id, division, who and when."""
        record = [NULL] * len(entity.fields)
        record[entity.at("ID")] = json_text.guid(key)
        record[entity.at("Division")] = self.division
        for who, name, when, at in (
            ("Creator", "CreatorFullName", "Created", created),
            ("Modifier", "ModifierFullName", "Modified", modified),
        ):
            record[entity.at(who)], record[entity.at(name)] = self._user, self._name
            record[entity.at(when)] = json_text.moment(at)
        return record

    def account(self, account: Account, created: int) -> list[str]:
        record = self._stamped(GL_ACCOUNTS, account.id, created, created)
        found = {
            "Code": json_text.text(account.code), "Description": json_text.text(account.description),
            "SearchCode": json_text.text(account.description[:20].upper()), "Type": str(account.type),
            "TypeDescription": json_text.text(ACCOUNT_TYPES[account.type]),
            "BalanceType": json_text.text(account.balance_type), "BalanceSide": json_text.text(account.side),
            "UseCostcenter": str(account.use), "UseCostunit": "2", "IsBlocked": json_text.boolean(account.blocked),
            "Compress": "false", "Matching": json_text.boolean(account.type in (20, 22)), "RevalueCurrency": "false",
            "AllowCostsInSales": "0", "ExcludeVATListing": "0", "PrivatePercentage": "0",
            "VATNonDeductiblePercentage": "0",
        }  # fmt: skip
        return _filled(GL_ACCOUNTS, record, found)

    def cost_center(self, center: CostCenter) -> list[str]:
        record = self._stamped(COST_CENTERS, center.id, center.modified, center.modified)
        found = {
            "Code": json_text.text(center.code), "Description": json_text.text(center.description),
            "EndDate": json_text.day(center.end), "Active": json_text.boolean(center.end is None),
        }  # fmt: skip
        return _filled(COST_CENTERS, record, found)

    def lines(self, entry: Entry) -> Iterator[tuple[str, list[str]]]:
        """(id, values) of an entry's lines; what they share is written once."""
        shared = self._shared(entry)
        for line in entry.lines:
            yield line.id, self._line(entry, line, shared[:])

    def _shared(self, entry: Entry) -> list[str]:
        record = self._stamped(TRANSACTION_LINES, entry.id, entry.created, entry.created)
        found = {
            "EntryID": json_text.guid(entry.id), "EntryNumber": str(entry.number), "Type": str(entry.type),
            "JournalCode": json_text.text(entry.journal.code),
            "JournalDescription": json_text.text(entry.journal.description), "FinancialYear": str(entry.year),
            "FinancialPeriod": str(entry.period), "Date": json_text.day(entry.date), "Status": str(entry.status),
            "Currency": json_text.text(entry.currency), "ExchangeRate": entry.rate,
            "InvoiceNumber": json_text.number(entry.invoice), "YourRef": json_text.text(entry.reference),
            "DocumentNumber": json_text.number(entry.document), "DueDate": json_text.day(entry.due),
        }  # fmt: skip
        return _filled(TRANSACTION_LINES, record, found)

    def _line(self, entry: Entry, line: Line, record: list[str]) -> list[str]:
        record[_ID] = f'"{line.id}"'
        record[_NUMBER] = str(line.number)
        amount = line.text or decimal_text(line.amount)
        record[_AMOUNT] = amount
        record[_FOREIGN] = amount if line.foreign is None else decimal_text(line.foreign)
        if line.account:
            record[_ACCOUNT] = f'"{line.account.id}"'
            record[_ACCOUNT_CODE] = json_text.text(line.account.code)
            record[_ACCOUNT_NAME] = json_text.text(line.account.description[:60])
        if line.description is not None:
            record[_DESCRIPTION] = json_text.text(line.description)
        if line.cost_center is not None:
            record[_CENTER] = json_text.text(line.cost_center)
            record[_CENTER_NAME] = self.center_texts.get(line.cost_center, NULL)
        if line.relation:
            record[_RELATION] = f'"{line.relation.id}"'
            record[_RELATION_CODE] = json_text.text(line.relation.code)
            record[_RELATION_NAME] = json_text.text(line.relation.name)
        if line.vat_code is not None:
            self._vat(line, record)
        if line.quantity is not None:
            record[_QUANTITY] = line.quantity
        if line.notes is not None:
            record[_NOTES] = json_text.text(line.notes)
        self._references(line, record)
        return record

    def _references(self, line: Line, record: list[str]) -> None:
        """Project, item, part of a project, asset, cost unit, and the line that it is matched against."""
        if line.cost_unit is not None:
            record[_UNIT] = json_text.text(line.cost_unit)
            record[_UNIT_NAME] = self.unit_texts.get(line.cost_unit, NULL)
        for found, at in ((line.project, _PROJECT), (line.item, _ITEM), (line.asset, _ASSET)):
            if found is not None:
                record[at[0]], record[at[1]] = f'"{found.id}"', json_text.text(found.code)
                record[at[2]] = json_text.text(found.description)
        if line.wbs is not None:
            record[_WBS], record[_WBS_NAME] = f'"{line.wbs.id}"', json_text.text(line.wbs.description)
        if line.offset is not None:
            record[_OFFSET] = f'"{line.offset}"'

    def _vat(self, line: Line, record: list[str]) -> None:
        record[_VAT_CODE] = json_text.text(line.vat_code)
        record[_VAT_NAME] = json_text.text(self._vat_names.get((line.vat_code or "").strip()))
        record[_VAT_TYPE], record[_VAT_RATE] = json_text.text(line.vat_type), json_text.number(line.vat_rate)
        if line.vat_base is not None and line.vat is not None:
            record[_VAT_BASE], record[_VAT] = decimal_text(line.vat_base), decimal_text(line.vat)


def _filled(entity: Entity, record: list[str], found: dict[str, str]) -> list[str]:
    for field, value in found.items():
        record[entity.at(field)] = value
    return record


_ID, _NUMBER, _AMOUNT, _FOREIGN, _ACCOUNT, _ACCOUNT_CODE, _ACCOUNT_NAME = map(
    TRANSACTION_LINES.at,
    ("ID", "LineNumber", "AmountDC", "AmountFC", "GLAccount", "GLAccountCode", "GLAccountDescription"),
)
_DESCRIPTION, _CENTER, _CENTER_NAME, _RELATION, _RELATION_CODE, _RELATION_NAME, _QUANTITY, _NOTES = map(
    TRANSACTION_LINES.at,
    (
        "Description", "CostCenter", "CostCenterDescription", "Account", "AccountCode", "AccountName", "Quantity",
        "Notes",
    ),
)  # fmt: skip
_VAT_CODE, _VAT_NAME, _VAT_TYPE, _VAT_RATE, _VAT_BASE, _VAT = map(
    TRANSACTION_LINES.at,
    ("VATCode", "VATCodeDescription", "VATType", "VATPercentage", "AmountVATBaseFC", "AmountVATFC"),
)
_UNIT, _UNIT_NAME, _WBS, _WBS_NAME, _OFFSET = map(
    TRANSACTION_LINES.at, ("CostUnit", "CostUnitDescription", "ProjectWBS", "ProjectWBSDescription", "OffsetID")
)
_PROJECT, _ITEM, _ASSET = (
    tuple(TRANSACTION_LINES.at(f"{name}{part}") for part in ("", "Code", "Description"))
    for name in ("Project", "Item", "Asset")
)
