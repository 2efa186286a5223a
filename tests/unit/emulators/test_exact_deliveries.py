"""Delivery of notices: retries and their schedule, and notices that are lost, doubled, late, early or out of order."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulators.exact import rules as rule
from emulators.exact.deliveries import RETRIES, retry_wait_s
from emulators.exact.oauth import App
from emulators.exact.world import build
from emulators.proof import proves
from emulators.serve import options
from emulators.tls import throwaway_authority
from fakes.exact_emulator import APP, DIVISION, Twin
from fakes.subscriber import Subscriber, listening
from unit.emulators.test_exact_webhooks import CONTENT, OTHER, change, count, subscribe

SIZE = 100


def keys(subscriber: Subscriber) -> list[str]:
    """The keys of the notices in the order in which they came."""
    return [json.loads(body)["Content"]["Key"] for body in subscriber.bodies if body]


def actions(subscriber: Subscriber) -> list[str]:
    return [json.loads(body)["Content"]["Action"] for body in subscriber.bodies if body]


def is_signed(body: bytes, app: App) -> bool:
    """Whether a notice names the app, and carries its signature."""
    found = CONTENT.match(body)
    assert found
    code = hmac.new(app.webhook_secret.encode(), found[1], hashlib.sha256).hexdigest().upper()
    return (json.loads(found[1])["ClientId"], found[2].decode()) == (app.client_id, code)


async def tried(exact: Twin, n: int) -> None:
    """Wait until `n` notices were tried."""
    async with asyncio.timeout(5):
        while len(exact.site.webhooks.deliveries.log) < n:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def fault(exact: Twin, kind: str, **members: Any) -> None:
    rule_of_fault = {"route": "notice.GLAccounts", "calls": [1], "fault": {"kind": kind} | members}
    assert (await exact.control.post("/control/faults", json=rule_of_fault)).status_code == 200


@proves(rule.HOOK_RETRIES)
async def test_a_failed_notice_comes_again_after_two_four_eight_minutes_and_so_on_until_it_is_accepted(
    exact: Twin,
) -> None:
    deliveries = exact.site.webhooks.deliveries
    async with listening(200, 500, 503, 404, 200) as subscriber:
        await subscribe(exact, subscriber.url)
        await change(exact)
        await tried(exact, 1)
        for wait in (120, 240, 480):
            tries = len(subscriber.bodies)
            exact.site.clock.advance(wait - 3)
            await deliveries.deliver()
            assert len(subscriber.bodies) == tries
            exact.site.clock.advance(3)
            await tried(exact, tries)

    assert len(set(subscriber.bodies[1:])) == 1
    assert [note["status"] for note in deliveries.log] == [500, 503, 404, 200]
    assert not deliveries.waiting


def test_ten_retries_take_34_hours() -> None:
    assert sum(retry_wait_s(n) for n in range(1, RETRIES + 1)) / 3600 == pytest.approx(34.1, abs=0.05)


@pytest.mark.parametrize(("setting", "left"), [("remove", 0), ("drop", 1)])
async def test_after_the_tenth_retry_in_vain_the_subscription_or_only_the_notice_goes(
    exact: Twin, setting: Any, left: int
) -> None:
    exact.site.settings.after_retries = setting
    deliveries = exact.site.webhooks.deliveries
    async with listening(200, 500) as subscriber:
        await subscribe(exact, subscriber.url)
        await change(exact)
        await tried(exact, 1)
        for n in range(1, RETRIES + 1):
            assert count(exact.site) == 1
            exact.site.clock.advance(retry_wait_s(n) + 1)
            await tried(exact, n + 1)

    assert len(subscriber.bodies) == 1 + 1 + RETRIES
    assert not deliveries.waiting
    assert count(exact.site) == left


async def test_retries_are_sooner_under_the_scale(exact: Twin) -> None:
    exact.site.clock.scale = 60
    async with listening(200, 500, 200) as subscriber:
        await subscribe(exact, subscriber.url)
        await change(exact)
        await tried(exact, 1)
        exact.site.clock.advance(2)
        await tried(exact, 2)

    assert len(subscriber.bodies) == 3


async def test_a_notice_is_lost_on_request_or_by_chance(exact: Twin) -> None:
    async with listening() as subscriber:
        await subscribe(exact, subscriber.url)
        await fault(exact, "dropped")
        lost = await change(exact)
        exact.site.settings.notice_lost = 1.0
        lost += await change(exact, n=2)
        exact.site.settings.notice_lost = 0.0
        told = await change(exact)
        await tried(exact, 4)
    log = [json.loads(line) for line in (await exact.control.get("/control/notices")).text.splitlines()]

    assert keys(subscriber) == [told[0]["key"]]
    assert [note["status"] for note in log] == ["lost"] * 3 + [200]
    assert (await exact.control.get("/control/stats")).json()["notices"] == {"lost": 3, "accepted": 1}


async def test_a_notice_comes_twice_on_request_or_by_chance(exact: Twin) -> None:
    async with listening() as subscriber:
        await subscribe(exact, subscriber.url)
        await fault(exact, "twice")
        once = await change(exact)
        exact.site.settings.notice_twice = 1.0
        once += await change(exact)
        await subscriber.received(5)

    assert keys(subscriber) == [one["key"] for one in once for _ in range(2)]


async def test_a_notice_is_late_on_request_or_as_a_setting(exact: Twin) -> None:
    async with listening() as subscriber:
        await subscribe(exact, subscriber.url)
        await fault(exact, "late", seconds=30)
        late, prompt = (await change(exact))[0], (await change(exact))[0]
        await subscriber.received(2)
        exact.site.clock.advance(31)
        await subscriber.received(3)

    assert keys(subscriber) == [prompt["key"], late["key"]]


async def test_notices_of_one_moment_come_out_of_order_as_a_setting(exact: Twin) -> None:
    exact.site.settings.notices_shuffled = True
    async with listening() as subscriber:
        await subscribe(exact, subscriber.url)
        made = await change(exact, "create", 12)
        await subscriber.received(13)

    assert sorted(keys(subscriber)) == sorted(one["key"] for one in made)
    assert keys(subscriber) != [one["key"] for one in made]


@pytest.mark.parametrize("early", [False, True])
async def test_a_notice_waits_for_its_change_to_be_visible_unless_a_setting_sends_it_early(
    exact: Twin, *, early: bool
) -> None:
    exact.site.settings.late_commit_s, exact.site.settings.notice_early = 30, early
    async with listening() as subscriber:
        await subscribe(exact, subscriber.url)
        await change(exact)
        await exact.site.webhooks.deliveries.deliver()
        at_once = len(keys(subscriber))
        exact.site.clock.advance(31)
        exact.site.commits.settle()
        await subscriber.received(2)

    assert at_once == int(early)


async def test_what_a_new_record_is_called_is_a_setting(exact: Twin) -> None:
    async with listening() as subscriber:
        await subscribe(exact, subscriber.url)
        await change(exact, "create")
        exact.site.settings.created_action = "Update"
        await change(exact, "create")
        await change(exact, "delete")
        await subscriber.received(4)

    assert actions(subscriber) == ["Create", "Update", "Delete"]


async def test_notices_on_request_are_signed_for_the_app_whose_callback_it_is(exact: Twin) -> None:
    subscriptions = exact.site.webhooks.subscriptions
    async with listening() as mine, listening() as theirs:
        await subscribe(exact, mine.url)
        other = replace(subscriptions.about("GLAccounts", DIVISION)[0], id="other", app=OTHER, callback=theirs.url)
        subscriptions.add(other)
        exact.change("GLAccounts", "edit")
        everyone = (await exact.control.post("/control/notify", json={"n": 1})).json()["sent"]
        one = (await exact.control.post("/control/notify", json={"n": 1, "callback": theirs.url})).json()["sent"]

    assert [note["status"] for note in everyone + one] == [200, 200, 200]
    assert [is_signed(body, APP) for body in mine.bodies[1:]] == [True]
    assert [is_signed(body, OTHER) for body in theirs.bodies] == [True, True]


async def test_callbacks_over_https_are_called_once_the_emulator_itself_serves_https(
    exact: Twin, tmp_path: Path
) -> None:
    authority = throwaway_authority(tmp_path / "tls")
    words = ["--ready", str(tmp_path / "ready.json"), "--size", "10", "--books", "single"]
    async with listening(tls=authority.server) as subscriber:
        stranger = await subscribe(exact, subscriber.url)
        build(options([*words, "--tls", str(tmp_path / "tls")]))
        made = await subscribe(exact, subscriber.url)
        await change(exact)
        await subscriber.received(2)

    assert (stranger.status_code, made.status_code) == (400, 201)
    assert subscriber.url.startswith("https://")
    assert is_signed(subscriber.bodies[1], APP)


async def test_a_subscription_of_another_division_is_not_told(exact: Twin) -> None:
    async with listening() as subscriber:
        made = await subscribe(exact, subscriber.url)
        one = exact.site.webhooks.subscriptions.get(made.json()["d"]["ID"])
        assert one
        exact.site.webhooks.subscriptions.add(type(one)(**{**vars(one), "division": DIVISION + 1}))
        await change(exact)
        await exact.site.webhooks.deliveries.deliver()

    assert keys(subscriber) == []
