"""Dimensions: keys, labels, one row for nothing, what is found elsewhere, and what a customer may choose."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.exact_records import BE, NL, Blank, at, books, record
from oracle import accounts, codes, employees, items, projects, relations, transaction_types
from oracle.books import Books
from oracle.settings import Settings
from oracle.tables import Table


def rows(table: Table, known: Books) -> dict[Any, dict[str, Any]]:
    """By the first column, the key."""
    named = list(table.named(known))
    found = {row[table.attributes[0]]: row for row in named}
    assert len(found) == len(named), "a key twice"
    return found


@pytest.mark.parametrize(
    ("table", "label"),
    [
        (accounts.TABLE, "(no account)"),
        (codes.COST_CENTERS, "(no cost centre)"),
        (codes.COST_UNITS, "(no cost unit)"),
        (codes.JOURNAL_TABLE, "(no journal)"),
        (relations.TABLE, "(no relation)"),
        (items.TABLE, "(no item)"),
        (projects.PROJECTS, "(no project)"),
        (projects.WBS, "(no activity)"),
        (employees.TABLE, "(no employee)"),
    ],
)
def test_each_dimension_has_a_member_for_nothing(table: Table, label: str) -> None:
    (row,) = table.named(books())

    assert row[table.attributes[0]] == row["Company Key"] == "(none)"
    assert label in row.values()


def client(key: str, code: str, name: str, **fields: Any) -> Blank:
    return record(ID=key, Code=code.rjust(18), Name=name, **fields)


CLIENTS = [
    client("A", "12", "Brouwer BV", VATNumber="NL 8001.23.456.B01", Status="C", Type="A"),
    client("B", "7", "Brouwer Belgie", VATNumber="nl800123456b01", Division=BE, Type="A"),
    client("C", "13", "Smit", ChamberOfCommerce="12345678", Parent="a", Country="NL ", Type="A"),
    client("D", "14", "Smit & Zn", ChamberOfCommerce="1234 5678", Type="A", IsSupplier=True, Blocked=True),
    client("E", "15", "Smit", Type="D"),
    client("F", "16", "The Belgian", VATNumber="BE0400.000.001", Type="A"),
]
LIST = [record(Code=BE, VATNumber="BE 0400 000 001"), record(Code=999, VATNumber="NL800123456B01")]


def test_a_client_of_several_companies_has_one_name_by_vat_or_chamber_number() -> None:
    found = rows(relations.TABLE, books(Accounts=CLIENTS, HrmDivisions=LIST))

    assert found["a"]["Group Client"] == found["b"]["Group Client"] == "Brouwer Belgie"
    assert found["c"]["Group Client"] == found["d"]["Group Client"] == "Smit"
    assert found["e"]["Group Client"] == "Smit"


def test_a_relation_is_intercompany_by_its_type_or_by_the_vat_number_of_a_company_of_the_group() -> None:
    found = rows(relations.TABLE, books(Accounts=CLIENTS, HrmDivisions=LIST))

    assert [key for key in "abcdef" if found[key]["Is Intercompany"]] == ["e", "f"]


def test_a_relation_has_its_trimmed_code_in_its_label_and_its_parents_label() -> None:
    found = rows(relations.TABLE, books(Accounts=CLIENTS))

    assert (found["a"]["Code"], found["a"]["Relation"], found["a"]["Status"]) == ("12", "12 Brouwer BV", "C")
    assert (found["c"]["Parent"], found["c"]["Country"], found["a"]["Parent"]) == ("12 Brouwer BV", "NL", None)
    assert (found["d"]["Is Supplier"], found["d"]["Blocked"], found["c"]["Blocked"]) == (True, True, False)


ACCOUNT = record(ID="ACC", Code=" 8000 ", Description="Fees", Type=110, BalanceType="W", BalanceSide="C")


def test_an_account_has_the_classes_of_the_chosen_scheme_from_the_top() -> None:
    tree = [
        record(ID="c1", Code="W", Description="Result"),
        record(ID="c2", Code="WOmz", Description="Revenue", Parent="C1"),
        record(ID="x", Code="X", Description="Other"),
    ]  # fmt: skip
    links = [
        record(GLAccount="acc", Classification="c2", GLSchemeCode="RGS"),
        record(GLAccount="acc", Classification="x", GLSchemeCode="OTHER"),
    ]
    entities = {"GLAccounts": [ACCOUNT], "GLClassifications": tree, "GLAccountClassificationMappings": links}
    chosen = rows(accounts.TABLE, books(Settings(scheme="RGS"), **entities))["acc"]
    none = rows(accounts.TABLE, books(**entities))["acc"]

    assert [chosen[f"Classification {n}"] for n in (1, 2, 3, 4)] == ["W Result", "WOmz Revenue", None, None]
    assert none["Classification 1"] is None


def test_sections_and_groups_of_an_account_may_be_chosen() -> None:
    plain = rows(accounts.TABLE, books(GLAccounts=[ACCOUNT]))["acc"]
    settings = Settings(sections={"nl-100001|8000": 95}, group_accounts={"nl-100001|8000": "Fee income"})
    chosen = rows(accounts.TABLE, books(settings, GLAccounts=[ACCOUNT]))["acc"]

    assert (plain["Section No"], plain["Result Section"], plain["Group Account"]) == (10, "Revenue", "8000")
    assert (chosen["Section No"], chosen["Result Section"]) == (95, "Appropriation")
    assert (chosen["Group Account"], chosen["GL Account"]) == ("Fee income", "8000 Fees")


def test_codes_are_keys_of_their_company() -> None:
    center = record(Code="k1 ", Description="Sales", EndDate=at(2026, 6, 30), Division=BE)
    found = rows(codes.COST_CENTERS, books(Costcenters=[center]))["be-200001|K1"]
    unit = rows(
        codes.COST_UNITS, books(Settings(group_cost_units={"nl-100001|U1": "All"}), Costunits=[record(Code="u1")])
    )
    journal = rows(codes.JOURNAL_TABLE, books(Journals=[record(Code="70", Description="Sales", Type=20)]))

    assert (found["Code"], found["Cost Center"], found["End Date"]) == ("k1", "k1 Sales", "2026-06-30T00:00:00")
    assert found["Group Cost Center"] == "k1"
    assert unit["nl-100001|U1"]["Group Cost Unit"] == "All"
    assert (journal["nl-100001|70"]["Journal"], journal["nl-100001|70"]["Type"]) == ("70 Sales", "Sales")


@pytest.mark.parametrize(
    ("number", "kind"),
    [(10, 2), (20, 1), (90, 1), (290, 1), (310, 3), (326, 3), (327, 4), (328, 4), (3000, 9)],
)
def test_types_of_postings_have_their_class(number: int, kind: int) -> None:
    assert rows(transaction_types.TABLE, books())[number]["Entry Class No"] == kind


def test_a_type_that_is_not_listed_is_a_regular_one_and_counted() -> None:
    lines = [record(Type=777, GLAccount="a", AmountDC="=1"), record(Type=778, GLAccount=None, AmountDC="=0")]
    known = books(TransactionLines=lines, GLTransactionTypes=[record(ID=20, Description="Verkoopboeking")])
    found = rows(transaction_types.TABLE, known)

    assert (found[777]["Transaction Type"], found[777]["Entry Class"]) == ("777", "Regular")
    assert found[20]["Transaction Type"] == "Verkoopboeking"
    assert 778 not in found
    assert transaction_types.unknown(known) == {777}


def test_an_item_says_what_it_is() -> None:
    item = record(ID="I", Code="UREN", Description="Advice", IsTime=1, IsSalesItem=True, ItemGroupCode="D", Unit="hour")
    found = rows(items.TABLE, books(Items=[item, record(ID="J", Code="X")]))

    assert (found["i"]["Item"], found["i"]["Item Group"], found["i"]["Is Hour Type"]) == ("UREN Advice", "D", True)
    assert (found["j"]["Item Group"], found["j"]["Is Sales Item"]) == (None, False)


def test_projects_and_their_elements_have_labels_budgets_and_billing() -> None:
    project = record(
        ID="P", Code="P-1012", Description="ERP rollout", Type=2, AccountName="Brouwer", SalesTimeQuantity="=100.00005"
    )
    element = record(
        ID="W", Project="p", Description="Design", PartOf="T", PartOfDescription="Phase 1", Type=2, Completed=1
    )
    top = record(ID="T", Project="p", Description="Phase 1", Type=1, InvoiceMethod=3)
    known = books(Projects=[project], ProjectWBS=[element, top])
    found, elements = rows(projects.PROJECTS, known), rows(projects.WBS, known)

    assert (found["p"]["Project"], found["p"]["Project Type"]) == ("P-1012 ERP rollout", "Fixed price")
    assert (str(found["p"]["Budgeted Hours"]), found["p"]["Budgeted Costs"]) == ("100.0001", None)
    assert (found["p"]["Is Project No"], found["(none)"]["Is Project No"]) == (1, 0)
    assert (elements["w"]["WBS"], elements["w"]["Parent"], elements["w"]["Kind"]) == (
        "P-1012 Design", "Phase 1", "Activity",
    )  # fmt: skip
    assert (elements["w"]["Billing Method"], elements["w"]["Completed"]) == ("Time and material", True)


def test_an_employee_has_one_row_of_the_newest_name_and_no_rate() -> None:
    rates = [
        record(ID="2", Employee="E", EmployeeHID=17, EmployeeFullName="Ilse Bos-de Wit", StartDate=at(2026, 1, 1)),
        record(ID="1", Employee="e", EmployeeHID=17, EmployeeFullName="Ilse Bos", StartDate=at(2025, 1, 1)),
    ]
    found = rows(employees.TABLE, books(EmploymentInternalRates=rates))
    hidden = rows(employees.TABLE, books(Settings(pseudonyms=True), EmploymentInternalRates=rates))

    assert (found["e"]["Employee"], found["e"]["Employee No"], len(found)) == ("Ilse Bos-de Wit", 17, 2)
    assert hidden["e"]["Employee"] == "E-017"
    assert not [column for column in employees.TABLE.columns if "Rate" in column]


def test_long_texts_end_in_an_ellipsis_at_four_thousand() -> None:
    long = record(ID="P", Code="P", Description="é" * 5000)
    found = rows(projects.PROJECTS, books(Projects=[long]))["p"]

    assert len(found["Description"]) == 4000
    assert found["Description"].endswith("é…")


def test_a_division_of_another_site_has_its_own_keys() -> None:
    same = [record(Code="K1"), record(Code="K1", Division=BE)]

    assert {*rows(codes.COST_CENTERS, books(Costcenters=same))} == {"(none)", "nl-100001|K1", "be-200001|K1"}
    assert NL != BE
