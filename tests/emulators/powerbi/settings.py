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


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /control/settings` changes; `GET` shows."""

    create_status: Literal[201, 202] = 201
    put_status: Literal[200, 201] = 200
    destructive_put: Literal["refuse", "clear"] = "refuse"
    duplicate_keys: Literal["refuse", "accept"] = "refuse"
    refused_calls_count: bool = False
    token_error_status: Literal[400, 401] = 401
    tenant_switch: bool = True
    role: Literal["Viewer", "Contributor", "Member", "Admin"] = "Contributor"
    creation: bool = True
    expired_status: Literal[401, 403] = 403
