"""webhooks/WebhookSubscriptions: subscribe and unsubscribe, and the empty POST that asks whether a callback listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from emulators.clock import Clock
from emulators.exact import rules as rule
from emulators.exact import values as json_text
from emulators.exact.answers import RefusedError
from emulators.exact.deliveries import ACCEPTED, Deliveries, callbacks, post
from emulators.exact.entities import ENTITIES
from emulators.exact.oauth import App, User
from emulators.exact.rules import Rules
from emulators.exact.settings import Settings
from emulators.exact.subscriptions import Subscription, Subscriptions, asked, made
from emulators.exact.values import NULL, wall_ms

PATH: Final = "webhooks/WebhookSubscriptions"
WEBHOOK_SUBSCRIPTIONS: Final = ENTITIES["WebhookSubscriptions"]
VALIDATED_AFTER_S: Final = 1.0
"""Roughly (hookdeck/webhook-skills #152)."""
_UNPARSABLE: Final = "Error processing request stream. The request should be a valid top-level resource object."


@dataclass(frozen=True)
class Caller:
    """Who asks, and for which division."""

    app: App
    user: User
    division: int


class Webhooks:
    """A site's subscriptions and what is delivered to them."""

    def __init__(
        self,
        clock: Clock,
        rules: Callable[[], Rules],
        settings: Callable[[], Settings],
        held: Callable[[], set[str]],
    ) -> None:
        self._clock, self._rules, self._settings = clock, rules, settings
        self.subscriptions = Subscriptions()
        self.deliveries = Deliveries(self.subscriptions, clock, rules, settings, held)
        self._asking: set[asyncio.Task[None]] = set()

    async def create(self, caller: Caller, body: bytes) -> Subscription:
        """Subscribe; RefusedError where the body, a subscription that is there, or the callback speaks against it."""
        rules, settings = self._rules(), self._settings()
        if len(body) > settings.body_bytes and rules.on(rule.BODY_SIZE):
            raise RefusedError(rule.BODY_SIZE, 413, "Maximum request length exceeded.")
        wish = asked(_parsed(body), caller.app, rules, loopback=settings.loopback_callbacks)
        subscription = made(wish, caller.app, caller.user, caller.division, self._clock.now())
        self.subscriptions.check(subscription, rules)
        if settings.validation == "before":
            status = await _ask(wish.callback)
            if status not in ACCEPTED and rules.on(rule.HOOK_VALIDATED):
                told = f"Invalid: Post to callback URL endpoint returns {status or 'an error'}"
                raise RefusedError(rule.HOOK_VALIDATED, settings.validation_status, told)
            self.subscriptions.check(subscription, rules)
        self.subscriptions.add(subscription)
        if settings.validation == "after":
            task = asyncio.ensure_future(self._ask_later(subscription))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return subscription

    def update(self, caller: Caller, key: str, body: bytes) -> None:
        """Change topic or callback, if the setting lets it."""
        if not self._settings().subscription_update and self._rules().on(rule.HOOK_FIXED):
            raise RefusedError(rule.HOOK_FIXED, 405, "Method not allowed.")
        old = self._own(caller, key)
        changed = {"Topic": old.topic, "CallbackURL": old.callback, "Description": old.description} | _parsed(body)
        wish = asked(changed, caller.app, self._rules(), loopback=self._settings().loopback_callbacks)
        self.subscriptions.replace(old, wish)

    def delete(self, caller: Caller, key: str) -> None:
        """Unsubscribe; RefusedError 404 where the app has no such subscription."""
        self.subscriptions.remove(self._own(caller, key).id)

    def _own(self, caller: Caller, key: str) -> Subscription:
        own = self.subscriptions.of_app(caller.app.client_id, caller.division, self._rules())
        found = next((one for one in own if one.id == key), None)
        if found is None:
            raise RefusedError(rule.RECORDS, 404, "Entity not found.")
        return found

    async def _ask_later(self, subscription: Subscription) -> None:
        await asyncio.sleep(self._clock.window(VALIDATED_AFTER_S))
        if await _ask(subscription.callback) not in ACCEPTED and self._rules().on(rule.HOOK_VALIDATED):
            self.subscriptions.remove(subscription.id)


def record(one: Subscription) -> list[str]:
    """A subscription's values in the entity's order."""
    found = [NULL] * len(WEBHOOK_SUBSCRIPTIONS.fields)
    shown = {
        "ID": json_text.guid(one.id), "CallbackURL": json_text.text(one.callback),
        "ClientID": json_text.guid(one.app.client_id), "Created": json_text.moment(wall_ms(one.created)),
        "Creator": json_text.guid(one.user.id), "CreatorFullName": json_text.text(one.user.name),
        "Description": json_text.text(one.description), "Division": json_text.number(one.division),
        "Topic": json_text.text(one.topic), "UserID": json_text.guid(one.user.id),
        "IsInstant": json_text.boolean(one.instant),
    }  # fmt: skip
    for name, value in shown.items():
        if name in WEBHOOK_SUBSCRIPTIONS.fields:
            found[WEBHOOK_SUBSCRIPTIONS.at(name)] = value
    return found


async def _ask(callback: str) -> int:
    """The empty POST."""
    async with callbacks() as client:
        return await post(client, callback, b"")


def _parsed(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise RefusedError(rule.HOOK_BODY, 400, _UNPARSABLE)
    return document
