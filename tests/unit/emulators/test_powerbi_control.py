"""The control port: settings, rules, and what it says of what does not exist."""

from __future__ import annotations

from emulators.powerbi.rules import RULES
from fakes.power_bi_emulator import Twin, table


async def test_settings_are_shown_and_changed_one_by_one(power_bi: Twin) -> None:
    before = (await power_bi.control.get("/control/settings")).json()
    after = (await power_bi.control.post("/control/settings", json={"role": "Viewer"})).json()

    assert after == before | {"role": "Viewer"}


async def test_a_setting_that_does_not_exist_is_refused(power_bi: Twin) -> None:
    answers = [
        await power_bi.control.post("/control/settings", json=one) for one in ({"rule": 1}, {"role": "Owner"}, [1])
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]


async def test_rules_are_listed_and_switched_off(power_bi: Twin) -> None:
    listed = (await power_bi.control.post("/control/rules", json={"off": ["rows.scale"]})).json()
    await power_bi.create(table("T", d="Decimal"))
    answer = await power_bi.post("T", {"d": 1.23456})

    assert {rule["id"] for rule in listed if not rule["on"]} == {"rows.scale"}
    assert len(listed) == len(RULES)
    assert answer.status_code == 200
    assert (await power_bi.control.post("/control/rules", json={"off": ["nothing"]})).status_code == 400


async def test_a_table_is_listed_by_the_datasets_id_or_name_the_newest_first(power_bi: Twin) -> None:
    await power_bi.create(table("T", a="Int64"))
    await power_bi.create(table("T", a="Int64"))
    await power_bi.post("T", {"a": 1})
    by_name = await power_bi.control.get("/control/rows/exactbi/T")
    by_id = await power_bi.control.get(f"/control/rows/{power_bi.dataset}/T")

    assert by_name.text == by_id.text == '{"a": 1}\n'


async def test_what_does_not_exist_is_404(power_bi: Twin) -> None:
    await power_bi.create(table("T", a="Int64"))
    answers = [await power_bi.control.get(f"/control/rows/{path}") for path in ("other/T", "exactbi/U")]

    assert [answer.status_code for answer in answers] == [404, 404]


async def test_the_clock_only_moves_on(power_bi: Twin) -> None:
    answers = [
        await power_bi.control.post("/control/clock", json=one) for one in ({"advance_s": -1}, {}, {"advance_s": 1})
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 200]
