"""Projects, their breakdown and terms, and what was written on them, as Exact's records.

ProjectWBS and TimeCostTransactions hold the fields of all their addresses: sync says PartOf, BudgetedCost and WBS
where bulk says Parent and Cost, and the normal addresses Activity and Expense.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from emulators.books.billing import Term
from emulators.books.documents import CostEntry, TimeEntry, amount_of, fixed_text
from emulators.books.firm import Firm
from emulators.books.ids import guid_of
from emulators.books.model import decimal_text
from emulators.books.projects import ACTIVITY, EXPENSE, FIXED, PREPAID, Project, Wbs
from emulators.books.volume import LAST_MONTH
from emulators.exact.shapes import FALSE, MASTERS_CREATED, TRUE, ZERO, Author, Rendered, Shape, clock_time
from emulators.exact.values import NULL, boolean, day, day_ms, guid, number, text

PROJECT_TYPES: Final = {
    1: "Campagne", 2: "Vaste prijs", 3: "Nacalculatie", 4: "Niet-factureerbaar", 5: "Voorschot",
}  # fmt: skip
_NINE_O_CLOCK: Final = 9 * 3_600_000
_YEAR_MS: Final = 365 * 86_400_000


class ProjectRender:
    """Renders projects and what belongs to them."""

    def __init__(self, firm: Firm) -> None:
        self._firm, self._author = firm, Author(firm)
        self._projects = Shape("Projects", firm, _PROJECT | {"DivisionName": text(firm.name)})
        self._wbs, self._terms = Shape("ProjectWBS", firm, _WBS), Shape("InvoiceTerms", firm)
        self._classes = Shape("ProjectClassifications", firm, {"UseEmployeeCostCenter": FALSE})
        self._corrections = Shape("TimeCorrections", firm)
        fixed = {"DivisionDescription": text(firm.name), "Currency": text(firm.currency), "ItemDivisable": TRUE}
        self._time = Shape("TimeCostTransactions", firm, fixed | {"SkipValidation": FALSE})

    def _class(self, project: Project) -> tuple[str, str]:
        """A project's classification: its id and description."""
        code = "INT" if project.internal else "EXT"
        return guid_of(self._firm.seed, f"class {self._firm.key}", code), {"INT": "Intern", "EXT": "Extern"}[code]

    def classes(self) -> Iterator[Rendered]:
        for code, description in (("EXT", "Extern"), ("INT", "Intern")):
            key = guid_of(self._firm.seed, f"class {self._firm.key}", code)
            found = {"ID": guid(key), "Code": text(code), "Description": text(description)}
            found |= self._author.stamp(MASTERS_CREATED) | {"DivisionName": text(self._firm.name)}
            yield self._classes.of(key, None, found)

    def project(self, one: Project) -> Rendered:
        """A project; one that was moved to another client was changed a year later."""
        at = max(MASTERS_CREATED, day_ms(one.start) + _NINE_O_CLOCK)
        kind, described = self._class(one)
        found = self._author.stamp(at, at + _YEAR_MS // 2 if one.moved_from else at) | {
            "ID": guid(one.id), "Code": text(one.code), "Description": text(one.description), "Type": str(one.type),
            "TypeDescription": text(PROJECT_TYPES[one.type]), "Account": guid(one.client.id),
            "AccountCode": text(one.client.code), "AccountName": text(one.client.name), "StartDate": day(one.start),
            "EndDate": day(one.end), "BlockEntry": boolean(one.blocked), "Classification": guid(kind),
            "ClassificationDescription": text(described), "SalesTimeQuantity": str(one.hours),
            "BudgetedRevenue": str(one.revenue), "BudgetedCosts": str(one.costs), "BudgetedAmount": str(one.revenue),
            "HasWBSLines": boolean(bool(one.wbs)), "IsWBSRequiredForEntry": "1" if one.wbs else ZERO,
            "PaymentCondition": text(f"{one.client.terms:02d}"),
        }  # fmt: skip
        if one.manager is not None:
            found |= {"Manager": guid(one.manager.id), "ManagerFullname": text(one.manager.name)}
        if one.type == FIXED:
            found |= {"FixedPriceItem": guid(one.item.id), "FixedPriceItemDescription": text(one.item.description)}
        if one.type == PREPAID:
            found |= {"PrepaidItem": guid(one.item.id), "PrepaidItemDescription": text(one.item.description)}
            found |= {"PrepaidType": "1", "PrepaidTypeDescription": text("Voorschot")}
        return self._projects.of(one.id, None, found)

    def part(self, one: Wbs) -> Rendered:
        """A part of a breakdown, under both names of each of its fields."""
        project, parent = one.project, one.parent
        at = max(MASTERS_CREATED, day_ms(project.start) + _NINE_O_CLOCK)
        hours, cost, revenue = (str(value) if value else NULL for value in (one.hours, one.cost, one.revenue))
        found = self._author.stamp(at) | {
            "ID": guid(one.id), "Type": str(one.kind), "Description": text(one.description),
            "Project": guid(project.id), "ProjectDescription": text(project.description),
            "SequenceNumber": str(one.sequence), "PartOf": guid(parent.id if parent else None),
            "Parent": guid(parent.id if parent else None), "InvoiceMethod": number(one.method),
            "PartOfDescription": text(parent.description if parent else None), "StartDate": day(project.start),
            "EndDate": day(project.end), "BudgetedHours": hours, "Hours": hours, "BudgetedCost": cost, "Cost": cost,
            "BudgetedRevenue": revenue, "Revenue": revenue, "DefaultItem": guid(one.item.id if one.item else None),
            "Completed": "1" if project.end else ZERO,
        }  # fmt: skip
        if one.kind == EXPENSE and one.item is not None:
            found |= {"Item": guid(one.item.id), "MarkupPercentage": ZERO, "PurchaseMarkupPercentage": ZERO}
            found |= {"BudgetedQuantity": "100", "Quantity": "100", "PurchasePrice": fixed_text(one.item.price, 6)}
        return self._wbs.of(one.id, project.id, found)

    def term(self, one: Term) -> Rendered:
        """A term of a fixed price; those of the past are invoiced."""
        project, at = one.project, max(MASTERS_CREATED, day_ms(one.project.start) + _NINE_O_CLOCK)
        vat = self._firm.vat("sales_high")
        found = self._author.stamp(at) | {
            "ID": guid(one.id), "Amount": decimal_text(one.amount), "Description": text(f"Termijn {one.number}"),
            "InvoiceDate": day(project.start.replace(year=one.year, month=one.month)),
            "InvoiceStatus": "2" if (one.year, one.month) < LAST_MONTH else "1", "Item": guid(project.item.id),
            "ItemDescription": text(project.item.description), "Percentage": "0.25", "Project": guid(project.id),
            "ProjectDescription": text(project.description), "VATCode": text(vat.code),
            "VATCodeDescription": text(vat.description), "VATPercentage": vat.rate,
        }  # fmt: skip
        return self._terms.of(one.id, project.id, found)

    def entry(self, one: TimeEntry | CostEntry) -> Iterator[Rendered]:
        """A time or cost entry, and what says that it corrects another."""
        found = self._author.stamp(one.created, one.modified) | {
            "ID": guid(one.id), "EntryNumber": str(one.number), "Date": day(one.date),
            "Employee": guid(one.employee.id), "Item": guid(one.item.id), "HourStatus": str(one.status),
            "ItemDescription": text(one.item.description), "Notes": text(one.notes), "ErrorText": text(one.error),
            "Type": "1" if isinstance(one, TimeEntry) else "2", **self.amounts(one),
        }  # fmt: skip
        if isinstance(one, TimeEntry):
            found |= {"StartTime": clock_time(one.date, one.start), "EndTime": clock_time(one.date, one.end)}
        found |= self.places(one)
        if one.party is not None:
            found |= {"Account": guid(one.party.id), "AccountName": text(one.party.name)}
        yield self._time.of(one.id, None, found)
        if isinstance(one, TimeEntry) and one.corrects:
            yield self._correction(one)

    def amounts(self, one: TimeEntry | CostEntry) -> dict[str, str]:
        """What an entry counts: quantity, price, and their product."""
        amount, price = decimal_text(amount_of(one.quantity, one.price)), fixed_text(one.price, 6)
        found = {"Quantity": fixed_text(one.quantity, 2), "Price": price, "PriceFC": price}
        return found | {"Amount": amount, "AmountFC": amount}

    def places(self, one: TimeEntry | CostEntry) -> dict[str, str]:
        """Where an entry belongs: project and part."""
        found = _of_project(one.project) if one.project is not None else {}
        return found | (_of_part(one.wbs) if one.wbs is not None else {})

    def _correction(self, one: TimeEntry) -> Rendered:
        key = guid_of(self._firm.seed, "time correction", one.id)
        found = self._author.stamp(one.created) | {
            "ID": guid(key), "OriginalEntryId": guid(one.corrects), "Quantity": fixed_text(one.quantity, 2),
            "Notes": text(one.notes),
        }  # fmt: skip
        return self._corrections.of(key, None, found)


