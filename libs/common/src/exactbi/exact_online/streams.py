"""The streams that we read from Exact Online: declared facts, one entry each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Versioning = Literal["timestamp", "observation"]
"""`timestamp`: Exact's rowversion orders a record's versions. `observation`: the number of our request does."""


@dataclass(frozen=True)
class Stream:
    """One collection of a division.

    `path` comes after `/api/v1/{division}/`. `fields` is the `$select` list: what the packs use and what a column
    could plausibly be added from, never a person's name. `normal_path` is where records are read by key.
    `deleted_entity_type` is the stream's number in `sync/Deleted`; None where deletes are not logged.
    `topics` are the webhook topics whose notices make the stream due.
    """

    name: str
    path: str
    versioning: Versioning
    fields: tuple[str, ...]
    id_field: str = "ID"
    parent_field: str | None = None
    deleted_entity_type: int | None = None
    normal_path: str | None = None
    topics: tuple[str, ...] = ()

    @property
    def is_sync(self) -> bool:
        """It is read by Timestamp, from the sync API."""
        return self.versioning == "timestamp"


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncFinancialGLAccounts
GL_ACCOUNTS: Final = Stream(
    name="GLAccounts",
    path="sync/Financial/GLAccounts",
    versioning="timestamp",
    fields=(
        "ID",
        "Timestamp",
        "Division",
        "Code",
        "Description",
        "SearchCode",
        "Type",
        "TypeDescription",
        "BalanceType",
        "BalanceSide",
        "IsBlocked",
        "Compress",
        "Matching",
        "RevalueCurrency",
        "UseCostcenter",
        "UseCostunit",
        "Costcenter",
        "Costunit",
        "VATCode",
        "ReportingCode",
        "Created",
        "Modified",
    ),
    deleted_entity_type=7,
    normal_path="financial/GLAccounts",
    topics=("GLAccounts",),
)

# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncFinancialTransactionLines
TRANSACTION_LINES: Final = Stream(
    name="TransactionLines",
    path="sync/Financial/TransactionLines",
    versioning="timestamp",
    fields=(
        "ID",
        "Timestamp",
        "Division",
        "EntryID",
        "EntryNumber",
        "LineNumber",
        "LineType",
        "Date",
        "DueDate",
        "FinancialYear",
        "FinancialPeriod",
        "GLAccount",
        "GLAccountCode",
        "CostCenter",
        "CostUnit",
        "Account",
        "AccountCode",
        "Project",
        "ProjectCode",
        "Item",
        "ItemCode",
        "JournalCode",
        "Type",
        "Status",
        "Description",
        "InvoiceNumber",
        "OrderNumber",
        "YourRef",
        "PaymentReference",
        "Document",
        "DocumentNumber",
        "VATCode",
        "VATType",
        "VATPercentage",
        "Currency",
        "ExchangeRate",
        "AmountDC",
        "AmountFC",
        "AmountVATBaseFC",
        "AmountVATFC",
        "Quantity",
        "Created",
        "Modified",
    ),
    parent_field="EntryID",
    deleted_entity_type=1,
    normal_path="financialtransaction/TransactionLines",
    topics=("BankEntries", "CashEntries", "GeneralJournalEntries", "PurchaseEntries", "SalesEntries"),
)

# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=HRMCostcenters
COSTCENTERS: Final = Stream(
    name="Costcenters",
    path="hrm/Costcenters",
    versioning="observation",
    fields=("ID", "Division", "Code", "Description", "EndDate", "Created", "Modified"),
    normal_path="hrm/Costcenters",
)

# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncDeleted
DELETED: Final = Stream(
    name="Deleted",
    path="sync/Deleted",
    versioning="timestamp",
    fields=("ID", "Timestamp", "Division", "EntityType", "EntityKey", "DeletedDate"),
    id_field="EntityKey",
)
"""The log of deletes of a division, read like a stream; an entry's record is its EntityKey."""

STREAMS: Final[dict[str, Stream]] = {
    stream.name: stream for stream in (GL_ACCOUNTS, TRANSACTION_LINES, COSTCENTERS, DELETED)
}

BY_ENTITY_TYPE: Final[dict[int, Stream]] = {
    stream.deleted_entity_type: stream for stream in STREAMS.values() if stream.deleted_entity_type is not None
}

BY_TOPIC: Final[dict[str, tuple[Stream, ...]]] = {
    topic: tuple(stream for stream in STREAMS.values() if topic in stream.topics)
    for topic in {topic for stream in STREAMS.values() for topic in stream.topics}
}
"""Webhook topic to the streams that it makes due."""
