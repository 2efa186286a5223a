"""How Exact writes values: each function gives the JSON text of one value, numbers with their exact decimals."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Final
from zoneinfo import ZoneInfo

NULL: Final = "null"
DUTCH: Final = "Europe/Amsterdam"
DAY_MS: Final = 86_400_000


def text(value: str | None) -> str:
    """A String: JSON text, non-ASCII as it is."""
    return NULL if value is None else encode_basestring(value)


def parsed(json_text: str) -> str:
    """A String again; null is the empty one."""
    return "" if json_text == NULL else str(json.loads(json_text))


def guid(value: str | None) -> str:
    """A Guid, lower case."""
    return NULL if value is None else f'"{value}"'


def number(value: int | str | Decimal | None) -> str:
    """A number: integers and the exact text of decimals."""
    return NULL if value is None else str(value)


def boolean(value: bool | None) -> str:
    return NULL if value is None else ("true" if value else "false")


def int64(value: int | None) -> str:
    """An Int64 is a JSON string (OData V2; go_exactonline_new Int64String)."""
    return NULL if value is None else f'"{value}"'


def moment(wall_ms: int | None) -> str:
    """A DateTime: milliseconds of the Dutch wall clock, counted as if it were UTC (Exact KB, REST API FAQ's)."""
    return NULL if wall_ms is None else f'"/Date({wall_ms})/"'


def day(value: date | None) -> str:
    """A date without a time: an exact multiple of a day."""
    return NULL if value is None else f'"/Date({day_ms(value)})/"'


def day_ms(value: date) -> int:
    return (value.toordinal() - 719_163) * DAY_MS


def wall_ms(unix: float, zone: str = DUTCH) -> int:
    """A zone's wall clock at a moment of UTC, in milliseconds; the hour that a winter night repeats comes twice."""
    local = datetime.fromtimestamp(unix, ZoneInfo(zone))
    return int(local.replace(tzinfo=UTC).timestamp() * 1000 + 0.5)


def moment_ms(json_text: str) -> int | None:
    """The milliseconds of a DateTime's JSON text."""
    return None if json_text == NULL else int(json_text[7:-3])


def guid_bytes(value: str) -> bytes:
    return bytes.fromhex(value.replace("-", ""))


def guid_text(value: bytes) -> str:
    return str(uuid.UUID(bytes=value))


def key_id(*keys: str) -> str:
    """The id, as a Guid, under which a record without a Guid key is stored: from the JSON texts of its key fields.

    Whole numbers keep their order.
    """
    if len(keys) == 1 and keys[0].strip('"').isdecimal():
        return str(uuid.UUID(int=int(keys[0].strip('"'))))
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "\x1f".join(keys)))


def header_row(document: str) -> str:
    """The ID of the row that stands for a document's header in a stream of headers and lines."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"header row of {document}"))


def iso(unix: float) -> str:
    """UTC, ISO 8601, milliseconds: for the control port."""
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
