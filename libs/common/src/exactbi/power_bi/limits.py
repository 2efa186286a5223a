"""Power BI's limits as numbers, and what its answers say about them. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

# https://learn.microsoft.com/power-bi/developer/embedded/push-datasets-limitations
COLUMNS: Final = 75
TABLES: Final = 75
RELATIONSHIPS: Final = 75
ROWS_PER_POST: Final = 10_000
ROWS_PER_HOUR: Final = 1_000_000
"""Rows added to a model in an hour."""
POSTS: Final = 120
"""POSTs of rows a minute and model; an hour, once a table of the model is large."""
MINUTE: Final = 60.0
HOUR: Final = 3_600.0
LARGE_TABLE_ROWS: Final = 250_000
LARGE_TABLE_ROWS_USED: Final = 240_000
"""We count a table as large a little earlier, by what it will hold after the POST."""
TABLE_ROWS: Final = 5_000_000
"""Rows that a table keeps without retention."""
TEXT_LENGTH: Final = 4_000
"""Characters of a text."""

# https://learn.microsoft.com/power-bi/connect-data/service-real-time-streaming
REQUEST_BYTES: Final = 16_000_000

# https://learn.microsoft.com/rest/api/power-bi/datasets/execute-queries-in-group
QUERIES_PER_MINUTE: Final = 120
QUERY_ROWS: Final = 100_000
QUERY_VALUES: Final = 1_000_000

REQUEST_TIMEOUT: Final = 30.0
"""A POST without an answer for so long is in doubt."""
QUERY_TIMEOUT: Final = 120.0
TOKEN_TIMEOUT: Final = 30.0
RETRY_WITHOUT_ADVICE: Final = 60.0
"""Seconds to wait after a 429 that says nothing; scaled, since it is a window of the vendor's."""


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, from Retry-After in seconds or as an HTTP date; an hour is usual. Names are in lower case."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).astimezone(UTC).timestamp() - now)
    except ValueError:
        return None
