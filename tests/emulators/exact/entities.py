"""What Exact has: the entities with their fields, and the resources (addresses) under which they are read.

Names, types, keys and scopes: the pages HlpRestAPIResourcesDetails.aspx of start.exactonline.nl/docs, kept in
entities.json. An entity is what the store keeps; several addresses may show it, each some of its fields.
Where a stream has another shape than the normal endpoint, they are entities of their own: `SalesInvoices` and
`PurchaseOrders` are the sync streams of headers and lines, `SalesInvoiceHeaders` and `PurchaseOrderHeaders` the normal
headers. `TimeCostTransactions` and `ProjectWBS` hold all kinds; the normal addresses show one Type each.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from typing import Any, Final


@dataclass(frozen=True, eq=False)
class Entity:
    """One kind of record. `fields` gives each field's Edm type, in the order in which bodies hold the values.

    `keys`: the fields that identify a record (one but for a few aggregates). `parent`: the Guid field that names the
    header. `deleted_type`: EntityType in the delete log. `lines`: navigation fields with the entity they lead to
    (None where that is not read on its own).
    """

    name: str
    fields: dict[str, str]
    keys: tuple[str, ...] = ("ID",)
    parent: str | None = None
    deleted_type: int | None = None
    lines: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_positions", {name: at for at, name in enumerate(self.fields)})

    @property
    def key(self) -> str:
        return self.keys[0]

    def at(self, field: str) -> int:
        """The position of a field's value in a body."""
        positions: dict[str, int] = self.__dict__["_positions"]
        return positions[field]


@dataclass(frozen=True, eq=False)
class Resource:
    """One address.

    `fields`: what it shows, with the types it shows (a Byte here may be a Boolean there). `page`: records a page, 0
    without server paging. `filters`: the fields one of which a collection's $filter must use (empty: no such rule).
    `where`: the field and the JSON text that its records have. `scope`: what the app must be allowed to read.
    `hidden`: fields that newer docs leave out.
    """

    path: str
    entity: Entity
    fields: dict[str, str]
    page: int
    filters: tuple[str, ...] = ()
    where: tuple[str, str] | None = None
    scope: str = ""
    lines: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    newer: bool = False

    @cached_property
    def of_newer_docs(self) -> Resource:
        """The same, and the lines that it leads to, without the fields that newer docs leave out."""
        kept = {name: edm for name, edm in self.fields.items() if name not in self.hidden}
        return replace(self, fields=kept, newer=True)

    @cached_property
    def mirrored(self) -> bool:
        """Whether a sync stream shows the records of this single or bulk address too (KB API limits)."""
        last = self.path.rsplit("/", 1)[-1].lower()
        return self.kind in ("list", "bulk") and (self.entity in _SYNCED or last in _SYNC_NAMES)

    @cached_property
    def kind(self) -> str:
        """sync, bulk, read or list."""
        head = self.path.split("/", 1)[0]
        return head if head in ("sync", "bulk", "read") else "list"

    @property
    def sync(self) -> bool:
        return self.kind == "sync"

    @cached_property
    def name(self) -> str:
        """Its last part; where two addresses end alike, the entity's name."""
        last = self.path.rsplit("/", 1)[-1]
        alike = self.path.startswith("openingbalance/") or self.entity.name.endswith(last)
        return self.entity.name if alike and self.path != "hrm/Divisions" else last

    @cached_property
    def select_required(self) -> bool:
        """Single and bulk addresses, but for those that are seen without."""
        return self.kind in ("list", "bulk") and self.path not in _WITHOUT_SELECT

    @property
    def route(self) -> str:
        """The name by which faults and counts know it: `sync.TransactionLines`, `list.Costcenters`, `bulk.Items`."""
        return f"{self.kind}.{self.name}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The docs mark Timestamp as the key of sync resources."""
        return ("Timestamp",) if self.sync else self.entity.keys

    @cached_property
    def model(self) -> str:
        """The type that __metadata names: `Exact.Web.Api.Models.Sync.Financial.GLAccount`."""
        parts = [_SERVICES.get(part, part[0].upper() + part[1:]) for part in self.path.split("/")]
        *service, name = [part for part in parts if part not in ("Bulk", "Read", "Beta")]
        return ".".join(["Exact.Web.Api.Models", *service, re.sub(r"ies$", "y", name).removesuffix("s")])


