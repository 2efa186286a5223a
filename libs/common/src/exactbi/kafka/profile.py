"""What differs between the embedded broker and Apache Kafka, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Profile:
    """Client settings of one kind of broker; milliseconds."""

    session_timeout_ms: int
    heartbeat_interval_ms: int
    fetch_max_wait_ms: int
    metadata_max_age_ms: int
    """How soon a consumer learns of a topic that came late."""
    creates_topics: bool
    """Whether a process makes the topics at its start: a broker in memory comes back empty."""


PROFILES: Final = {
    # A join lasts half a session timeout, a fetch is not woken by a produce, and asking for the metadata of a
    # missing topic creates it.
    "embedded": Profile(1_000, 300, 20, 300_000, creates_topics=True),
    # Apache Kafka refuses a session timeout below 6 s.
    "cluster": Profile(10_000, 3_000, 500, 5_000, creates_topics=False),
}
