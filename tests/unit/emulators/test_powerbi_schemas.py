"""Datasets and tables: what may be created, listed and changed."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import GROUP, JSON, Twin, column, table

LINES = table("GL Lines", Code="String", _Amount="Decimal")
ACCOUNTS = table("GL Accounts", Code="String", Name="string")
LINK = {
    "name": "r1",
    "fromTable": "GL Lines",
    "fromColumn": "Code",
    "toTable": "GL Accounts",
    "toColumn": "Code",
}


async def refused(power_bi: Twin, *tables: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await power_bi.create(*tables, **more)
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


async def test_a_dataset_is_created_and_found_again(power_bi: Twin) -> None:
    created = await power_bi.create(LINES, ACCOUNTS, relationships=[LINK])
    found = await power_bi.data.get(power_bi.at)

    assert (created.status_code, found.status_code) == (201, 200)
    assert created.json() == {"id": power_bi.dataset, "name": "exactbi", "defaultRetentionPolicy": "None"}
    assert (found.json()["addRowsAPIEnabled"], found.json()["isRefreshable"]) == (True, False)


async def test_names_of_datasets_are_not_unique(power_bi: Twin) -> None:
    await power_bi.create(LINES)
    await power_bi.create(LINES)
    listed = await power_bi.datasets()

    assert [one["name"] for one in listed] == ["exactbi", "exactbi"]
    assert len({one["id"] for one in listed}) == 2


async def test_a_deleted_dataset_is_gone(power_bi: Twin) -> None:
    await power_bi.create(LINES)
    deleted = await power_bi.data.delete(power_bi.at)

    assert (deleted.status_code, (await power_bi.data.get(power_bi.at)).status_code) == (200, 404)


@proves(RULES["dataset.found"], RULES["workspace.found"])
async def test_what_does_not_exist_is_not_found(power_bi: Twin) -> None:
    here = await power_bi.data.get(f"{GROUP}/datasets/nothing")
    elsewhere = await power_bi.data.get("/v1.0/myorg/groups/nowhere/datasets")

    assert [answer.status_code for answer in (here, elsewhere)] == [404, 404]
    assert [answer.json()["error"]["code"] for answer in (here, elsewhere)] == ["PowerBIEntityNotFound"] * 2


async def test_tables_are_listed_by_name_only(power_bi: Twin) -> None:
    await power_bi.create(LINES, ACCOUNTS)

    listed = (await power_bi.data.get(f"{power_bi.at}/tables")).json()

    assert listed["value"] == [{"name": "GL Lines"}, {"name": "GL Accounts"}]
    assert listed["@odata.context"].endswith("$metadata#tables")


@proves(RULES["schema.unknown"])
async def test_an_unknown_property_is_refused_by_name(power_bi: Twin) -> None:
    error = await refused(power_bi, LINES, compatibilityLevel=1550)
    detail = error["details"][0]

    assert (error["code"], detail["target"]) == ("BadRequest", "dataset")
    assert detail["message"].startswith("The property 'compatibilityLevel' does not exist on type 'Microsoft.PowerBI")


@proves(RULES["schema.json"])
async def test_a_body_of_another_shape_is_refused(power_bi: Twin) -> None:
    bodies = [b"{", b"[]", b'{"name": "x"}', b'{"name": 1, "tables": []}']
    answers = [await power_bi.data.post(f"{GROUP}/datasets", content=body, headers=JSON) for body in bodies]

    assert [answer.status_code for answer in answers] == [400] * 4


@pytest.mark.parametrize("name", ["a/b", "a.b", "it's", "a[b]", "a&b", "a:b", "a%b", "", "x" * 101])
@proves(RULES["schema.name"])
async def test_a_table_with_such_a_name_is_refused(power_bi: Twin, name: str) -> None:
    await refused(power_bi, table(name, Code="String"))


@pytest.mark.parametrize("name", ["GL Lines", "_Finance", "a-b", "#1", "Größe", "x" * 100])
async def test_a_table_with_such_a_name_is_created(power_bi: Twin, name: str) -> None:
    assert (await power_bi.create(table(name, Code="String"))).status_code == 201


@proves(RULES["schema.unique"])
async def test_names_differ_by_more_than_case(power_bi: Twin) -> None:
    await refused(power_bi, LINES, table("gl lines", Code="String"))
    await refused(power_bi, table("T", Code="String", code="String"))
    await refused(power_bi, table("T", Total="Int64") | {"measures": [{"name": "total", "expression": "1"}]})


@proves(RULES["schema.type"])
async def test_only_six_types_exist_in_any_case(power_bi: Twin) -> None:
    good = await power_bi.create(table("T", a="int64", b="DOUBLE", c="bool", d="dateTime", e="string", f="Decimal"))

    assert good.status_code == 201
    await refused(power_bi, table("T", a="Guid"))


@proves(RULES["schema.summarize"], RULES["schema.sort"])
async def test_column_properties_are_checked(power_bi: Twin) -> None:
    good = [
        column("Month", sortByColumn="No", formatString="0"),
        column("No", "Int64", summarizeBy="none", isHidden=True),
    ]

    assert (await power_bi.create({"name": "T", "columns": good})).status_code == 201
    await refused(power_bi, {"name": "T", "columns": [column("a", summarizeBy="most")]})
    await refused(power_bi, {"name": "T", "columns": [column("a", sortByColumn="b")]})


@proves(RULES["schema.columns"], RULES["schema.tables"])
async def test_seventy_five_are_enough(power_bi: Twin) -> None:
    wide = table("T", **{f"c{n}": "Int64" for n in range(75)})
    many = [table(f"T{n}", a="Int64") for n in range(75)]

    assert (await power_bi.create(wide)).status_code == 201
    assert (await power_bi.create(*many)).status_code == 201
    await refused(power_bi, table("T", **{f"c{n}": "Int64" for n in range(76)}))
    await refused(power_bi, *many, table("More", a="Int64"))


@proves(RULES["schema.relationships"])
async def test_seventy_five_relationships_are_enough(power_bi: Twin) -> None:
    tables = [table(f"T{n}", a="Int64") for n in range(75)]
    pairs = [*((0, one) for one in range(2, 75)), (1, 2), (1, 3), (1, 4)]
    links = [
        {"name": f"r{n}", "fromTable": f"T{one}", "fromColumn": "a", "toTable": f"T{other}", "toColumn": "a"}
        for n, (one, other) in enumerate(pairs)
    ]

    assert (await power_bi.create(*tables, relationships=links[:75])).status_code == 201
    await refused(power_bi, *tables, relationships=links)


@pytest.mark.parametrize(
    "changed", [{"toColumn": "Nothing"}, {"fromColumn": "_Amount"}, {"toTable": "GL Lines"}, {"fromTable": "Nothing"}]
)
@proves(RULES["schema.relationship"])
async def test_a_relationship_joins_existing_columns_of_one_type(power_bi: Twin, changed: dict[str, str]) -> None:
    await refused(power_bi, LINES, ACCOUNTS, relationships=[LINK | changed])


@pytest.mark.parametrize("name", ["", "x" * 101])
@proves(RULES["schema.name"])
async def test_a_relationship_has_a_name(power_bi: Twin, name: str) -> None:
    await refused(power_bi, LINES, ACCOUNTS, relationships=[LINK | {"name": name}])


@proves(RULES["schema.relationship"])
async def test_two_tables_are_joined_once(power_bi: Twin) -> None:
    error = await refused(power_bi, LINES, ACCOUNTS, relationships=[LINK, LINK | {"name": "r2", "toColumn": "Name"}])

    assert error["message"] == "Relationship 'r2' joins tables that are joined already"


@pytest.mark.parametrize("mode", ["Streaming", "AsOnPrem", "push"])
@proves(RULES["schema.mode"])
async def test_only_push_models_are_made(power_bi: Twin, mode: str) -> None:
    await refused(power_bi, LINES, defaultMode=mode)


@proves(RULES["dataset.creation"])
async def test_creation_may_have_ended(power_bi: Twin) -> None:
    await power_bi.set(creation=False)

    assert (await refused(power_bi, LINES))["code"] == "FeatureDeprecatedError"


async def test_columns_and_measures_are_added_and_old_rows_are_blank_there(power_bi: Twin) -> None:
    await power_bi.create(LINES)
    await power_bi.post("GL Lines", {"Code": "1", "_Amount": 1.5})
    wider = table("GL Lines", Code="String", _Amount="Decimal", Note="String", No="Int64")
    answer = await power_bi.put(wider | {"measures": [{"name": "Total", "expression": "SUM('GL Lines'[_Amount]) * 2"}]})
    await power_bi.post("GL Lines", {"Code": "2", "_Amount": 2, "Note": "new", "No": 7})

    assert (answer.status_code, answer.json()) == (200, {"name": "GL Lines"})
    assert await power_bi.result('EVALUATE ROW("t", [Total], "n", COUNT(\'GL Lines\'[No]))') == [{"[t]": 7, "[n]": 1}]
    assert await power_bi.result("EVALUATE SELECTCOLUMNS('GL Lines', \"note\", 'GL Lines'[Note])", nulls=True) == [
        {"[note]": None},
        {"[note]": "new"},
    ]


@proves(RULES["table.found"])
async def test_a_table_cannot_be_added_and_its_name_has_its_case(power_bi: Twin) -> None:
    await power_bi.create(LINES)
    put = await power_bi.put(ACCOUNTS)
    post = await power_bi.post("gl lines", {"Code": "1"})

    assert [put.status_code, post.status_code] == [404, 404]
    assert put.json()["error"]["code"] == "ItemNotFound"
    assert put.json()["error"]["message"] == f"Table '<pi>GL Accounts</pi>' not found in dataset '{power_bi.dataset}'"


@pytest.mark.parametrize(
    "changed", [table("GL Lines", Code="String"), table("GL Lines", Code="Int64", _Amount="Decimal")]
)
@proves(RULES["schema.destructive"])
async def test_a_column_is_not_dropped_or_changed(power_bi: Twin, changed: dict[str, Any]) -> None:
    await power_bi.create(LINES)

    assert (await power_bi.put(changed)).status_code == 400


async def test_as_a_setting_a_destructive_change_empties_the_table(power_bi: Twin) -> None:
    await power_bi.set(destructive_put="clear", put_status=201)
    await power_bi.create(LINES)
    await power_bi.post("GL Lines", {"Code": "1"})

    assert (await power_bi.put(table("GL Lines", Code="String"))).status_code == 201
    assert await power_bi.rows("GL Lines") == []
