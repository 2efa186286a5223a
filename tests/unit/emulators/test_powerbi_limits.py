"""How much may be sent in which time, and what is answered beyond."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from emulators.powerbi import settings
from emulators.powerbi.identities import CLIENT
from emulators.powerbi.limits import Window
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import Twin, table

T = table("T", a="Int64")


def use(power_bi: Twin, name: str, n: int, cost: int = 1) -> None:
    """As if so many calls had been made just now."""
    dataset = power_bi.world.datasets[power_bi.dataset]
    window: Window = {"rows.minute": dataset.minute, "rows.hour": dataset.hour, "rows.hourly": dataset.rows}[name]
    for _ in range(n):
        window.use(power_bi.world.clock.now(), cost)


def stored(power_bi: Twin, rows: int) -> None:
    """As if the table had so many rows."""
    power_bi.world.datasets[power_bi.dataset].tables["T"].rows.ends.append(rows)


@proves(RULES["rows.minute"])
async def test_the_121st_post_in_a_minute_waits(power_bi: Twin) -> None:
    await power_bi.create(T)
    answers = [(await power_bi.post("T", {"a": 1})).status_code for _ in range(120)]
    late = await power_bi.post("T", {"a": 1})
    wait = int(late.headers["Retry-After"])
    await power_bi.advance(wait)

    assert set(answers) == {200}
    assert (late.status_code, 1 <= wait <= 60) == (429, True)
    assert late.json()["message"].endswith(f"Retry in {wait} seconds.")
    assert (await power_bi.post("T", {"a": 1})).status_code == 200
    assert (await power_bi.stats())["rows"][power_bi.dataset] == {"T": 121}


@proves(RULES["rows.hour"])
async def test_with_a_big_table_the_limit_is_per_hour_for_the_whole_model(power_bi: Twin) -> None:
    await power_bi.create(T, table("U", a="Int64"))
    use(power_bi, "rows.hour", 120)
    small = await power_bi.post("U", {"a": 1})
    stored(power_bi, 250_000)
    await power_bi.advance(61)
    big = await power_bi.post("U", {"a": 1})

    assert (small.status_code, big.status_code) == (200, 429)
    assert 3500 < int(big.headers["Retry-After"]) <= 3600


@proves(RULES["rows.hourly"])
async def test_a_million_rows_fit_in_an_hour(power_bi: Twin) -> None:
    await power_bi.create(T)
    use(power_bi, "rows.hourly", 1, 999_999)
    last = await power_bi.post("T", {"a": 1})
    over = await power_bi.post("T", {"a": 1})
    await power_bi.advance(3601)
    await power_bi.log_in()

    assert (last.status_code, over.status_code) == (200, 429)
    assert "rows per hour limit" in over.json()["error"]["message"]
    assert 3590 <= int(over.headers["Retry-After"]) <= 3600
    assert (await power_bi.post("T", {"a": 1})).status_code == 200


@proves(RULES["rows.stored"])
async def test_five_million_rows_fit_in_a_table(power_bi: Twin) -> None:
    await power_bi.create(T)
    stored(power_bi, 5_000_000)

    assert (await power_bi.post("T", {"a": 1})).status_code == 400


@proves(RULES["rows.fifo"])
async def test_with_basic_fifo_the_newest_rows_are_kept(power_bi: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ROWS_STORED_FIFO", 3)
    await power_bi.create(T, policy="basicFIFO")
    await power_bi.post("T", *({"a": n} for n in range(5)))

    assert await power_bi.rows("T") == [{"a": 2}, {"a": 3}, {"a": 4}]
    assert await power_bi.result("EVALUATE ROW(\"n\", COUNTROWS('T'), \"s\", SUM('T'[a]))") == [{"[n]": 3, "[s]": 9}]


@proves(RULES["rows.pending"])
async def test_the_sixth_post_under_way_is_refused(power_bi: Twin) -> None:
    await power_bi.create(T)
    dataset = power_bi.world.datasets[power_bi.dataset]
    dataset.pending.use = 5
    sixth = await power_bi.post("T", {"a": 1})
    dataset.pending.use = 0

    assert sixth.status_code == 429
    assert (await power_bi.stats())["limits"][power_bi.dataset]["rows.pending"]["peak"] == 6


@proves(RULES["query.minute"])
async def test_the_121st_query_in_a_minute_waits(power_bi: Twin) -> None:
    await power_bi.create(T)
    answers = [(await power_bi.query("EVALUATE 'T'")).status_code for _ in range(121)]
    await power_bi.advance(60)

    assert (set(answers[:120]), answers[120]) == ({200}, 429)
    assert (await power_bi.query("EVALUATE 'T'")).status_code == 200


async def test_refused_calls_count_only_as_a_setting(power_bi: Twin) -> None:
    await power_bi.create(T)
    use(power_bi, "rows.minute", 120)
    await power_bi.post("T", {"a": 1})
    before = power_bi.world.datasets[power_bi.dataset].minute.total
    await power_bi.set(refused_calls_count=True)
    await power_bi.post("T", {"a": 1})

    assert (before, power_bi.world.datasets[power_bi.dataset].minute.total) == (120, 121)


async def test_without_limits_only_rates_are_lifted(power_bi: Twin) -> None:
    free = await Twin.opened(power_bi.credentials, limits=False).log_in()
    await free.create(T)
    use(free, "rows.minute", 500)
    use(free, "rows.hourly", 1, 2_000_000)
    many = await free.post("T", *["{}"] * 10_001)

    assert (await free.post("T", {"a": 1})).status_code == 200
    assert many.status_code == 400


async def test_under_a_scale_windows_pass_sooner(power_bi: Twin) -> None:
    fast = await Twin.opened(power_bi.credentials, scale=60).log_in()
    await fast.create(T)
    use(fast, "rows.minute", 120)
    refused = await fast.post("T", {"a": 1})
    await fast.advance(1)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert (await fast.post("T", {"a": 1})).status_code == 200


async def test_statistics_show_use_peak_refusals_and_the_physical_bound(power_bi: Twin) -> None:
    await power_bi.create(T)
    use(power_bi, "rows.minute", 120)
    await power_bi.post("T", {"a": 1})
    await power_bi.advance(61)
    await power_bi.post("T", {"a": 1})
    stats: dict[str, Any] = await power_bi.stats()
    minute = stats["limits"][power_bi.dataset]["rows.minute"]

    assert (minute["use"], minute["peak"], minute["total"], minute["bound_s"]) == (1, 120, 121, 60)
    assert (stats["refused"], stats["s429"], stats["peak_use"]) == ({"rows.minute": 1}, 1, 1.0)
    assert stats["calls"]["rows.post"] == 2
    assert stats["queries"].get(CLIENT) is None


def test_a_window_says_when_there_is_room_again() -> None:
    window = Window("x", 60, 10)
    window.use(0, 4)
    window.use(30, 4)

    assert [window.wait(40, cost) for cost in (2, 3, 6, 7)] == [0, 20, 20, 50]
    assert (window.wait(60, 6), window.used(60), window.peak) == (0, 4, 8)


async def test_pending_posts_are_counted_while_their_bodies_arrive(power_bi: Twin) -> None:
    await power_bi.create(T)
    answers = await asyncio.gather(*(power_bi.post("T", {"a": 1}) for _ in range(3)))

    assert {answer.status_code for answer in answers} == {200}
    assert (await power_bi.stats())["limits"][power_bi.dataset]["rows.pending"]["use"] == 0
