"""Every measure of the packs, evaluated by the Power BI emulator on the group's rows, is what the oracle tells.

Two that share no code: DAX on rows as they are pushed, with reversals among them, and sums over live rows.
"""

from __future__ import annotations

from datetime import date, datetime
from random import Random
from typing import Any

import pytest

from emulators.powerbi.dax.parser import parse
from emulators.powerbi.dax.run import run
from emulators.powerbi.dax.views import Model as DaxModel
from fakes import finance_model
from fakes.exact_group import opened
from fakes.oracle_books import books_of
from oracle.measures import Slicers, chosen, measures, query, same
from oracle.model import Model, Named
from oracle.packs import ALL

AS_OF = date(2026, 9, 30)
MEASURES = measures(AS_OF)


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Model:
    with opened(tmp_path_factory.mktemp("measures"), 2_000, 0) as sites:
        return Model(books_of(sites))


@pytest.fixture(scope="module")
def pushed(group: Model) -> DaxModel:
    dice = Random(1)
    rows: dict[str, list[Named]] = {name: _with_reversals(group, name, dice) for name in ALL}
    moment = f"{AS_OF}T00:00:00"
    rows["Data Status"] = [
        {"Company Key": company["Company Key"], "Complete Through": moment, "Business Date": moment}
        for company in group.table("Companies")
    ]
    return finance_model.model(rows)


def _with_reversals(group: Model, name: str, dice: Random) -> list[Named]:
    """A table's rows as they were pushed: some had other amounts or another status first, which were taken back."""
    table, rows = ALL[name], [dict(row) | {"_sign": 1} for row in group.table(name)]
    if table.mode == "replace":
        return [*rows]
    for row in [one for one in rows if dice.random() < 0.2]:
        before = row | dice.choice(rows)
        rows += [before, before | {name: -before[name] for name in (*table.amounts, "_sign")}]
    dice.shuffle(rows)
    return [*rows]


SLICERS: dict[str, Slicers] = {
    "nothing": {},
    "a company": {"Companies[Company Key]": ["nl-100001"]},
    "two companies": {"Companies[Company Key]": ["nl-100001", "be-200001"]},
    "a month": {"Companies[Company Key]": ["nl-100001"], "Fiscal Periods[Month Index]": [2026 * 12 + 9]},
    "a closed year of the group": {"Fiscal Periods[Month Index]": [2025 * 12 + month for month in range(1, 13)]},
    "a broken year": {"Companies[Company Key]": ["be-200001"], "Fiscal Periods[Fiscal Year]": [2025]},
    "no cost centre": {"Cost Centers[Cost Center Key]": ["(none)"]},
    "no project": {"Projects[Project Key]": ["(none)"]},
    "sections": {"GL Accounts[Section No]": [10, 50]},
    "a scenario": {"Budget Lines[Scenario]": ["Begroting"], "Companies[Company Key]": ["de-300001"]},
}


@pytest.mark.parametrize("slicers", SLICERS.values(), ids=list(SLICERS))
def test_power_bi_shows_what_the_oracle_tells(group: Model, pushed: DaxModel, slicers: Slicers) -> None:
    choice = chosen(slicers)
    row = run(parse(query(list(MEASURES), slicers)), pushed)[0].tuples()[0]
    told = zip(MEASURES.items(), map(_told, row), strict=True)
    both = {name: (measure(group, choice), value) for (name, measure), value in told}

    assert {name: pair for name, pair in both.items() if not same(name, *pair)} == {}


def test_each_measure_shows_something_under_some_slicers(group: Model) -> None:
    choices = [chosen(slicers) for slicers in SLICERS.values()]
    blank = {name for name, measure in MEASURES.items() if all(measure(group, one) is None for one in choices)}

    assert blank == {"Unclassified Amount"}


def test_every_visible_measure_of_the_model_is_told_but_two_that_tell_of_our_process() -> None:
    known = {name for each in finance_model.measures().values() for name in each if not name.startswith("_")}

    assert known - set(MEASURES) == {"As-of Date", "Data Complete Through"}
    assert set(MEASURES) <= known


def _told(value: Any) -> Any:
    return f"{value:%Y-%m-%dT%H:%M:%S}" if isinstance(value, datetime) else value