PAGE, LARGE_PAGE = 60, 1000
"""Records a page: normal addresses; bulk and sync (KB REST API restrictions)."""
_SERVICES: Final = {
    "crm": "CRM", "hrm": "HRM", "vat": "VAT", "salesinvoice": "SalesInvoice", "salesorder": "SalesOrder",
    "salesentry": "SalesEntry", "purchaseorder": "PurchaseOrder", "purchaseentry": "PurchaseEntry",
    "financialtransaction": "Financial", "generaljournalentry": "GeneralJournalEntry",
    "openingbalance": "OpeningBalance", "current": "System",
}  # fmt: skip
_PAGES: Final = {"sync": LARGE_PAGE, "bulk": LARGE_PAGE, "read": 0}
_WITHOUT_SELECT: Final = (
    "current/Me", "hrm/Divisions", "system/Divisions", "system/AllDivisions", "crm/Accounts", "crm/BankAccounts",
    "financial/GLAccounts",
)  # fmt: skip
"""Read without $select by published clients (exactpy's controllers; picqer/exact-php-client #556)."""
_DECLARED: Final = json.loads(files(__package__).joinpath("entities.json").read_text())


def _pairs(text: str) -> dict[str, str]:
    return dict(part.split(":") for part in text.split())


def _entity(name: str, found: dict[str, Any]) -> Entity:
    lines = {one.split(":")[0]: one.partition(":")[2] or None for one in found.get("lines", "").split()}
    keys = tuple(found["key"].split())
    return Entity(name, _pairs(found["fields"]), keys, found.get("parent"), found.get("deleted"), lines)


def _resource(found: dict[str, Any]) -> Resource:
    entity = ENTITIES[found["of"]]
    lacks = set(found.get("lacks", "").split())
    fields = {name: edm for name, edm in entity.fields.items() if name not in lacks} | _pairs(found.get("as", ""))
    head = found["path"].split("/", 1)[0]
    kind, _, value = found.get("where", "").partition(" ")
    without = set(found.get("no_lines", "").split())
    lines = tuple(one for one in entity.lines if one not in without)
    return Resource(
        found["path"], entity, fields, _PAGES.get(head, PAGE), tuple(found.get("filters", "").split()),
        (kind, value) if kind else None, found.get("scope", ""), lines, frozenset(found.get("hidden", "").split()),
    )  # fmt: skip


ENTITIES: Final = {name: _entity(name, found) for name, found in _DECLARED["entities"].items()}

TRANSACTION_LINES: Final = ENTITIES["TransactionLines"]
GL_ACCOUNTS: Final = ENTITIES["GLAccounts"]
COST_CENTERS: Final = ENTITIES["Costcenters"]
DELETED: Final = ENTITIES["Deleted"]
DIVISIONS: Final = ENTITIES["HrmDivisions"]
ME: Final = ENTITIES["Me"]

STORED: Final = {name: one for name, one in ENTITIES.items() if one not in (ME, ENTITIES["WebhookSubscriptions"])}
"""The entities whose records the store keeps."""

LEDGER_STREAMS: Final = (TRANSACTION_LINES, GL_ACCOUNTS, COST_CENTERS)

RESOURCES: Final = tuple(
    _resource(found) for found in _DECLARED["resources"] if not found["path"].startswith(("current/", "webhooks/"))
)
"""Every address that reads stored records. The path is what follows the division (before it: `beta/`)."""
BY_PATH: Final = {resource.path.lower(): resource for resource in RESOURCES}
_SYNC_PATHS: Final = [resource for resource in RESOURCES if resource.sync]
_SYNCED: Final = frozenset(resource.entity for resource in _SYNC_PATHS)
_SYNC_NAMES: Final = frozenset(
    ["salesinvoicelines", "purchaseorderlines", *(one.path.rsplit("/", 1)[-1].lower() for one in _SYNC_PATHS)]
)
"""The last parts of addresses whose records have a sync stream; two streams show the lines with their headers."""
