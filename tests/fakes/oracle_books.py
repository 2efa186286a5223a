"""The oracle's books of an emulated group, without a control port between."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal

from emulators.exact.entities import STORED
from emulators.exact.site import Site
from emulators.exact.truth import records
from oracle.books import Books
from oracle.values import Record


def books_of(sites: Sequence[Site]) -> Books:
    """Every record of the sites, with its site and division beside its fields."""
    entities = {name for site in sites for name in site.store.counts()}
    found = {name: list(_records(sites, name)) for name in entities}
    return Books.of(found, {code: site.name for site in sites for code in site.divisions})


def _records(sites: Sequence[Site], entity: str) -> Iterator[Record]:
    for site in sites:
        if entity in site.store.counts():
            rows = zip(site.store.snapshot(STORED[entity]), records(site.store, entity, site.name), strict=True)
            for row, line in rows:
                yield {"site": site.name, "division": row[0]} | json.loads(line, parse_float=Decimal)
