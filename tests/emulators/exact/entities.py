"""What Exact has: the entities with their fields, and the resources (addresses) under which they are read.

Field names and types: the pages HlpRestAPIResourcesDetails.aspx of start.exactonline.nl/docs, kept in entities.json.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Final


@dataclass(frozen=True, eq=False)
class Entity:
    """One kind of record. `fields` gives each field's Edm type, in the order in which bodies hold the values."""

    name: str
    fields: dict[str, str]
    only_normal: frozenset[str]
    only_sync: frozenset[str]
    key: str = "ID"
    parent: str | None = None
    deleted_type: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "_positions", {name: at for at, name in enumerate(self.fields)})

    def at(self, field: str) -> int:
        """The position of a field's value in a body."""
        positions: dict[str, int] = self.__dict__["_positions"]
        return positions[field]


@dataclass(frozen=True)
class Resource:
    """One address. `filters`: the fields one of which a collection's $filter must use (empty: no such rule)."""

    path: str
    entity: Entity
    model: str
    sync: bool = False
    page: int = 60
    select_required: bool = False
    filters: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def route(self) -> str:
        """The name by which faults and counts know it: `sync.TransactionLines`, `list.Costcenters`."""
        return f"{'sync' if self.sync else 'list'}.{self.name}"

    @property
    def fields(self) -> tuple[str, ...]:
        hidden = self.entity.only_normal if self.sync else self.entity.only_sync
        return tuple(name for name in self.entity.fields if name not in hidden)

    @property
    def key(self) -> str:
        """The docs mark Timestamp as the key of sync resources."""
        return "Timestamp" if self.sync else self.entity.key


_DECLARED: Final = json.loads(files(__package__).joinpath("entities.json").read_text())


def _entity(name: str, key: str = "ID", parent: str | None = None, deleted_type: int | None = None) -> Entity:
    found = _DECLARED[name]
    hidden = frozenset(found["only_normal"]), frozenset(found["only_sync"])
    return Entity(name, found["fields"], *hidden, key=key, parent=parent, deleted_type=deleted_type)


TRANSACTION_LINES: Final = _entity("TransactionLines", parent="EntryID", deleted_type=1)
GL_ACCOUNTS: Final = _entity("GLAccounts", deleted_type=7)
COST_CENTERS: Final = _entity("Costcenters")
DELETED: Final = _entity("Deleted")
DIVISIONS: Final = _entity("Divisions", key="Code")
ME: Final = _entity("Me", key="UserID")

STORED: Final = {one.name: one for one in (TRANSACTION_LINES, GL_ACCOUNTS, COST_CENTERS, DELETED)}
"""The entities whose records the store keeps."""

LEDGER_STREAMS: Final = (TRANSACTION_LINES, GL_ACCOUNTS, COST_CENTERS)

_LINE_FILTERS: Final = (
    "ID", "Account", "AccountCode", "Asset", "CostCenter", "CostUnit", "Date", "Description", "Document", "EntryID",
    "EntryNumber", "FinancialPeriod", "FinancialYear", "GLAccount", "GLAccountCode", "InvoiceNumber", "Item",
    "JournalCode", "Modified", "OffsetID", "OrderNumber", "Project", "ProjectCode", "ShopOrder", "Status",
    "Subscription", "Type", "VATCode", "VATType", "YourRef",
)  # fmt: skip
_ACCOUNT_FILTERS: Final = (
    "AssimilatedVATBox", "BelcotaxType", "Code", "Costcenter", "Costunit", "Created", "Creator", "ID", "Modified",
    "Modifier", "PrivateGLAccount", "SearchCode", "Type", "VATNonDeductibleGLAccount", "YearEndCostGLAccount",
    "YearEndReflectionGLAccount",
)  # fmt: skip
_SYNC_PAGE: Final = 1000

RESOURCES: Final = (
    Resource("sync/Financial/TransactionLines", TRANSACTION_LINES, "Sync.Financial.TransactionLine", True, _SYNC_PAGE),
    Resource("sync/Financial/GLAccounts", GL_ACCOUNTS, "Sync.Financial.GLAccount", True, _SYNC_PAGE),
    Resource("sync/Deleted", DELETED, "Sync.Deleted", True, _SYNC_PAGE),
    Resource("hrm/Costcenters", COST_CENTERS, "HRM.Costcenter", select_required=True),
    Resource("financial/GLAccounts", GL_ACCOUNTS, "Financial.GLAccount", False, 60, True, _ACCOUNT_FILTERS),
    Resource(
        "financialtransaction/TransactionLines", TRANSACTION_LINES, "Financial.TransactionLine", False, 60, True,
        _LINE_FILTERS,
    ),
)  # fmt: skip
BY_PATH: Final = {resource.path.lower(): resource for resource in RESOURCES}
