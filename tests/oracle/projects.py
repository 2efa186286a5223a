"""Projects and Project WBS: budgets are a project's own and may be summed; each element says how it is billed."""

from __future__ import annotations

from oracle import billing
from oracle.books import Books
from oracle.tables import Columns, Row, mapped
from oracle.values import NONE, Record, day, label, named, reference, rounded, text, trimmed

TYPES = {1: "Campaign", 2: "Fixed price", 3: "Time and material", 4: "Non-billable", 5: "Prepaid"}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=ProjectProjects."""

KINDS = {1: "Deliverable", 2: "Activity", 3: "Expense"}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncProjectProjectWBS."""

PROJECT_COLUMNS: Columns = {
    "Project Key": lambda _, project: reference(project["ID"]),
    "Company Key": Books.company,
    "Code": lambda _, project: trimmed(project["Code"]),
    "Description": lambda _, project: text(project["Description"]),
    "Project": lambda _, project: text(label(project["Code"], project["Description"])),
    "Project Type": lambda _, project: named(TYPES, project["Type"]),
    "Is Project No": lambda *_: 1,
    "Client": lambda _, project: text(project["AccountName"]),
    "Manager": lambda _, project: text(project["ManagerFullname"]),
    "Classification": lambda _, project: text(project["ClassificationDescription"]),
    "Start Date": lambda _, project: day(project["StartDate"]),
    "End Date": lambda _, project: day(project["EndDate"]),
    "Block Entry": lambda _, project: bool(project["BlockEntry"]),
    "Budgeted Hours": lambda _, project: rounded(project["SalesTimeQuantity"]),
    "Budgeted Costs": lambda _, project: rounded(project["BudgetedCosts"]),
    "Budgeted Revenue": lambda _, project: rounded(project["BudgetedRevenue"]),
    "Budgeted Amount": lambda _, project: rounded(project["BudgetedAmount"]),
}
_NO_PROJECT = "(no project)"
NO_PROJECT: Row = (
    NONE, NONE, NONE, _NO_PROJECT, _NO_PROJECT, None, 0, None, None, None, None, None, False, None, None, None, None,
)  # fmt: skip
PROJECTS = mapped("Projects", "Projects", PROJECT_COLUMNS, static=(NO_PROJECT,))


def _element_label(books: Books, element: Record) -> str | None:
    project = books.found("Projects", element["Project"])
    return text(label(None if project is None else project["Code"], element["Description"]))


WBS_COLUMNS: Columns = {
    "WBS Key": lambda _, element: reference(element["ID"]),
    "Company Key": Books.company,
    "Project Key": lambda _, element: reference(element["Project"]),
    "WBS": _element_label,
    "Parent": lambda _, element: text(element["PartOfDescription"]),
    "Kind": lambda _, element: named(KINDS, element["Type"]),
    "Billing Method": lambda books, element: billing.method_label(billing.method_of_element(books, element)),
    "Budgeted Hours": lambda _, element: rounded(element["BudgetedHours"]),
    "Budgeted Cost": lambda _, element: rounded(element["BudgetedCost"]),
    "Budgeted Revenue": lambda _, element: rounded(element["BudgetedRevenue"]),
    "Completed": lambda _, element: bool(element["Completed"]),
    "Start Date": lambda _, element: day(element["StartDate"]),
    "End Date": lambda _, element: day(element["EndDate"]),
}
NO_ELEMENT: Row = (NONE, NONE, NONE, "(no activity)", None, None, None, None, None, None, False, None, None)
WBS = mapped("Project WBS", "ProjectWBS", WBS_COLUMNS, static=(NO_ELEMENT,))
