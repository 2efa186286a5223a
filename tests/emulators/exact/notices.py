"""Webhook notices: which changes have a topic, what is sent, and how it is signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from emulators.exact.changes import CREATE, DELETE, Change
from emulators.exact.entities import GL_ACCOUNTS, TRANSACTION_LINES
from emulators.exact.oauth import App
from emulators.exact.values import wall_ms

_TIMEOUT_S: Final = 10
_ENTRIES: Final = {
    "20": ("SalesEntries", "salesentry/SalesEntries"), "21": ("SalesEntries", "salesentry/SalesEntries"),
    "30": ("PurchaseEntries", "purchaseentry/PurchaseEntries"),
    "31": ("PurchaseEntries", "purchaseentry/PurchaseEntries"),
    "40": ("BankEntries", "financialtransaction/BankEntries"),
}  # fmt: skip
_GENERAL: Final = ("GeneralJournalEntries", "generaljournalentry/GeneralJournalEntries")
_ACTIONS: Final = {CREATE: "Create", "backdate": "Create", DELETE: "Delete"}
"""Update and Delete are seen live; what a new record carries is unknown, so receivers must take anything."""


@dataclass(frozen=True)
class Notice:
    """A notice and its exact bytes."""

    topic: str
    key: str
    action: str
    body: bytes


def notices(changes: Iterable[Change], app: App, base: str) -> list[Notice]:
    """Ledger lines notify through the entry topics; cost centres have no topic."""
    return [_notice(change, app, base) for change in changes if change.entity in (TRANSACTION_LINES, GL_ACCOUNTS)]


def signed(content: dict[str, Any], secret: str) -> bytes:
    """`{"Content":{...},"HashCode":"HEX"}` without blanks; the HMAC-SHA256 is over the Content as it is sent."""
    raw = json.dumps(content, separators=(",", ":")).encode()
    code = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().upper()
    return b'{"Content":' + raw + b',"HashCode":"' + code.encode() + b'"}'


async def send(callback: str, ready: list[Notice]) -> list[dict[str, Any]]:
    """POST each notice once; status 0 where nobody answered."""
    sent = []
    async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
        for notice in ready:
            try:
                answer = await client.post(callback, content=notice.body, headers={"Content-Type": "application/json"})
                status = answer.status_code
            except httpx.HTTPError:
                status = 0
            sent.append({"topic": notice.topic, "key": notice.key, "action": notice.action, "status": status})
    return sent


def _notice(change: Change, app: App, base: str) -> Notice:
    topic, path = ("GLAccounts", "financial/GLAccounts")
    if change.entity is TRANSACTION_LINES:
        topic, path = _ENTRIES.get(change.type, _GENERAL)
    action = _ACTIONS.get(change.kind, "Update")
    wall = datetime.fromtimestamp(wall_ms(change.at) / 1000, UTC).replace(tzinfo=None)
    content = {
        "Topic": topic, "ClientId": app.client_id, "Division": change.division, "Action": action, "Key": change.key,
        "ExactOnlineEndpoint": f"{base}/api/v1/{change.division}/{path}(guid'{change.key}')",
        "EventCreatedOn": wall.isoformat(timespec="milliseconds"),
    }  # fmt: skip
    return Notice(topic, change.key, action, signed(content, app.webhook_secret))
