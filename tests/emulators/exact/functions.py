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
from emulators.exact.addresses import Target
from emulators.exact.answers import Format, RefusedError
from emulators.exact.entities import ENTITIES, PAGE, Entity, Resource
from emulators.exact.feed import Address
from emulators.exact.gate import Call, Gate
from emulators.exact.identity import Listed
from emulators.exact.ordering import Found
from emulators.exact.reads import Question, answer, missing
from emulators.exact.row import pack
from emulators.exact.site import Site
from emulators.exact.standing import ADMINISTRATION
from emulators.exact.values import guid_bytes
from emulators.exact.webhooks import WEBHOOK_SUBSCRIPTIONS

_KEY: Final = re.compile(r"guid'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'", re.IGNORECASE)
_VERBS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
_SUBSCRIPTIONS: Final = Resource(
    webhooks.PATH, WEBHOOK_SUBSCRIPTIONS, WEBHOOK_SUBSCRIPTIONS.fields, PAGE, scope=ADMINISTRATION
)
_START: Final = Entity(
    "SyncTimestamp", {"Modified": "DateTime", "API": "String", "TimeStampAsBigInt": "Int64"}, ("Modified",)
)
_STARTS: Final = Resource(sync_timestamp.PATH, _START, _START.fields, 0, scope=ADMINISTRATION)
_JSON: Final = "application/json"
_PREFERRED: Final = "return=representation"
_OF_FUNCTION: Final = frozenset({"modified", "endpoint"})


@dataclass(frozen=True)
class Function:
    """An address by itself: the name that faults and counts know it by, and who serves it."""

    route: str
    serve: Callable[[Site, Gate, Call, Target], Awaitable[Response]]


async def subscriptions(site: Site, gate: Gate, call: Call, target: Target) -> Response:
    """See, create, change or remove subscriptions."""
    access = gate.admit(call, _SUBSCRIPTIONS, _VERBS)
    caller = webhooks.Caller(access.app, access.user, call.division)
    body, method = await call.request.body(), call.request.method
    if method == "GET":
        own = site.webhooks.subscriptions.of_app(access.app.client_id, call.division, site.rules)
        records = [(0, guid_bytes(one.id), pack(webhooks.record(one))) for one in own]
        return _read(site, gate, call, target, _SUBSCRIPTIONS, records)
    if method == "POST":
        sent = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if sent != _JSON and site.rules.on(rule.JSON_SENT):
            raise RefusedError(rule.JSON_SENT, 415, "Unsupported media type requested.")
        made = await site.webhooks.create(caller, body)
        record = 0, guid_bytes(made.id), pack(webhooks.record(made))
        shown = Target(call.division, target.endpoint, _SUBSCRIPTIONS, f"guid'{made.id}'")
        whole = site.settings.created_shows == "all" or _PREFERRED in call.request.headers.get("prefer", "").lower()
        call.query = {"$select": ",".join(_SUBSCRIPTIONS.fields) if whole else _SUBSCRIPTIONS.entity.key}
        found = _read(site, gate, call, shown, _SUBSCRIPTIONS, [record])
        found.status_code = 201
        return found
    key = _KEY.fullmatch(target.key or "")
    if key is None:
        raise RefusedError(rule.KEY_TYPES, 400, "Bad Request - Error in query syntax.")
    if method == "PUT":
        site.webhooks.update(caller, key[1].lower(), body)
    else:
        site.webhooks.delete(caller, key[1].lower())
    return Response(status_code=204, headers=call.headers)


async def start_of_sync(site: Site, gate: Gate, call: Call, target: Target) -> Response:
    """Where a sync stream may start, from a Modified date; reads all of the stream's records beside other calls."""
    gate.admit(call, _STARTS)
    start = sync_timestamp.asked(call.query, check=site.rules.on(rule.SYNC_START))
    entity, choice = ENTITIES[start.endpoint], site.settings.sync_from
    found = await asyncio.to_thread(sync_timestamp.first, site.store, entity, call.division, start, choice)
    records = []
    if found is not None:
        values = [json_text.moment(found[0]), json_text.text(start.endpoint), json_text.int64(found[1])]
        records = [(0, bytes(16), pack(values))]
    return _read(site, gate, call, target, _STARTS, records)


def _read(site: Site, gate: Gate, call: Call, target: Target, resource: Resource, records: list[Found]) -> Response:
    """Records at hand, with the options of the query."""
    form: Format = gate.form(call, counted=target.count)
    address = Address(call.base, call.request.url.path, call.request.url.query)
    options = {name: value for name, value in call.query.items() if name.lower() not in _OF_FUNCTION}
    question = Question(target, resource, options, address, form)
    return answer(site, question, Listed(records)).response(call.headers)


async def action(site: Site, gate: Gate, call: Call, target: Target) -> Response:
    """What is done by a POST, not read: this emulator has the read side only."""
    gate.admit(call, None, ())
    raise missing(rule.ADDRESSES, target.endpoint)


_ACTIONS: Final = (
    "cashflow/ProcessPayments", "crm/AcceptQuotation", "crm/EmailWithSignOffQuotation", "crm/OptionalQuotationLineID",
    "crm/PrintQuotation", "crm/RejectQuotation", "crm/ReopenQuotation", "crm/ReviewQuotation",
    "financial/ProcessReturn", "inventory/FinishAssemblyOrder", "inventory/ProcessStockCount",
    "inventory/ProcessWarehouseTransfer", "salesinvoice/InvoiceSalesOrders", "salesinvoice/PrintedSalesInvoices",
    "salesinvoice/SalesOrderID", "salesorder/CompleteSalesOrder", "salesorder/CompleteSalesOrderLine",
    "salesorder/PrintedSalesOrders",
)  # fmt: skip
"""Docs, list of resources: those whose only method is POST."""
FUNCTIONS: Final = {
    webhooks.PATH.lower(): Function("webhooks", subscriptions),
    sync_timestamp.PATH.lower(): Function("sync_timestamp", start_of_sync),
} | {path.lower(): Function("actions", action) for path in _ACTIONS}
"""By the lower-case path behind the division."""
