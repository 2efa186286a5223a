"""Webhook subscriptions: who has which, and what a new one must be like.

Source: Exact's knowledge base (webhooks), hookdeck/webhook-skills #152, picqer/exact-php-client #91, #140, #438.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from emulators.exact import rules as rule
from emulators.exact.answers import RefusedError
from emulators.exact.oauth import App, User
from emulators.exact.rules import Rules

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
TOPICS: Final = frozenset(
    [
        "Accounts", "BankAccounts", "BankEntries", "CashEntries", "Contacts", "CostTransactions",
        "DocumentAttachments", "Documents", "GLAccounts", "GeneralJournalEntries",
        "GoodsDeliveries", "HostingOpportunities", "Items", "JournalStatusList", "MailMessageAttachments",
        "MailMessagesSent", "Opportunities", "ProjectPlanning", "PurchaseEntries", "PurchaseOrders", "Quotations",
        "SalesEntries", "SalesInvoices", "SalesOrders", "StockPositions", "Subscriptions", "TimeTransactions",
    ]
)  # fmt: skip
"""Docs, HlpRestAPIResources.aspx?webhookfilter=yes."""
INSTANT_TOPIC: Final = "GoodsDeliveries"
DUPLICATE: Final = "Data already exists"


@dataclass(frozen=True)
class Subscription:
    """An app's wish to be told about a topic of a division."""

    id: str
    app: App
    user: User
    division: int
    topic: str
    callback: str
    created: float
    description: str | None = None
    instant: bool = False


@dataclass(frozen=True)
class Asked:
    """A request for a subscription, checked but for its callback's answer."""

    topic: str
    callback: str
    description: str | None
    instant: bool


class Subscriptions:
    """All subscriptions of a site."""

    def __init__(self) -> None:
        self._all: dict[str, Subscription] = {}

    def __len__(self) -> int:
        return len(self._all)

    def check(self, made: Subscription, rules: Rules) -> None:
        """RefusedError 500 where the app has the topic in that division already, whoever of its users asked."""
        twin = any(
            (one.app.client_id, one.division, one.topic) == (made.app.client_id, made.division, made.topic)
            for one in self._all.values()
        )
        if twin and rules.on(rule.HOOK_ONCE):
            raise RefusedError(rule.HOOK_ONCE, 500, DUPLICATE)

    def add(self, made: Subscription) -> None:
        self._all[made.id] = made

    def replace(self, old: Subscription, wish: Asked) -> None:
        """The same subscription with another topic, callback or description."""
        self._all[old.id] = replace(old, topic=wish.topic, callback=wish.callback, description=wish.description)

    def remove(self, key: str) -> bool:
        """Whether it was there."""
        return self._all.pop(key, None) is not None

    def get(self, key: str) -> Subscription | None:
        return self._all.get(key)

    def of_app(self, client: str, division: int, rules: Rules) -> list[Subscription]:
        """What an app sees in a division: its own."""
        return [
            one
            for one in self._all.values()
            if one.division == division and (one.app.client_id == client or not rules.on(rule.HOOK_OWN))
        ]

    def about(self, topic: str, division: int) -> list[Subscription]:
        return [one for one in self._all.values() if (one.topic, one.division) == (topic, division)]


def asked(document: dict[str, Any], app: App, rules: Rules, *, loopback: bool) -> Asked:
    """Check a POST's body; RefusedError 400 says what is wrong with it."""
    topic, callback = (_text(document, name) for name in ("Topic", "CallbackURL"))
    if topic not in TOPICS and rules.on(rule.HOOK_TOPIC):
        raise RefusedError(rule.HOOK_TOPIC, 400, "Invalid: Topic")
    if document.get("IsInstant") and topic != INSTANT_TOPIC and rules.on(rule.HOOK_INSTANT):
        raise RefusedError(rule.HOOK_INSTANT, 400, "Invalid: IsInstant")
    _check_callback(callback, app, rules, loopback=loopback)
    description = document.get("Description")
    if not isinstance(description, str | None):
        raise RefusedError(rule.HOOK_BODY, 400, "Invalid: Description")
    return Asked(topic, callback, description, bool(document.get("IsInstant")))


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedError(rule.HOOK_FIELDS, 400, f"Mandatory: {name}")
    return value


def made(wish: Asked, app: App, user: User, division: int, now: float) -> Subscription:
    return Subscription(
        str(uuid.uuid4()), app, user, division, wish.topic, wish.callback, now, wish.description, wish.instant
    )


def _check_callback(callback: str, app: App, rules: Rules, *, loopback: bool) -> None:
    """HTTPS, and the host of the app's redirect URI."""
    try:
        address = urlsplit(callback)
    except ValueError:
        raise RefusedError(rule.HOOK_HTTPS, 400, "Invalid: CallbackURL") from None
    if loopback and address.hostname in _LOOPBACK:
        return
    if address.scheme != "https" and rules.on(rule.HOOK_HTTPS):
        raise RefusedError(rule.HOOK_HTTPS, 400, "Invalid: CallbackURL must use https")
    if address.hostname != urlsplit(app.redirect_uri).hostname and rules.on(rule.HOOK_DOMAIN):
        raise RefusedError(rule.HOOK_DOMAIN, 400, "Invalid: CallbackURL must be in the domain of the redirect URI")
