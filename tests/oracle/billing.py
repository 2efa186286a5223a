"""Lookup L2: how an activity, an expense or a project is billed, found upward; and whether hours are billable."""

from __future__ import annotations

from oracle.books import Books
from oracle.values import Record

METHODS = {
    1: "Campaign",
    2: "Fixed price",
    3: "Time and material",
    4: "Non-billable",
    5: "Prepaid",
    6: "Fixed expense",
    7: "Rebill",
    8: "Non-billable",
}
"""InvoiceMethod of activities (2 to 5) and expenses (6 to 8); a project's Type (1 to 5).

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=ProjectWBSActivities, ...=ProjectWBSExpenses,
...=ProjectProjects."""

UNKNOWN = "Unknown"
BILLABLE, NOT_BILLABLE = "Billable", "Non-billable"
_BILLABLE_METHODS = frozenset({2, 3, 5, 6, 7})


def method_of_element(books: Books, element: Record) -> int | None:
    """The method of a WBS element: its own, else that of the deliverables it is part of, else its project's."""
    above: Record | None = element
    passed: set[str] = set()
    while above is not None and above["ID"] not in passed:
        if above["InvoiceMethod"]:
            return int(above["InvoiceMethod"])
        passed.add(above["ID"])
        above = books.found("ProjectWBS", above["PartOf"])
    return method_of_project(books, element["Project"])


def method_of_project(books: Books, project: str | None) -> int | None:
    """A project's own method; None for no project, or one that is not there."""
    found = books.found("Projects", project)
    return int(found["Type"]) if found and found["Type"] else None


def method_of_entry(books: Books, entry: Record) -> int | None:
    """The method of a time or cost entry."""
    element = books.found("ProjectWBS", entry["WBS"])
    return method_of_project(books, entry["Project"]) if element is None else method_of_element(books, element)


def method_label(method: int | None) -> str:
    """The name of a method; what is not known says so."""
    return UNKNOWN if method is None else METHODS.get(method, UNKNOWN)


def billable(books: Books, entry: Record) -> str:
    """Billable, Non-billable or Unknown."""
    item = books.found("Items", entry["Item"])
    if item is not None and item["Code"].strip() in books.settings.never_billable:
        return NOT_BILLABLE
    if entry["Project"] is None and (entry["Account"] or entry["SubscriptionAccount"] or entry["Subscription"]):
        return BILLABLE if item is not None and item["IsSalesItem"] else NOT_BILLABLE
    method = method_of_entry(books, entry)
    if method is None or method not in METHODS:
        return UNKNOWN
    return BILLABLE if method in _BILLABLE_METHODS else NOT_BILLABLE
