"""What Power BI is told of tables, and which changes keep the rows."""

from __future__ import annotations

import copy
from typing import Any

from exactbi.config.tables import ColumnSchema, DatasetSchema, MeasureSchema, TableSchema
from exactbi.power_bi.tables import change, create_request

SCHEMA = DatasetSchema(
    name="exactbi",
    tables=(
        TableSchema(
            name="GL Lines",
            mode="reversal",
            columns=(
                ColumnSchema(name="Code", type="String"),
                ColumnSchema(name="_Amount", type="Decimal", additive=True, hidden=True, format="0.00"),
            ),
        ),
        TableSchema(
            name="Figures",
            mode="measures",
            columns=(ColumnSchema(name="None", type="String", hidden=True),),
            measures=(MeasureSchema(name="Amount", expression="SUM('GL Lines'[_Amount])"),),
        ),
    ),
)


def sent() -> dict[str, Any]:
    return create_request(SCHEMA)


def test_nothing_is_summed_by_itself_and_technical_columns_are_hidden() -> None:
    lines, figures = sent()["tables"]
    assert {column["summarizeBy"] for column in lines["columns"]} == {"none"}
    hidden = {column["name"] for column in lines["columns"] if column.get("isHidden")}
    assert hidden == {"_Amount", "_row", "_batch", "_ord", "_sign"}
    assert [column["name"] for column in figures["columns"]] == ["None"]
    assert figures["measures"][0]["name"] == "Amount"


def test_an_equal_schema_changes_nothing() -> None:
    assert change(sent(), sent()) == ([], [])


def test_columns_and_measures_may_be_added() -> None:
    wanted = sent()
    wanted["tables"][0]["columns"].insert(0, {"name": "New", "dataType": "Int64"})
    wanted["tables"][1]["measures"].append({"name": "More", "expression": "1"})
    changed = change(sent(), wanted)
    assert [table["name"] for table in changed.puts] == ["Figures", "GL Lines"]
    assert changed.refused == []


def test_what_would_lose_rows_is_refused() -> None:
    wanted = copy.deepcopy(sent())
    wanted["tables"][0]["columns"][0]["dataType"] = "Int64"
    wanted["tables"][0]["columns"].pop(1)
    wanted["tables"][1]["name"] = "Other"
    wanted["relationships"].append({"name": "x"})
    assert change(sent(), wanted).refused == [
        "column 'Code' of 'GL Lines' can't change its type",
        "column '_Amount' of 'GL Lines' can't be removed",
        "relationships are fixed when a dataset is created",
        "table 'Figures' can't be removed from a dataset",
        "table 'Other' can't be added to a dataset",
    ]
