"""Requests of a run, and its answers read: records become chunks' contents [no I/O]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from exactbi.errors import EXACT_REFUSED, PermanentError
from exactbi.exact_online import protocol
from exactbi.exact_online.dates import modified_since
from exactbi.exact_online.sites import at_site
from exactbi.exact_online.streams import Stream
from exactbi.messages.records import FetchedRecord
from poller.chunks import Fetched, deleted
from poller.page import Page
from poller.passes import missing
from poller.plan import DELETED
from poller.run import Run

KEYS_PER_REQUEST: Final = protocol.KEYS_PER_URL


@dataclass(frozen=True)
class Stamp:
    """What orders an answer, taken before its request is sent: all streams' generations, the observation number."""

    generations: Mapping[str, int]
    number: int = 0


@dataclass(frozen=True)
class Parsed:
    """An answer: its records by stream, and its page."""

    fetched: Sequence[Fetched]
    page: Page
    records: int


def url(run: Run, stream: Stream, base: str, division: int, late: float) -> str:
    """The address of the run's next page. The host is always ours to choose: a link's own gets no token."""
    if run.position is not None:
        return at_site(run.position, base)
    since = None
    if run.since is not None:
        since = modified_since(datetime.fromtimestamp(run.since, UTC) - timedelta(seconds=late))
    return protocol.first_page_url(stream, base, division, since=run.reading.start, modified=since)


def read_page(stream: Stream, body: bytes, stamp: Stamp) -> Parsed:
    """A page of a stream, or of the Deleted log; errors as `protocol.parse_page`."""
    if stream.name == DELETED:
        return _read_log(body, stamp)
    page = protocol.parse_page(stream, body)
    order, seen = _order(stream, stamp)
    if stream.is_sync:
        timestamps = [record.timestamp for record in page.records if record.timestamp is not None]
        if len(timestamps) < len(page.records):
            raise PermanentError(EXACT_REFUSED, f"a record of {stream.name} has no Timestamp")
        records = [FetchedRecord(r.id, r.timestamp or 0, False, r.parent, r.raw) for r in page.records]  # noqa: FBT003
        modified = [(r.modified, r.timestamp or 0) for r in page.records if r.modified is not None]
    else:
        timestamps, modified = [], []
        records = [FetchedRecord(r.id, stamp.number, False, r.parent, r.raw) for r in page.records]  # noqa: FBT003
    return Parsed(
        [Fetched(stream.name, order, seen, records)],
        Page(timestamps, page.next, page.skip_token, modified),
        len(records),
    )


def read_by_key(stream: Stream, body: bytes, stamp: Stamp, asked: Sequence[str]) -> Parsed:
    """The records that were asked for by key; those that are not there are deleted at the request's number.

    A normal endpoint tells no Timestamp: of a sync stream the answer counts as (current generation, 0), so it is
    newer than all that an older generation knew, and older than whatever the stream itself says.
    """
    page = protocol.parse_page(stream, body)
    order, seen = _order(stream, stamp)
    version = 0 if stream.is_sync else stamp.number
    found = [FetchedRecord(r.id, version, False, r.parent, r.raw) for r in page.records]  # noqa: FBT003
    gone = [deleted(key, version) for key in missing(asked, {record.id for record in found})]
    return Parsed([Fetched(stream.name, order, seen, [*found, *gone])], Page([], None, None), len(found))


def _order(stream: Stream, stamp: Stamp) -> tuple[int, int]:
    """Generation and `seen` of the stream's records."""
    if stream.is_sync:
        generation = stamp.generations[stream.name]
        return generation, generation
    return 0, stamp.number


def _read_log(body: bytes, stamp: Stamp) -> Parsed:
    """Entries of streams that are fetched, each stamped with its stream's generation."""
    page = protocol.parse_deleted(body)
    fetched = [
        Fetched(name, generation, generation, [deleted(entry.id, entry.timestamp) for entry in entries])
        for name, entries in page.by_stream().items()
        if (generation := stamp.generations.get(name)) is not None
    ]
    order = Page([entry.timestamp for entry in page.entries], page.next, page.skip_token)
    return Parsed(fetched, order, len(page.entries))
