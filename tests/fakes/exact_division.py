"""A division of Exact in memory: what the poller's `Exact` gives, without HTTP."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import unquote, urlsplit

from exactbi.exact_online.client import Answer
from exactbi.exact_online.streams import STREAMS
from exactbi.postgres.lease import Lease

PATHS = {stream.path.lower(): stream for stream in STREAMS.values()}
NORMAL = {stream.normal_path.lower(): stream for stream in STREAMS.values() if stream.normal_path}


def guid(number: int) -> str:
    """A record's id, ascending with `number`."""
    return str(uuid.UUID(int=number))


class FakeExact:
    """Streams of records; a write takes the next Timestamp. `before` runs before each answer and may raise or edit."""

    def __init__(self, page_size: int = 3, order: str = "timestamp") -> None:
        self.page_size = page_size
        self.order = order
        self.clock = 1_800_000_000.0
        self.database = 10_000_000
        self.timestamps = count(self.database)
        self.records: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in STREAMS}
        self.log: list[dict[str, Any]] = []
        self.urls: list[str] = []
        self.before: Callable[[str], None] = lambda _: None
        self.in_flight = 0
        self.peak = 0

    def write(self, stream: str, record: str, **fields: Any) -> None:
        """Create or change a record."""
        old = self.records[stream].get(record, {})
        self.records[stream][record] = old | {"ID": record} | fields | {"Timestamp": str(next(self.timestamps))}

    def delete(self, stream: str, record: str) -> None:
        """Delete a record; logged where the stream's deletes are."""
        del self.records[stream][record]
        entity_type = STREAMS[stream].deleted_entity_type
        if entity_type is not None:
            entry = {"EntityType": entity_type, "EntityKey": record, "Timestamp": str(next(self.timestamps))}
            self.log.append(entry)

    def move(self) -> None:
        """Move to another database: every Timestamp, and every entry's of the log, is a new and lower one."""
        self.database -= 1_000_000
        self.timestamps = count(self.database)
        for row in [*self.log, *(row for rows in self.records.values() for row in reversed(rows.values()))]:
            if "Timestamp" in row:
                row["Timestamp"] = str(next(self.timestamps))

    def hide(self, stream: str, record: str) -> Callable[[], None]:
        """A commit that is late: the record is not shown until what is given back is called."""
        row = self.records[stream].pop(record)

        def commit() -> None:
            self.records[stream][record] = row

        return commit

    async def get(self, endpoint: str, url: str, lease: Lease) -> Answer:
        """Answer a request of the poller's."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await asyncio.sleep(0)
            self.urls.append(unquote(url))
            self.before(unquote(url))
            self.clock += 1
            body = json.dumps({"d": self._answer(unquote(url))}).encode()
        finally:
            self.in_flight -= 1
        at = datetime.fromtimestamp(int(self.clock), UTC)
        return Answer(200, body, {}, self.clock - 0.5, self.clock, 0.5, at, str(uuid.uuid4()))

    def _answer(self, url: str) -> dict[str, Any]:
        path = urlsplit(url).path.split("/", 4)[4].lower()
        if keys := re.findall(r"ID eq guid'([^']+)'", url):
            found = self.records[NORMAL[path].name]
            return {"results": [_without_timestamp(found[key]) for key in keys if key in found]}
        if path == "sync/deleted":
            rows = self.log
        else:
            rows = list(self.records[PATHS[path].name].values())
            if not PATHS[path].is_sync:
                return {"results": [_without_timestamp(row) for row in rows]}
        since = int(re.findall(r"Timestamp gt (\d+)L", url)[0])
        rows = [row for row in rows if int(row["Timestamp"]) > since]
        return self._page(rows, url)

    def _page(self, rows: list[dict[str, Any]], url: str) -> dict[str, Any]:
        by = "Timestamp" if self.order == "timestamp" else "ID"
        rows.sort(key=lambda row: int(row[by]) if by == "Timestamp" else row[by])
        if token := re.findall(r"\$skiptoken=(?:guid')?([^'L]+)", url):
            place = int(token[0]) if by == "Timestamp" else token[0]
            rows = [row for row in rows if (int(row[by]) if by == "Timestamp" else row[by]) > place]
        page, more = rows[: self.page_size], len(rows) > self.page_size
        if not more:
            return {"results": page}
        last = page[-1][by] + "L" if by == "Timestamp" else f"guid'{page[-1][by]}'"
        return {"results": page, "__next": url.partition("&$skiptoken=")[0] + f"&$skiptoken={last}"}


def _without_timestamp(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "Timestamp"}
