"""Every metric that we expose, each declared once with its meaning."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY: Final = CollectorRegistry()

MESSAGES: Final = Counter(
    "exactbi_messages",
    "Messages that a consumer group was done with.",
    ("topic", "group", "outcome"),
    registry=REGISTRY,
)
"""outcome: done, failed (went to failures) or retried (one per further try)."""

MESSAGE_SECONDS: Final = Histogram(
    "exactbi_message_seconds", "From a message's arrival to its end, tries included.", ("topic", "group"),
    registry=REGISTRY,
)  # fmt: skip

CONSUMER_LAG: Final = Gauge(
    "exactbi_consumer_lag", "Messages of a partition that a group has not handled.", ("topic", "group", "partition"),
    registry=REGISTRY,
)  # fmt: skip

OUTBOX_PUBLISHED: Final = Counter(
    "exactbi_outbox_published", "Outbox rows that the broker confirmed.", ("topic",), registry=REGISTRY
)

OUTBOX_REPUBLISHED: Final = Counter(
    "exactbi_outbox_republished", "Outbox rows published again because an awaited application was missing.", ("topic",),
    registry=REGISTRY,
)  # fmt: skip

OUTBOX_UNPUBLISHED: Final = Gauge(
    "exactbi_outbox_unpublished", "Outbox rows that no broker confirmed yet.", registry=REGISTRY
)

OUTBOX_OLDEST_SECONDS: Final = Gauge(
    "exactbi_outbox_oldest_seconds", "Age of the oldest outbox row that no broker confirmed.", registry=REGISTRY
)

FAILURES_REPORTED: Final = Counter(
    "exactbi_failures_reported", "Failures reported by this process.", ("stage", "code"), registry=REGISTRY
)

FAILURES_OPEN: Final = Gauge(
    "exactbi_failures_open", "Failures that nobody mended yet.", ("customer",), registry=REGISTRY
)

PUSHED_BATCHES: Final = Counter(
    "exactbi_pushed_batches", "POSTs of rows to Power BI, by what the answer said.", ("dataset", "table", "answer"),
    registry=REGISTRY,
)  # fmt: skip
"""answer: accepted, unknown, refused or again."""

PUSHED_ROWS: Final = Counter(
    "exactbi_pushed_rows", "Rows in POSTs that Power BI accepted.", ("dataset", "table"), registry=REGISTRY
)

DELIVERY_ROWS_DUE: Final = Gauge(
    "exactbi_delivery_rows_due", "Rows whose wanted image is not in Power BI yet; those that it refused left out.",
    ("customer", "dataset", "table"), registry=REGISTRY,
)  # fmt: skip

DELIVERY_DOUBT_SECONDS: Final = Gauge(
    "exactbi_delivery_doubt_seconds", "Age of the oldest batch that was sent and not settled; 0 where there is none.",
    ("customer", "dataset", "table"), registry=REGISTRY,
)  # fmt: skip

DELIVERY_NOT_WHOLE: Final = Gauge(
    "exactbi_delivery_not_whole", "1 while a table is being emptied or filled anew.",
    ("customer", "dataset", "table"), registry=REGISTRY,
)  # fmt: skip

DELIVERY_GIVEN_UP: Final = Gauge(
    "exactbi_delivery_given_up", "1 while a table waits to be emptied and filled anew, for its window or a person.",
    ("customer", "dataset", "table"), registry=REGISTRY,
)  # fmt: skip

DELIVERY_STOPPED: Final = Gauge(
    "exactbi_delivery_stopped", "1 while only a person can let a table's rows go on: `exactbi status` says what to do.",
    ("customer", "dataset", "table"), registry=REGISTRY,
)  # fmt: skip

INGEST_NOTICES: Final = Counter(
    "exactbi_ingest_notices", "Notices received, by what became of them.", ("outcome",), registry=REGISTRY
)
"""outcome: accepted, validation, or why it was refused."""

INGEST_SECONDS: Final = Histogram(
    "exactbi_ingest_seconds", "From a notice's first byte to its answer.", registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
)  # fmt: skip

FRESHNESS_BEHIND_SECONDS: Final = Gauge(
    "exactbi_freshness_behind_seconds", "How long ago a stream was verified to be in Power BI, by Exact's clock.",
    ("customer", "division", "stream"), registry=REGISTRY,
)  # fmt: skip


def exposition() -> bytes:
    """All of them in Prometheus' text format."""
    return generate_latest(REGISTRY)
