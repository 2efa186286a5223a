"""Webhook notices: which changes have a topic, and notices that are sent on request without a subscription."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulators.exact.changes import CREATE, DELETE, Change
from emulators.exact.deliveries import callbacks, post
from emulators.exact.events import Event
from emulators.exact.oauth import App
from emulators.exact.subscriptions import Subscription

_SALES: Final = ("SalesEntries", "salesentry/SalesEntries")
_PURCHASE: Final = ("PurchaseEntries", "purchaseentry/PurchaseEntries")
_ENTRIES: Final = {
    "20": _SALES, "21": _SALES, "30": _PURCHASE, "31": _PURCHASE,
    "40": ("BankEntries", "financialtransaction/BankEntries"),
}  # fmt: skip
_GENERAL: Final = ("GeneralJournalEntries", "generaljournalentry/GeneralJournalEntries")
_TIME: Final = ("TimeTransactions", "project/TimeTransactions")
_COST: Final = ("CostTransactions", "project/CostTransactions")
_INVOICES: Final = ("SalesInvoices", "salesinvoice/SalesInvoices")
_ORDERS: Final = ("PurchaseOrders", "purchaseorder/PurchaseOrders")
_TOPICS: Final = {
    "Accounts": ("Accounts", "crm/Accounts"), "BankAccounts": ("BankAccounts", "crm/BankAccounts"),
    "BankEntries": ("BankEntries", "financialtransaction/BankEntries"),
    "CashEntries": ("CashEntries", "financialtransaction/CashEntries"), "Contacts": ("Contacts", "crm/Contacts"),
    "DocumentAttachments": ("DocumentAttachments", "documents/DocumentAttachments"),
    "Documents": ("Documents", "documents/Documents"), "GLAccounts": ("GLAccounts", "financial/GLAccounts"),
    "GeneralJournalEntries": _GENERAL, "Items": ("Items", "logistics/Items"),
    "ProjectPlanning": ("ProjectPlanning", "project/ProjectPlanning"), "PurchaseEntries": _PURCHASE,
    "PurchaseOrderHeaders": _ORDERS, "PurchaseOrderLines": _ORDERS, "PurchaseOrders": _ORDERS,
    "Quotations": ("Quotations", "crm/Quotations"), "SalesEntries": _SALES, "SalesInvoiceHeaders": _INVOICES,
    "SalesInvoiceLines": _INVOICES, "SalesInvoices": _INVOICES,
}  # fmt: skip
"""Topic and address by entity; docs, entity pages and the list of webhook topics. Others have no topic: cost centres,
cost units, projects, work breakdown, journals, budgets, employees, purchase invoices."""
_NEW: Final = (CREATE, "backdate", "return")


@dataclass(frozen=True)
class Notice:
    """A notice, where it goes, and its exact bytes."""

    topic: str
    key: str
    action: str
    callback: str
    body: bytes


def event(change: Change, created_action: str = "Create") -> Event | None:
    """What a change tells subscribers, if its entity has a topic; ledger lines have their entry's."""
    found = _topic(change)
    if found is None:
        return None
    action = "Delete" if change.kind == DELETE else created_action if change.kind in _NEW else "Update"
    return Event(*found, change.division, change.key, action, change.at, change.ids)


def _topic(change: Change) -> tuple[str, str] | None:
    if change.entity.name == "TransactionLines":
        return _ENTRIES.get(change.type, _GENERAL)
    if change.entity.name == "TimeCostTransactions":
        return _COST if change.type == "2" else _TIME
    return _TOPICS.get(change.entity.name)


def notices(told: Event, heard: Sequence[Subscription], callback: str | None, app: App, base: str) -> list[Notice]:
    """A notice to `callback`, signed for the app that subscribed it, else for `app`; without one, to all who hear."""
    to = [(one.callback, one.app) for one in heard]
    if callback is not None:
        to = [(callback, next((owner for address, owner in to if address == callback), app))]
    return [Notice(told.topic, told.key, told.action, where, told.signed_for(owner, base)) for where, owner in to]


async def send(ready: Sequence[Notice]) -> list[dict[str, Any]]:
    """POST each notice once; status 0 where nobody answered."""
    sent = []
    async with callbacks() as client:
        for notice in ready:
            status = await post(client, notice.callback, notice.body)
            sent.append({"topic": notice.topic, "key": notice.key, "action": notice.action, "status": status})
    return sent
