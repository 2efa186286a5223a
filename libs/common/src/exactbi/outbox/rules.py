"""Whom a chunk waits for, and when it is published again. [no I/O]"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from exactbi.messages import topics

POLLER: Final = "poller"
REPLAY: Final = "replay"
REFERENCE: Final = "reference"
EVERYBODY: Final = "*"
"""In the place of an application: a failure of the chunk before it reached any."""

FIRST_S: Final = 60.0
LONGEST_S: Final = 3600.0
COURTESY_S: Final = 900.0
"""How long lag may hold a republish back. A courtesy, never a condition: it may never end."""
SOONEST_S: Final = 5.0
"""Wall seconds between two publications of a chunk, however short the scale makes them."""
LEAST_COURTESY_S: Final = 60.0
"""Wall seconds for which lag holds a republish back, however short the scale makes them: a machine reads no faster."""


def dataset_application(dataset: int) -> str:
    """The application of a dataset."""
    return f"dataset:{dataset}"


@dataclass(frozen=True)
class Readers:
    """Who uses a stream of a customer: the datasets whose active mapping has it, and whether a reference table does.

    A paused customer's datasets are readers too: pausing stops fetching and delivering, never mapping and applying.
    """

    datasets: frozenset[int] = frozenset()
    reference: bool = False


def awaited(topic: str, readers: Readers) -> frozenset[str]:
    """The applications without which a chunk is not done."""
    if topic == topics.RAW_RECORDS:
        datasets = frozenset(dataset_application(dataset) for dataset in readers.datasets)
        return datasets | {REFERENCE} if readers.reference else datasets
    if topic == topics.ENTITY_KEYS:
        return frozenset({POLLER})
    if topic == topics.FAILURES:
        return frozenset({REPLAY})
    return frozenset()


def missing(wanted: Set[str], applied: Set[str], failed: Set[str]) -> frozenset[str]:
    """What is still waited for. `failed`: applications with an open failure of the whole chunk, not yet replayed."""
    if EVERYBODY in failed:
        return frozenset()
    return frozenset(wanted - applied - failed)


def patience(republished: int, factor: float) -> float:
    """Wall seconds from a publication to the next one of the same chunk; `factor` is the time scale's."""
    nominal = min(LONGEST_S, FIRST_S * 2.0 ** min(republished, 10))
    return max(SOONEST_S, nominal / factor)


@dataclass(frozen=True)
class Settle:
    """Nobody waits for the chunk any more."""


@dataclass(frozen=True)
class Hold:
    """Not yet: the consumers have not come to it."""


@dataclass(frozen=True)
class Republish:
    """Publish it again."""


Action = Settle | Hold | Republish


def decide(still_missing: Set[str], *, lagging: bool, overdue_s: float, factor: float) -> Action:
    """What to do with a published chunk whose patience ended `overdue_s` seconds ago."""
    if not still_missing:
        return Settle()
    if lagging and overdue_s < max(LEAST_COURTESY_S, COURTESY_S / factor):
        return Hold()
    return Republish()
