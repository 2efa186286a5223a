"""What the sources leave open or disagree on: each a setting, the stricter reading by default.

A peculiarity that nobody has reported (a stale replica, ids that return) is off by default and can be switched on.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A chance."""
Seconds = Annotated[float, msgspec.Meta(ge=0)]
"""Wall seconds."""
Count = Annotated[int, msgspec.Meta(ge=0)]

Reason = Literal[
    "BlockedUser", "InactiveUser", "BlockedCustomer", "LicenseExpired", "DivisionBlocked", "NoDivisionAccess"
]
"""What the Reason header says (picqer/exact-php-client PR #451)."""


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """Changed at the control port (`POST /control/settings`); the tables in the comments say who reports what."""

    # Limits of calls
    calls_a_minute: Annotated[int, msgspec.Meta(ge=1)] = 60
    calls_a_day: Annotated[int, msgspec.Meta(ge=1)] = 5_000
    """Per app and division; more can be agreed upon (forums.invantive.com/t/946)."""
    minutes: Literal[1, 2] = 1
    """Clock minutes that a minute's limit lasts: one (KB API limits), or two (picqer #255, of 2019)."""
    day_zone: str = "UTC"
    """Whose midnight begins a day: a log of picqer #646 shows 00:00 UTC; the knowledge base says "the next day"."""
    contract: Literal["standard", "premium"] = "standard"
    """20,000 calls a day and contract, or 30,000 without a limit per app and division (KB API limits)."""
    used_elsewhere: Count = 0
    """Calls that other apps of the contract have made today."""
    in_flight: Count = 1
    """Requests of an app for a division at a time: the restrictions forbid several; 0 lets any number through."""
    reset_unit: Literal["epoch_ms", "epoch_s", "remaining_ms"] = "epoch_ms"
    """What X-RateLimit-Reset holds: UTC epoch milliseconds (KB API limits); other articles and clients disagree."""
    headers_on_429: Literal["own", "all", "none"] = "own"
    """A refusal carries its own limit's headers (picqer #646), or none (picqer #255)."""
    minutely_reset: bool = True
    """Whether X-RateLimit-Minutely-Reset is sent: seen live (picqer #646), not in the knowledge base."""
    retry_after: bool = False
    """Whether a 429 has Retry-After; nobody has confirmed one."""

    # The error limit
    error_hour: Literal["rolling", "clock"] = "rolling"
    block_scope: Literal["app", "endpoint"] = "app"
    """What is blocked: the API key (KB API limits), or only the endpoint (a vendor's guide)."""
    block_status: int = 403
    """What a blocked app is answered (unknown)."""

    # Tokens
    old_refresh: Literal["refused", "ends", "lives"] = "ends"
    """An old refresh token is refused (picqer #640), ends its whole family as well (unknown, the strictest), or lives
    until its successor is used for the first time (forums.invantive.com/t/1419)."""
    code_life_s: Annotated[float, msgspec.Meta(gt=0)] = 180.0
    """An authorization code's life: three minutes (KB OAuth step 2); a client's README says one."""
    old_refresh_status: Literal[400, 401] = 401
    """401 now (picqer #640, #644); 400 in older reports."""
    too_early_status: Literal[400, 401] = 400
    too_early_error: Literal["access_denied", "invalid_request"] = "access_denied"
    """A refresh within 570 s: 400 access_denied was seen live (websmurf/laravel-exact-online #31); ossobv/exactonline
    quotes a 401, another client's tests invalid_request."""
    token_type: Literal["bearer", "Bearer"] = "bearer"
    """Both are seen (KB OAuth step 3; ossobv/exactonline)."""
    refresh_ends_access: bool = False
    """A refresh ends the access token before it (unknown)."""
    quota_counts: Literal["all", "granted"] = "all"
    """What counts towards the 200 token calls of a day: every call, or those that gave a token (unknown)."""
    code_waits: bool = False
    """A code exchange too must keep the 570 s (unknown; a consent should always succeed)."""

    # Standing of users, apps, licences and divisions: each answered as the vendor does
    reasons: dict[str, Reason] = {}
    """Who or what is refused, and why: by user name, by division code, or "*" for every call."""
    blocked_user_status: Literal[401, 403] = 401
    """What BlockedUser and InactiveUser come with (unknown which; the Reason header is seen on both)."""
    scopes_missing: list[str] = []
    """Scopes that the app does not have, as the message names them: "organization.administration"."""
    rights_lost: list[str] = []
    """Addresses that the user may no longer read: "sync/PurchaseOrder/PurchaseOrders"."""
    rights_status: Literal[403, 404] = 403
    """What an address that the user may not read is answered (unknown which)."""
    deletes_hidden: bool = False
    """Deleted shows nothing: a missing right once had that effect (forums.invantive.com/t/238)."""
    divisions_scoped: bool = False
    """hrm/Divisions wants the scope organization.administration, as the other lists do; the docs' index shows none."""
    last_division: int | None = None
    """The company that the user was in last, which Me calls the current one: the lowest code without (picqer #470)."""
    archived: list[int] = []
    archived_reads: bool = False
    """Whether an archived division can still be read (unknown)."""
    other_licences: list[int] = []
    """Divisions that belong to another customer's licence than the site's first: an accountant's clients."""

    # Reading
    page_order: Literal["timestamp", "id", "offset"] = "timestamp"
    """How sync pages go on: by Timestamp (the docs mark it as the key), by id, or by a number of records."""
    list_order: Literal["key", "offset"] = "key"
    """How the pages of other resources go on: by key (KB REST API restrictions), or by a number of records."""
    shuffled: bool = False
    """The records of a page come in no order (tap-exact treats them so)."""
    doubles: Share = 0.0
    """The chance of a record of a sync stream to be shown in its former version too
    (fretje/exactonline-api-dotnet-client, FilterDoubles)."""
    shown_after_delete_s: Seconds = 0.0
    """A deleted record is still shown by its sync stream for so long after its entry in Deleted."""
    replica_lag_s: Seconds = 0.0
    replica_share: Share = 1.0
    """That share of reads is answered by a replica that is so far behind."""
    deleted_counter: Literal["shared", "own"] = "shared"
    """Deleted numbers its entries with the database's rowversion, or with a counter of its own, far below."""
    delete_log: Literal["all", "headers", "lines"] = "all"
    """Which records of a document leave an entry in Deleted: LineNumber 0 is the header."""
    sync_from: Literal["least_timestamp", "least_modified"] = "least_modified"
    """SyncTimestamp's "first record with Modified at or after the date": the one with the least Modified, or with the
    least Timestamp. The former is the stricter: what has a lower Timestamp is missed by who starts there."""
    mandatory_filters: Literal["all", "listed"] = "all"
    """Single and bulk addresses want a $filter where a sync stream shows the same records (KB API limits), or only
    those whose list of fields is published (flags of SherinBloemendaal/n8n-exact-online, docs pages, picqer #591)."""
    accounts_by_modified: bool = False
    """Whether Modified is on the list of crm/Accounts: picqer #591 has it, forums.invantive.com/t/1410 has not."""
    hidden_fields: bool = False
    """Fields of the docs of 2025-06 that those of 2025-12 leave out: gone, or still shown (unknown)."""
    select_needed: Literal["usual", "everywhere"] = "usual"
    """Which single and bulk addresses want $select: all but those that published clients read without, or all."""
    date_only: bool = False
    """A $filter's datetime without a time: examples of the docs have it, a guide calls it unreliable
    (werkenmetai/Chef-Data)."""
    header_rows: Literal["own", "document"] = "own"
    """The ID of LineNumber 0 in the streams of invoices and orders: one of its own, or the InvoiceID or
    PurchaseOrderID (unknown)."""
    balance_ids: Literal["anew", "kept"] = "anew"
    """A balance's ID is another after every change, or stays (unknown: the docs promise nothing)."""
    recoding: Literal["stamped", "silent", "kept"] = "stamped"
    """A cost centre's new code: records that hold the old one are written anew, hold the new one under the rowversion
    that they had, or keep the old one (unknown). The change itself is asked for by its kind, `recode`."""
    stamp_zone: Literal["Europe/Amsterdam", "UTC"] = "Europe/Amsterdam"
    """The clock of a change's Modified: "CET and not GMT" (KB REST API FAQ), or UTC, as some clients read it; nobody
    says what the British and American sites do."""
    late_commit_s: Seconds = 0.0
    """Every change becomes visible that many wall seconds after it took its rowversion."""
    deleted_entity_type: bool = False
    """Deleted may be filtered on EntityType too, as exactonline-api-dotnet-sync-demo does; the docs allow Timestamp."""

    # The sync stream of sales invoices (it may differ between country sites)
    invoice_sign: Literal["opposite", "normal"] = "opposite"
    """A sale is negative there (forums.invantive.com/t/1855), or positive, as on the normal endpoint."""
    invoice_special_rows: bool = True
    """Rows from 9000 are shown (forums.invantive.com/t/1222)."""
    invoice_lines_carry_header: bool = True
    """Rows of lines carry the header's date, relation, status, type and currency (unknown), or only their own."""

    # Webhooks
    callback: str | None = None
    """Where `POST /control/notify` sends."""
    loopback_callbacks: bool = False
    """Subscriptions may call http on this machine; else https and the redirect URI's host."""
    body_bytes: Count = 9_500_000
    """The most that a body may have: 10.0 MB (KB API limits); 38 MB in NL and BE, 9.5 elsewhere (KB REST API
    restrictions)."""
    created_shows: Literal["key", "all"] = "key"
    """What a POST is answered that doesn't say `Prefer: return=representation` (KB OData: with it, all properties)."""
    validation: Literal["before", "after"] = "before"
    """The empty POST comes before the subscription is answered (picqer #438), or a second after
    (hookdeck/webhook-skills #152): then a callback that does not answer loses the subscription."""
    validation_status: int = 400
    """What a subscription is answered whose callback did not accept the empty POST (400 seen, picqer #438: 500)."""
    subscription_update: bool = False
    """PUT of a subscription: the docs list it, exactonline-api-dotnet-client #63 says that it is refused."""
    after_retries: Literal["remove", "drop"] = "remove"
    """After the tenth retry in vain (unknown): the subscription goes, or only the notice."""
    created_action: Literal["Create", "Update"] = "Create"
    """What the notice of a new record carries: only Update and Delete have been seen live."""
    notice_delay_s: Seconds = 0.0
    notice_early: bool = False
    """A notice comes before its change is visible."""
    notice_lost: Share = 0.0
    notice_twice: Share = 0.0
    notices_shuffled: bool = False
    """Notices of one moment leave in no order."""

    rules_off: list[str] = []

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.day_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"day_zone: no such zone as {self.day_zone!r}") from None