def _of_project(project: Project) -> dict[str, str]:
    return {
        "Project": guid(project.id), "ProjectCode": text(project.code),
        "ProjectDescription": text(project.description), "ProjectAccount": guid(project.client.id),
        "ProjectAccountCode": text(project.client.code), "ProjectAccountName": text(project.client.name),
    }  # fmt: skip


def _of_part(part: Wbs) -> dict[str, str]:
    key, described = guid(part.id), text(part.description)
    name = "Activity" if part.kind == ACTIVITY else "Expense"
    return {"WBS": key, "WBSDescription": described, name: key, f"{name}Description": described}


_PROJECT: Final = {
    "AllowAdditionalInvoicing": TRUE, "AllowMemberEntryOnly": FALSE, "BlockInvoicing": FALSE, "BlockPlanning": FALSE,
    "BlockPurchasing": FALSE, "BlockRebilling": FALSE, "BudgetOverrunHours": ZERO, "BudgetType": "1",
    "BudgetTypeDescription": text("Uren"), "EnableWorkInProgress": FALSE, "IncludeInvoiceSpecification": "1",
    "IncludeSpecificationInInvoicePdf": FALSE, "InvoiceAsQuoted": FALSE, "UseBillingMilestones": FALSE,
}  # fmt: skip
_WBS: Final = {
    "AdditionalInvoicing": ZERO, "AutoCreateInvoiceTerm": FALSE, "BlockEntry": ZERO, "BlockRebilling": ZERO,
    "BudgetOverrunHours": ZERO, "DefaultItemIsMandatory": ZERO, "InvoiceSeparately": ZERO, "IsBaseline": ZERO,
    "Milestone": ZERO, "ReleaseInvoiceTerm": FALSE, "ReleaseInvoiceTermHasSpecifyDate": FALSE,
}  # fmt: skip
