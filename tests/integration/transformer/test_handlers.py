"""The transformer on PostgreSQL: rows published per dataset, failures in the outbox, new revisions at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from exactbi.errors import PART_UNREACHABLE, UNDECODABLE, PermanentError, TransientError
from exactbi.kafka.subscription import Message
from exactbi.messages import records, rows
from exactbi.messages.packing import pack, unpack
from exactbi.messages.records import RecordsFetched
from exactbi.messages.rows import LIVE, UNMAPPABLE, RowsMapped
from fakes.chunks import fetched, line, record, record_id
from fakes.clocks import HeldClock
from fakes.gatehouse import make_gatehouse
from transformer.handlers import Handlers
from transformer.mappings import Mappings


class Published:
    """Records what is published."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes, RowsMapped, Mapping[str, str]]] = []
        self.is_away = False

    async def publish(self, topic: str, key: bytes, packed: bytes, headers: Mapping[str, str]) -> None:
        if self.is_away:
            raise TransientError(PART_UNREACHABLE, "no broker")
        self.messages.append((topic, key, rows.decoder.decode(unpack(packed)), headers))


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
async def handlers(pool: asyncpg.Pool, published: Published) -> Handlers:
    await make_gatehouse(pool)
    return Handlers(pool, Mappings(pool), published, HeldClock())


def message(value: RecordsFetched | bytes, **headers: str) -> Message:
    packed = pack(value if isinstance(value, bytes) else records.encoder.encode(value))
    event = "11111111-2222-3333-4444-555555555555"
    return Message(
        "raw-records", b"k", packed, {"exactbi-chunk": "7", "exactbi-event": event, "customer": "demo", **headers}, 0, 0
    )


async def failures(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    found = await pool.fetch("select headers, value from outbox where topic = 'failures' order by id")
    return [{**json.loads(row["headers"]), "value": row["value"]} for row in found]


async def test_a_chunk_s_rows_go_to_the_dataset_that_reads_its_stream(handlers: Handlers, published: Published) -> None:
    await handlers.records(message(fetched([record("a", 5, line("a"))]), **{"exactbi-replay-id": "3"}))

    [(topic, key, mapped, headers)] = published.messages
    assert (topic, key, mapped.chunk, mapped.mapping_rev) == ("rows", b"demo/exactbi", 7, 1)
    assert [entry.state for entry in mapped.records] == [LIVE]
    assert headers["exactbi-chunk"] == "7"
    assert headers["exactbi-replay-id"] == "3"
    assert (headers["stream"], headers["division"], headers["dataset"]) == ("TransactionLines", "nl/100001", "1")


async def test_an_unmappable_record_is_reported_as_a_chunk_of_one(
    handlers: Handlers, published: Published, pool: asyncpg.Pool
) -> None:
    chunk = fetched([record("good", 5, line("good")), record("bad", 6, line("bad", Date="soon"))])

    await handlers.records(message(chunk))

    [failure] = await failures(pool)
    assert (failure["exactbi-error-code"], failure["exactbi-field"]) == ("MAP_FIELD", "Date")
    assert failure["exactbi-record"] == record_id("bad")
    assert "soon" not in failure["exactbi-error-message"]
    alone = records.decoder.decode(unpack(failure["value"]))
    assert [item.id for item in alone.records] == [record_id("bad")]
    assert [entry.state for entry in published.messages[0][2].records] == [LIVE, UNMAPPABLE]


@pytest.mark.parametrize("is_damaged", [False, True])
async def test_what_fails_is_reported_before_its_rows_can_be_applied(
    handlers: Handlers, published: Published, pool: asyncpg.Pool, is_damaged: bool
) -> None:
    whole = records.encoder.encode(fetched([record("bad", 6, line("bad", Date="soon"))]))
    damaged = whole.replace(b'"fetched_at":"2026-11-24T12:00:00+00:00"', b'"fetched_at":17')
    published.is_away = True

    with pytest.raises(TransientError):
        await handlers.records(message(damaged if is_damaged else whole))

    assert len(await failures(pool)) == 1


async def test_the_same_chunk_again_reports_nothing_new(handlers: Handlers, pool: asyncpg.Pool) -> None:
    chunk = message(fetched([record("bad", 6, line("bad", Date="soon"))]))

    await handlers.records(chunk)
    await handlers.records(chunk)

    assert len(await failures(pool)) == 1


async def test_a_new_revision_is_used_from_the_next_chunk_on(
    handlers: Handlers, published: Published, pool: asyncpg.Pool
) -> None:
    await handlers.records(message(fetched([record("a", 5, line("a"))])))
    await pool.execute(
        "insert into mapping (dataset, stream, rev, hash, configuration) "
        "select dataset, stream, 2, '', configuration from mapping where stream = 'TransactionLines'"
    )

    await handlers.records(message(fetched([record("a", 5, line("a"))])))

    assert [mapped.mapping_rev for _, _, mapped, _ in published.messages] == [1, 2]


async def test_a_stream_that_nobody_reads_gives_nothing(handlers: Handlers, published: Published) -> None:
    await handlers.records(message(fetched([record("a", 5, {})], "Items")))

    assert published.messages == []


async def test_a_damaged_chunk_is_answered_with_what_can_be_read(
    handlers: Handlers, published: Published, pool: asyncpg.Pool
) -> None:
    damaged = records.encoder.encode(fetched([record("a", 5, line("a"))])).replace(b'"call":"call-1"', b'"call":1')

    await handlers.records(message(damaged))

    assert [entry.state for entry in published.messages[0][2].records] == [UNMAPPABLE]
    assert [failure["exactbi-error-code"] for failure in await failures(pool)] == ["UNDECODABLE"]


async def test_a_chunk_of_which_nothing_can_be_read_is_a_failure(handlers: Handlers, published: Published) -> None:
    with pytest.raises(PermanentError) as raised:
        await handlers.records(message(b"not JSON"))

    assert raised.value.code is UNDECODABLE
    assert published.messages == []
