"""read/sync/Sync/SyncTimestamp: from a Modified date to the Timestamp at which a sync stream may start.

Source: docs, HlpRestAPIResourcesDetails.aspx?name=ReadSyncSyncSyncTimestamp; picqer/exact-php-client #689.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from emulators.exact.answers import RefusedError
from emulators.exact.entities import ENTITIES, Entity
from emulators.exact.row import SEPARATOR
from emulators.exact.rules import SYNC_START
from emulators.exact.store import Store
from emulators.exact.tokens import GrammarError, datetime_ms
from emulators.exact.values import moment_ms

PATH: Final = "read/sync/Sync/SyncTimestamp"
ENDPOINTS: Final = frozenset(
    [
        "BillOfMaterialMaterials", "BillOfMaterialVersions", "GoodsDeliveries", "GoodsDeliveryLines",
        "ItemStorageLocations", "MaterialIssues", "ProjectPlanning", "ProjectWBS", "Projects", "PurchaseOrders",
        "QuotationHeaders", "QuotationLines", "SalesInvoices", "SalesOrderHeaders", "SalesOrderLines",
        "ShopOrderMaterialPlans", "ShopOrderPurchasePlanning", "ShopOrderRoutingStepPlans", "ShopOrderSubOrders",
        "ShopOrders", "SubscriptionLines", "Subscriptions", "TimeCostTransactions", "TransactionLines",
    ]
)  # fmt: skip
"""Those that the docs name: Accounts, Items and GLAccounts are not among them."""
_DATE: Final = re.compile(r"datetime'([^']*)'")
_NAME: Final = re.compile(r"'([A-Za-z]+)'")


@dataclass(frozen=True)
class Start:
    """What the function is asked: a stream, and the wall clock's milliseconds of the date."""

    endpoint: str
    modified_ms: int


def asked(options: dict[str, str], *, check: bool) -> Start:
    """Read the function's two parameters, both mandatory; RefusedError 400 otherwise, if they are to be checked."""
    given = {name.lower(): value for name, value in options.items()}
    since, name = _since(given.get("modified", "")), _NAME.fullmatch(given.get("endpoint", ""))
    if check and since is None:
        raise RefusedError(SYNC_START, 400, "Bad Request - The parameter 'modified' is mandatory and a datetime.")
    if check and (name is None or name[1] not in ENDPOINTS):
        raise RefusedError(
            SYNC_START, 400, "Bad Request - The parameter 'endPoint' is mandatory and names a sync endpoint."
        )
    return Start(name[1] if name and name[1] in ENTITIES else "TransactionLines", since or 0)


def _since(text: str) -> int | None:
    """The milliseconds of a datetime literal; None for anything else."""
    date = _DATE.fullmatch(text)
    try:
        return datetime_ms(date[1]) if date else None
    except GrammarError:
        return None


def first(store: Store, entity: Entity, division: int, start: Start, choice: str) -> tuple[int, int] | None:
    """(Modified in ms, Timestamp) of the first record with Modified at or after the date: see Settings.sync_from.

    Reads the whole entity: 2 s a million records.
    """
    at, stamp = entity.at("Modified"), entity.at("Timestamp")
    found: tuple[int, int] | None = None
    for owner, _, _, body in store.snapshot(entity):
        if owner != division:
            continue
        values = body.split(SEPARATOR)
        modified = moment_ms(values[at] or "null")
        if modified is None or modified < start.modified_ms:
            continue
        one = modified, int(values[stamp].strip('"'))
        place = one if choice == "least_modified" else one[::-1]
        if found is None or place < (found if choice == "least_modified" else found[::-1]):
            found = one
    return found
