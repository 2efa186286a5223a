"""Rules of a whole model: relationships, modes, names across tables, counts that are a setting."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.powerbi import settings
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import Twin, column, table

FACT, HUB, LEAF = (table(name, k="Int64") for name in ("Fact", "Hub", "Leaf"))


def link(one: str, other: str, **more: str) -> dict[str, Any]:
    """From the many side to the one side."""
    ends = {"fromTable": one, "fromColumn": "k", "toTable": other, "toColumn": "k"}
    return {"name": f"{one} {other}", **ends, **more}


async def created(power_bi: Twin, *tables: dict[str, Any], **more: Any) -> int:
    return (await power_bi.create(*tables, **more)).status_code


@pytest.mark.parametrize(
    ("links", "status"),
    [
        ([link("Fact", "Hub"), link("Hub", "Leaf")], 201),
        ([link("Fact", "Hub"), link("Fact", "Leaf")], 201),
        ([link("Fact", "Hub"), link("Leaf", "Hub")], 201),
        ([link("Fact", "Hub"), link("Hub", "Leaf"), link("Fact", "Leaf")], 400),
        ([link("Fact", "Hub"), link("Hub", "Leaf"), link("Leaf", "Fact")], 400),
        ([link("Fact", "Hub", crossFilteringBehavior="BothDirections"), link("Leaf", "Hub")], 201),
    ],
)
@proves(RULES["schema.path"])
async def test_a_filter_finds_one_path_from_a_table_to_another(
    power_bi: Twin, links: list[dict[str, Any]], status: int
) -> None:
    assert await created(power_bi, FACT, HUB, LEAF, relationships=links) == status


@proves(RULES["schema.path"])
async def test_two_facts_with_both_directions_between_two_dimensions_are_ambiguous(power_bi: Twin) -> None:
    other, both = table("Other", k="Int64"), "BothDirections"
    pairs = [("Fact", "Hub"), ("Fact", "Leaf"), ("Other", "Hub"), ("Other", "Leaf")]
    tables = (FACT, other, HUB, LEAF)
    both_ways = [link(*pair, crossFilteringBehavior=both) for pair in pairs]

    assert await created(power_bi, *tables, relationships=[link(*pair) for pair in pairs]) == 201
    assert await created(power_bi, *tables, relationships=both_ways) == 400


@proves(RULES["schema.direction"])
async def test_filters_go_in_one_of_three_directions(power_bi: Twin) -> None:
    sent = ["OneDirection", "BothDirections", "Automatic", "None"]
    statuses = [
        await created(power_bi, FACT, HUB, relationships=[link("Fact", "Hub", crossFilteringBehavior=one)])
        for one in sent
    ]

    assert statuses == [201, 201, 201, 400]


@proves(RULES["schema.unique"])
async def test_a_measures_name_is_its_own_in_the_whole_model(power_bi: Twin) -> None:
    total = {"measures": [{"name": "Total", "expression": "1"}]}
    await power_bi.create(FACT | total, HUB)
    answers = [await power_bi.put(HUB | {"measures": [{"name": "total", "expression": "2"}]})]
    answers += [await power_bi.put(FACT | {"measures": []}), await power_bi.put(HUB | total)]

    assert await created(power_bi, FACT | total, HUB | total) == 400
    assert [answer.status_code for answer in answers] == [400, 200, 200]


@proves(RULES["schema.streaming"])
async def test_a_streaming_mode_takes_names_and_types_only(power_bi: Twin) -> None:
    rich = {"name": "T", "columns": [column("a", "Int64", formatString="0")]}
    refused = await power_bi.create(rich, defaultMode="PushStreaming")

    assert await created(power_bi, FACT, defaultMode="PushStreaming") == 201
    assert refused.status_code == 400
    assert refused.json()["error"]["message"].startswith("This dataset or endpoint does not support column properties")


@proves(RULES["schema.retention"])
async def test_a_retention_policy_that_does_not_exist_is_refused(power_bi: Twin) -> None:
    assert [await created(power_bi, FACT, policy=one) for one in ("None", "basicFIFO", "forever")] == [201, 201, 400]


@proves(RULES["schema.date"])
async def test_a_table_is_not_called_date_unless_a_setting_lets_it(power_bi: Twin) -> None:
    refused = [await created(power_bi, table(name, a="DateTime")) for name in ("Date", "date", "Dates")]
    await power_bi.set(date_table="accept")

    assert (refused, await created(power_bi, table("Date", a="DateTime"))) == ([400, 400, 201], 201)


@proves(RULES["schema.columns"])
async def test_as_a_setting_columns_are_counted_over_the_dataset(power_bi: Twin) -> None:
    half = [table(name, **{f"c{n}": "Int64" for n in range(38)}) for name in ("A", "B")]
    before = await created(power_bi, *half)
    await power_bi.set(columns_per="dataset")
    wider = await power_bi.put(half[0] | {"columns": [*half[0]["columns"], column("more")]})

    assert (before, await created(power_bi, *half), wider.status_code) == (201, 400, 400)


@proves(RULES["schema.json"])
async def test_a_table_is_not_renamed(power_bi: Twin) -> None:
    await power_bi.create(FACT, HUB)

    assert (await power_bi.put(FACT | {"name": "Facts"}, "Fact")).status_code == 400


@proves(RULES["dataset.many"])
async def test_a_workspace_is_full_in_the_end(power_bi: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATASETS", 3)

    assert [await created(power_bi, FACT) for _ in range(3)] == [201, 201, 400]
