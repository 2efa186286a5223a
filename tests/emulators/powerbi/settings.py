"""The documented numbers, and a setting wherever the sources conflict or are silent (default: the stricter)."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

TOKEN_S: Final = 3599
"""https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow (sample answer)"""
TABLES: Final = 75
COLUMNS: Final = 75
RELATIONSHIPS: Final = 75
ROWS_PER_POST: Final = 10_000
PENDING_POSTS: Final = 5
POSTS_PER_WINDOW: Final = 120
MINUTE_S: Final = 60
HOUR_S: Final = 3600
BIG_TABLE_ROWS: Final = 250_000
ROWS_PER_HOUR: Final = 1_000_000
ROWS_STORED: Final = 5_000_000
ROWS_STORED_FIFO: Final = 200_000
TEXT_LENGTH: Final = 4_000
"""https://learn.microsoft.com/power-bi/developer/embedded/push-datasets-limitations"""
BODY_BYTES: Final = 16 * 1024 * 1024
"""https://learn.microsoft.com/power-bi/connect-data/service-real-time-streaming"""
QUERY_ROWS: Final = 100_000
QUERY_VALUES: Final = 1_000_000
QUERY_BYTES: Final = 15 * 1024 * 1024
QUERIES_PER_MINUTE: Final = 120
"""https://learn.microsoft.com/rest/api/power-bi/datasets/execute-queries-in-group"""


DATASETS: Final = 1_000
REPORTS: Final = 1_000
WORKSPACES: Final = 1_000
"""https://learn.microsoft.com/fabric/fundamentals/workspaces (in a workspace, on a dataset, of a caller)"""
REFRESHES_SHARED: Final = 8
"""https://learn.microsoft.com/rest/api/power-bi/datasets/refresh-dataset-in-group (a day, shared capacity)"""
REFRESHES_SHOWN: Final = 60
DAY_S: Final = 86_400


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /control/settings` changes; `GET` shows. Each member is a choice that the sources leave open, or the
    state of something that an administrator sets."""

    # Entra
    token_error_status: Literal[400, 401] = 401
    """The documents say 400, fixtures of others 401."""
    secret_expired: bool = False
    assertion_life_s: float = 600
    """The documents ask for five to ten minutes; whether more is refused is not said."""
    assertion_again: Literal["accept", "refuse"] = "accept"
    """Whether an assertion may be presented again. Microsoft's own MSAL for Python does so for its whole life."""
    expired_status: Literal[401, 403] = 403
    audience_status: Literal[401, 403] = 403
    """https://github.com/MicrosoftDocs/powerbi-docs/issues/65"""

    # The tenant's switches and the workspace's roles
    tenant_switch: bool = True
    tenant_switch_status: Literal[200, 401, 403] = 401
    """All three have been seen; the text is the same."""
    create_switch: bool = False
    """"Service principals can create workspaces": off in new tenants."""
    query_switch: bool = True
    """"Dataset Execute Queries REST API"."""
    role: Literal["None", "Viewer", "Contributor", "Member", "Admin"] = "Contributor"
    """The application's role in the demo workspace."""
    writer: Literal["Contributor", "Member"] = "Contributor"
    """The least role that writes: the role table says Contributor, the page on service principals Member."""
    denied_status: Literal[401, 403] = 403
    permission_delay_s: float = 0
    """How long a changed role takes to be in force: 15 to 30 minutes are reported."""
    my_workspace: Literal["refuse", "by id"] = "refuse"
    """Whether a service principal reaches a workspace's dataset at an address without the workspace."""
    capacity: Literal["shared", "premium"] = "shared"

    import_roles: bool = False
    """Whether the import model has row-level security: a service principal's queries of it are then refused."""

    # Datasets and tables
    creation: bool = True
    """Off: as after the announced end of creation (31 October 2027)."""
    create_status: Literal[201, 202] = 201
    put_status: Literal[200, 201] = 200
    destructive_put: Literal["refuse", "clear", "keep"] = "refuse"
    """A PUT that drops a column or changes its type: refused, or the table is emptied, or its rows stay and only that
    column's values are gone."""
    additive_put: Literal["keep", "clear"] = "keep"
    """Whether a PUT that adds a column leaves the rows: an official sample adds one and is silent about rows."""
    columns_per: Literal["table", "dataset"] = "table"
    """The documents say "75 columns" without saying of what; per dataset, no useful model would fit."""
    date_table: Literal["refuse", "accept"] = "refuse"
    """A table named Date: an official sample has one, the makers of a well-known tool found it broken."""
    tables_of_model_status: Literal[404, 501] = 404

    # Rows
    duplicate_keys: Literal["refuse", "accept"] = "refuse"
    null_values: Literal["accept", "refuse"] = "accept"
    """JSON null in a row: common in clients, in no document."""
    long_text: Literal["refuse", "cut"] = "refuse"
    long_decimal: Literal["refuse", "round"] = "refuse"
    zoned_datetime: Literal["utc", "as written", "refuse"] = "utc"
    """A DateTime with Z or an offset: clients send them, no document says what becomes of the zone."""
    sequence_numbers: Literal["ignored", "kept once", "refused twice"] = "ignored"
    """X-PowerBI-PushData-SequenceNumber: a preview of 2016 that no document of today mentions."""
    refused_calls_count: bool = False
    pending_status: Literal[429, 503] = 429
    """What one POST too many at a time is answered is not said."""
    delete_lag_s: float = 0
    """How long after its answer a DELETE of rows lands; whether it always comes before the next POST is not said."""
    pending_posts: int = PENDING_POSTS
    """The limits page says five; the matrix of real-time streaming says one request."""
    posts_a_second: int = 0
    """0: none. The matrix of real-time streaming may mean one a second; the limits page says 120 a minute."""
    rows_an_hour: int = ROWS_PER_HOUR
    """10,000 for a model whose owner has a Free plan (text of 2016)."""
    calls_an_hour: int = 0
    """The general throttle of a caller, which Microsoft does not publish. 0: none."""

    # Refreshes
    push_refresh: Literal["refuse", "accept"] = "refuse"
    """Whether a push model can be refreshed: 415 was seen for the history and the schedule, not for POST."""
    refresh_s: float = 30
    """How long a refresh takes, in the vendor's seconds."""
    refresh_outcome: Literal["Completed", "Failed", "Disabled"] = "Completed"
    refresh_over_status: Literal[400, 429] = 400
    refresh_busy_status: Literal[400, 409] = 400
    premium_refreshes_a_day: int = 48
    """That of the schedule's page; of the API it is said that only resources limit it."""
    refresh_mail: Literal["refuse", "ignore"] = "refuse"
    """What becomes of a service principal's wish for a mail, which the documents call not applicable."""

    # Queries
    moments_equal: Literal["refuse", "nothing", "match"] = "refuse"
    """What comes of a filter by equality with a DateTime that has a part of a second, which is "not supported"
    (https://learn.microsoft.com/power-bi/connect-data/service-real-time-streaming)."""
    dates_clear: Literal["both", "one", "none"] = "both"
    """Whether a filter on a date column that carries a relationship takes the other filters of its table away, on both
    of its sides (https://github.com/d0nk3yhm/pbix-mcp, measured on Power BI Desktop), on the one side only
    (https://www.sqlbi.com/articles/mark-as-date-table/), or never."""
