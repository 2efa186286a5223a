"""What a push model must be like before Power BI is asked to make it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from exactbi.config.dataset import Column, Dataset, Measure, Relationship, Table
from exactbi.power_bi.model_rules import Problem, problems

KEY = Column(name="Key", type="String", source="key(ID)")


def table(name: str, *columns: Column, reversal: bool = False) -> Table:
    if reversal:
        return Table(name=name, mode="reversal", stream="S", unit="ID", columns=(KEY, *columns))
    return Table(name=name, mode="replace", stream="S", key="Key", columns=(KEY, *columns))


def column(name: str, kind: str = "String", sort_by: str | None = None) -> Column:
    return Column.model_validate({"name": name, "type": kind, "source": "ID", "sort_by": sort_by})


def link(from_table: str, to_table: str, to_column: str = "Key", from_column: str = "Key") -> Relationship:
    return Relationship(
        name=f"{from_table} to {to_table}",
        from_table=from_table,
        from_column=from_column,
        to_table=to_table,
        to_column=to_column,
    )


def dataset(*tables: Table, links: Iterable[Relationship] = (), measures: Iterable[Measure] = ()) -> Dataset:
    return Dataset(name="books", tables=tables, relationships=tuple(links), measures=tuple(measures))


def found(of: Dataset) -> list[Problem]:
    return list(problems(of))


def test_a_star_of_facts_and_dimensions_is_sound() -> None:
    facts = (table("Lines", reversal=True), table("Hours", reversal=True))
    links = [link(fact.name, dimension) for fact in facts for dimension in ("Accounts", "Projects")]

    assert found(dataset(*facts, table("Accounts"), table("Projects"), links=links)) == []


@pytest.mark.parametrize(
    "name", ["a/b", "a[b]", "it's", "a.b", "a\nb", "x" * 100 + "é", "Date", "DATE", " Lines", "Lines "]
)
def test_a_table_name_that_power_bi_refuses_is_found(name: str) -> None:
    named = table("Lines").model_copy(update={"name": name})

    assert [path for path, _ in found(dataset(named))] == [("tables", 0, "name")]


@pytest.mark.parametrize("name", ["Kostenplaats é", "GL-Lines #2", "_Finance", "Dates", "x" * 100])
def test_a_table_name_that_power_bi_takes_is_no_problem(name: str) -> None:
    assert found(dataset(table(name))) == []


@pytest.mark.parametrize("name", ["_row", "_SIGN", "key", "a\x07b", " a", "a "])
def test_a_column_name_that_is_taken_or_refused_is_found(name: str) -> None:
    assert [path for path, _ in found(dataset(table("Lines", column(name))))] == [("tables", 0, "columns", 1, "name")]


def test_names_that_differ_in_case_are_one_to_power_bi() -> None:
    measures = [Measure(name=name, table="Lines", expression="1") for name in ("Amount", "AMOUNT", "KEY")]

    assert [path for path, _ in found(dataset(table("Lines"), table("LINES"), measures=measures))] == [
        ("tables", 1, "name"), ("measures", 1, "name"), ("measures", 2, "name")
    ]  # fmt: skip


@pytest.mark.parametrize("sort_by", ["Nope", "A"])
def test_a_column_is_sorted_by_another_of_its_table(sort_by: str) -> None:
    (problem,) = found(dataset(table("Lines", column("A", sort_by=sort_by))))

    assert problem[0] == ("tables", 0, "columns", 1, "sort_by")


def test_75_columns_hold_the_four_of_exactbi_too() -> None:
    fits = [column(f"C{n}") for n in range(70)]

    assert found(dataset(table("Lines", *fits))) == []
    assert [path for path, _ in found(dataset(table("Lines", *fits, column("C70"))))] == [("tables", 0, "columns", 71)]


def test_a_model_has_75_tables_at_most() -> None:
    tables = [table(f"T{n}") for n in range(76)]

    assert found(dataset(*tables[:75])) == []
    assert [path for path, _ in found(dataset(*tables))] == [("tables", 75)]


def test_a_relationship_leads_to_a_key_of_the_same_type() -> None:
    other, number = column("Other"), column("Number", "Int64")
    of = dataset(
        table("Lines", number, reversal=True),
        table("Accounts", other),
        table("Projects"),
        links=[link("Lines", "Accounts", "Other"), link("Lines", "Projects", from_column="Number")],
    )

    assert [path for path, _ in found(of)] == [("relationships", 0, "to_column"), ("relationships", 1)]


@pytest.mark.parametrize(
    "pairs",
    [
        [("A", "A")],
        [("A", "B"), ("A", "B")],
        [("A", "B"), ("B", "A")],
        [("A", "B"), ("B", "C"), ("C", "A")],
        [("A", "B"), ("A", "C"), ("B", "C")],
        [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")],
        [("B", "D"), ("C", "D"), ("A", "B"), ("A", "C")],
    ],
)
def test_a_filter_reaches_a_table_by_one_way_only(pairs: list[tuple[str, str]]) -> None:
    of = dataset(*map(table, "ABCD"), links=[link(*pair) for pair in pairs])

    assert [path for path, _ in found(of)] == [("relationships", len(pairs) - 1)]


def test_chains_and_shared_dimensions_are_no_circles() -> None:
    pairs = [("A", "B"), ("B", "C"), ("D", "B")]

    assert found(dataset(*map(table, "ABCD"), links=[link(*pair) for pair in pairs])) == []
