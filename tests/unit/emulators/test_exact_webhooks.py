"""Webhook subscriptions: who may have which, the empty POST, signed notices, retries, and what gets lost."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
from typing import Any

import httpx
import pytest

from emulators.exact import rules as rule
from emulators.exact.oauth import App
from emulators.exact.site import Site
from emulators.proof import proves
from fakes.exact_emulator import APP, BASE, DIVISION, Twin, message
from fakes.subscriber import listening

SIZE = 100
HOOKS = f"/api/v1/{DIVISION}/webhooks/WebhookSubscriptions"
CONTENT = re.compile(rb'^\{"Content":(.*),"HashCode":"(.*)"\}$')
OTHER = App("9f0a0c32-5e3c-4c1e-8d42-0d0f6d1b7f10", "other secret", "https://other.example/callback", "other hook")


async def ask(exact: Twin, method: str, url: str, **body: Any) -> httpx.Response:
    headers = exact.headers | {"Authorization": f"Bearer {exact.token}"}
    headers |= {"Prefer": "return=representation"}
    return await exact.data.request(method, url, headers=headers, json=body or None)


async def subscribe(exact: Twin, url: str, topic: str = "GLAccounts") -> httpx.Response:
    """Subscribe; calls to this machine are let through."""
    exact.site.settings.loopback_callbacks = True
    return await ask(exact, "POST", HOOKS, CallbackURL=url, Topic=topic)


async def change(exact: Twin, kind: str = "edit", n: int = 1, entity: str = "GLAccounts") -> list[dict[str, Any]]:
    answer = await exact.control.post("/control/change", json={"entity": entity, "n": n, "kinds": [kind]})
    changed: list[dict[str, Any]] = answer.json()["changed"]
    return changed


def count(site: Site) -> int:
    return len(site.webhooks.subscriptions.about("GLAccounts", DIVISION))


@proves(rule.HOOK_SIGNED)
async def test_a_change_is_told_to_its_topics_subscriber_signed_over_the_content_as_sent(exact: Twin) -> None:
    async with listening() as subscriber:
        made = await subscribe(exact, subscriber.url)
        changed = await change(exact)
        empty, notice = await subscriber.received(2)
    found = CONTENT.match(notice)
    assert found
    code = hmac.new(APP.webhook_secret.encode(), found[1], hashlib.sha256).hexdigest().upper()
    content = json.loads(found[1])

    assert (made.status_code, made.json()["d"]["Topic"], empty) == (201, "GLAccounts", b"")
    assert found[2].decode() == code
    assert (content["Topic"], content["Key"], content["Action"]) == ("GLAccounts", changed[0]["key"], "Update")
    assert content["ExactOnlineEndpoint"].startswith(f"{BASE}/api/v1/{DIVISION}/financial/GLAccounts(guid'")


async def test_only_the_topics_changes_are_told(exact: Twin) -> None:
    async with listening() as subscriber:
        await subscribe(exact, subscriber.url, "PurchaseEntries")
        await change(exact)
        await exact.site.webhooks.deliveries.deliver()

    assert subscriber.bodies == [b""]


@proves(rule.HOOK_HTTPS)
async def test_a_callback_without_https_is_refused(exact: Twin) -> None:
    answer = await ask(exact, "POST", HOOKS, CallbackURL="http://app.example/hook", Topic="GLAccounts")

    assert (answer.status_code, message(answer)) == (400, "Invalid: CallbackURL must use https")


@proves(rule.HOOK_DOMAIN)
async def test_a_callback_on_another_host_than_the_redirect_uri_is_refused(exact: Twin) -> None:
    answer = await ask(exact, "POST", HOOKS, CallbackURL="https://elsewhere.example/hook", Topic="GLAccounts")

    assert "domain" in message(answer)


async def test_a_callback_on_this_machine_needs_the_setting(exact: Twin) -> None:
    async with listening() as subscriber:
        answer = await ask(exact, "POST", HOOKS, CallbackURL=subscriber.url, Topic="GLAccounts")

    assert (answer.status_code, subscriber.bodies) == (400, [])


@proves(rule.HOOK_TOPIC)
async def test_a_topic_that_there_is_not_is_refused(exact: Twin) -> None:
    async with listening() as subscriber:
        refused = await subscribe(exact, subscriber.url, "Costcenters")

    assert (refused.status_code, message(refused)) == (400, "Invalid: Topic")


@proves(rule.HOOK_FIELDS)
@pytest.mark.parametrize("body", [{"Topic": "Items"}, {"CallbackURL": "https://app.example/x"}, {"Topic": 1}])
async def test_topic_and_callback_are_mandatory(exact: Twin, body: dict[str, Any]) -> None:
    answer = await ask(exact, "POST", HOOKS, **body)

    assert (answer.status_code, message(answer)[:10]) == (400, "Mandatory:")


@proves(rule.HOOK_INSTANT)
async def test_only_deliveries_of_goods_are_told_at_once(exact: Twin) -> None:
    exact.site.settings.loopback_callbacks = True
    async with listening() as subscriber:
        wish = {"CallbackURL": subscriber.url, "IsInstant": True}
        refused = await ask(exact, "POST", HOOKS, Topic="Items", **wish)
        made = await ask(exact, "POST", HOOKS, Topic="GoodsDeliveries", **wish)

    assert (refused.status_code, message(refused)) == (400, "Invalid: IsInstant")
    assert (made.status_code, made.json()["d"]["IsInstant"]) == (201, True)


@proves(rule.HOOK_VALIDATED)
async def test_a_callback_that_refuses_the_empty_post_gets_no_subscription(exact: Twin) -> None:
    async with listening(403) as subscriber:
        answer = await subscribe(exact, subscriber.url)

    assert answer.status_code == 400
    assert message(answer) == "Invalid: Post to callback URL endpoint returns 403"
    assert count(exact.site) == 0


async def test_the_empty_post_may_come_a_second_later_and_a_refusal_then_ends_the_subscription(exact: Twin) -> None:
    exact.site.settings.validation = "after"
    exact.site.clock.scale = 20
    async with listening(500) as subscriber:
        answer = await subscribe(exact, subscriber.url)
        before = count(exact.site)
        await subscriber.received(1)
        await asyncio.sleep(0.05)

    assert (answer.status_code, before) == (201, 1)
    assert count(exact.site) == 0


@proves(rule.HOOK_ONCE)
async def test_a_second_subscription_to_a_topic_of_a_division_already_exists(exact: Twin) -> None:
    async with listening() as subscriber:
        await subscribe(exact, subscriber.url)
        again, other = await subscribe(exact, subscriber.url), await subscribe(exact, subscriber.url, "Items")

    assert (again.status_code, message(again)) == (500, "Data already exists")
    assert other.status_code == 201


@proves(rule.HOOK_OWN)
async def test_an_app_cannot_remove_another_apps_subscription(exact: Twin) -> None:
    async with listening() as subscriber:
        made = await subscribe(exact, subscriber.url)
    one = exact.site.webhooks.subscriptions.get(made.json()["d"]["ID"])
    assert one
    exact.site.webhooks.subscriptions.add(type(one)(**{**vars(one), "app": OTHER}))
    url = f"{HOOKS}(guid'{one.id}')"

    assert (await exact.get(f"{HOOKS}?$select=ID")).json()["d"]["results"] == []
    assert (await ask(exact, "DELETE", url)).status_code == 404
    assert count(exact.site) == 1


@proves(rule.HOOK_FIXED)
async def test_a_subscription_cannot_be_changed_but_removed_and_nothing_is_told_after_that(exact: Twin) -> None:
    async with listening() as subscriber:
        made = (await subscribe(exact, subscriber.url)).json()["d"]["ID"]
        put = await ask(exact, "PUT", f"{HOOKS}(guid'{made}')", Topic="Items")
        gone = await ask(exact, "DELETE", f"{HOOKS}(guid'{made}')")
        await change(exact)
        await exact.site.webhooks.deliveries.deliver()

    assert (put.status_code, gone.status_code) == (405, 204)
    assert subscriber.bodies == [b""]


async def test_changing_a_subscription_is_a_setting(exact: Twin) -> None:
    exact.site.settings.subscription_update = True
    async with listening() as subscriber:
        made = (await subscribe(exact, subscriber.url)).json()["d"]["ID"]
        put = await ask(exact, "PUT", f"{HOOKS}(guid'{made}')", Topic="Items")

    assert put.status_code == 204
    assert exact.site.webhooks.subscriptions.about("Items", DIVISION)


@proves(rule.BODY_SIZE)
async def test_a_body_above_nine_and_a_half_megabytes_is_refused(exact: Twin) -> None:
    exact.site.settings.loopback_callbacks = True
    async with listening() as subscriber:
        body = {"CallbackURL": subscriber.url, "Topic": "Items", "Description": "x" * 9_500_000}
        answer = await ask(exact, "POST", HOOKS, **body)

        exact.site.settings.body_bytes = 38_000_000
        larger = await ask(exact, "POST", HOOKS, **body)

    assert (answer.status_code, larger.status_code) == (413, 201)


@proves(rule.HOOK_BODY)
async def test_what_is_no_json_object_is_no_subscription(exact: Twin) -> None:
    headers = exact.headers | {"Authorization": f"Bearer {exact.token}"}
    headers |= {"Content-Type": "application/json; charset=utf-8"}
    deep = "[" * 100_000
    answers = [await exact.data.post(HOOKS, headers=headers, content=body) for body in ("{", "[]", "", deep)]

    assert {answer.status_code for answer in answers} == {400}
    assert "valid top-level resource object" in message(answers[0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"CallbackURL": "https://[::1"}, {"CallbackURL": "https://app.example/\0"}, {"Description": ["x"]},
        {"CallbackURL": "https://app.example:99999999/"},
    ],
)  # fmt: skip
async def test_what_is_no_address_and_no_text_is_refused_in_the_vendors_words(
    exact: Twin, wrong: dict[str, Any]
) -> None:
    headers = exact.headers | {"Authorization": f"Bearer {exact.token}"}
    asked = {"Topic": "Accounts", "CallbackURL": "https://app.example/hook"} | wrong
    answer = await exact.data.post(HOOKS, headers=headers, json=asked)

    assert (answer.status_code, message(answer).split()[0]) == (400, "Invalid:")


@proves(rule.JSON_SENT)
@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded"])
async def test_what_is_not_sent_as_json_is_refused(exact: Twin, kind: str) -> None:
    headers = exact.headers | {"Authorization": f"Bearer {exact.token}", "Content-Type": kind}
    answer = await exact.data.post(HOOKS, headers=headers, content="{}")

    assert (answer.status_code, message(answer)) == (415, "Unsupported media type requested.")


@pytest.mark.parametrize("setting", ["key", "all"])
async def test_a_new_subscription_is_shown_whole_where_that_is_preferred(exact: Twin, setting: Any) -> None:
    exact.site.settings.loopback_callbacks, exact.site.settings.created_shows = True, setting
    headers = exact.headers | {"Authorization": f"Bearer {exact.token}"}
    async with listening() as subscriber:
        wish = {"Topic": "Items", "CallbackURL": subscriber.url}
        brief = (await exact.data.post(HOOKS, headers=headers, json=wish)).json()["d"]
        headers |= {"Prefer": "return=representation"}
        whole = (await exact.data.post(HOOKS, headers=headers, json=wish | {"Topic": "Accounts"})).json()["d"]

    assert whole.keys() >= {"ID", "Topic", "CallbackURL", "Created"}
    assert brief.keys() == ({"__metadata", "ID"} if setting == "key" else whole.keys())


async def test_subscriptions_are_listed_filtered_and_read_by_key(exact: Twin) -> None:
    async with listening() as subscriber:
        made = [(await subscribe(exact, subscriber.url, topic)).json()["d"] for topic in ("Items", "Accounts")]
    every = (await exact.get(f"{HOOKS}?$select=ID,Topic&$orderby=Topic")).json()["d"]["results"]
    some = (await exact.get(f"{HOOKS}?$select=ID&$filter=Topic eq 'Items'")).json()["d"]["results"]
    one = (await exact.get(f"{HOOKS}(guid'{made[1]['ID']}')?$select=Topic,CallbackURL")).json()["d"]

    assert [row["Topic"] for row in every] == ["Accounts", "Items"]
    assert [row["ID"] for row in some] == [made[0]["ID"]]
    assert (one["Topic"], one["CallbackURL"]) == ("Accounts", subscriber.url)
