"""Addresses that do more than read stored records: webhook subscriptions, and the function SyncTimestamp."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from emulators.exact import rules as rule
from emulators.exact import sync_timestamp, webhooks
from emulators.exact import values as json_text
from emulators.exact.answers import RefusedError, document
from emulators.exact.entities import ENTITIES
from emulators.exact.oauth import Access
from emulators.exact.site import Site
from emulators.exact.subscriptions import Subscription
from emulators.exact.webhooks import WEBHOOK_SUBSCRIPTIONS

_KEY: Final = re.compile(r"guid'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'")


@dataclass(frozen=True)
class Asking:
    """An admitted request: `key` is what stands in brackets behind the address, `base` the site's address."""

    method: str
    access: Access
    division: int
    key: str | None
    options: dict[str, str]
    body: bytes
    base: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Function:
    """An address by itself: the name that faults and counts know it by, its methods, and what it does."""

    route: str
    methods: frozenset[str]
    serve: Callable[[Site, Asking], Awaitable[Response]]


async def subscriptions(site: Site, asking: Asking) -> Response:
    """Create, change or remove a subscription."""
    caller = webhooks.Caller(asking.access.app, asking.access.user, asking.division)
    if asking.method == "POST":
        made = await site.webhooks.create(caller, asking.body)
        shown = subscription_text(made, asking)
        return Response(f'{{"d":{shown}}}', 201, asking.headers, media_type="application/json; charset=utf-8")
    found = _KEY.fullmatch((asking.key or "").lower())
    if found is None:
        raise RefusedError(400, "Bad Request - Error in query syntax.")
    if asking.method == "PUT":
        site.webhooks.update(caller, found[1], asking.body)
    else:
        site.webhooks.delete(caller, found[1])
    return Response(status_code=204, headers=asking.headers)


def subscription_text(one: Subscription, asking: Asking) -> str:
    """A subscription as a JSON object."""
    uri = f"{asking.base}/api/v1/{asking.division}/webhooks/WebhookSubscriptions(guid'{one.id}')"
    members = zip(WEBHOOK_SUBSCRIPTIONS.fields, webhooks.record(one), strict=True)
    fields = "".join(f',"{name}":{value}' for name, value in members)
    return f'{{"__metadata":{{"uri":"{uri}","type":"Exact.Web.Api.Models.Webhooks.WebhookSubscription"}}{fields}}}'


async def start_of_sync(site: Site, asking: Asking) -> Response:
    """Where a sync stream may start, from a Modified date; reads all of the stream's records beside other calls."""
    start = sync_timestamp.asked(asking.options, check=site.rules.on(rule.SYNC_START))
    entity, choice = ENTITIES[start.endpoint], site.settings.sync_from
    found = await asyncio.to_thread(sync_timestamp.first, site.store, entity, asking.division, start, choice)
    rows = []
    if found is not None:
        modified, stamp = json_text.moment(found[0]), json_text.int64(found[1])
        uri = f"{asking.base}/api/v1/{asking.division}/{sync_timestamp.PATH}({modified[7:-3]})"
        about = f'"__metadata":{{"uri":"{uri}","type":"Exact.Web.Api.Models.Sync.SyncTimestamp"}}'
        name = json_text.text(start.endpoint)
        rows = [f'{{{about},"Modified":{modified},"API":{name},"TimeStampAsBigInt":{stamp}}}']
    return document(f'{{"d":{{"results":[{",".join(rows)}]}}}}'.encode(), asking.headers)


FUNCTIONS: Final = {
    webhooks.PATH.lower(): Function("webhooks", frozenset({"POST", "PUT", "DELETE"}), subscriptions),
    sync_timestamp.PATH.lower(): Function("sync_timestamp", frozenset({"GET"}), start_of_sync),
}
"""By the lower-case path behind the division."""
