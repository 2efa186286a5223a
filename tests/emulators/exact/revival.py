"""Deleted records that come back under their old ids: nobody has seen it, nobody has said that it never happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from emulators.exact.changes import Change
from emulators.exact.entities import ENTITIES, Entity
from emulators.exact.row import Row, unpack
from emulators.exact.site import Site
from emulators.exact.values import guid_text, moment, parsed, wall_ms

RETURN: Final = "return"


def revive(site: Site, name: str, n: int) -> list[Change]:
    """Bring back the last `n` deleted records of an entity, or documents with all their lines.

    ValueError where there is no such entity, or where so many were not deleted lately.
    """
    entity = ENTITIES.get(name)
    if entity is None:
        raise ValueError(f"no such entity as {name}")
    found: dict[tuple[int, str], list[Row]] = {}
    for row in _deleted(site, entity):
        found.setdefault((row.division, row.parent or row.id), []).append(row)
    if len(found) < n:
        raise ValueError(f"{len(found)} of {name} were deleted lately")
    return [_back(site, entity, division, key, found[division, key]) for division, key in list(found)[:n]]


def _deleted(site: Site, entity: Entity) -> Iterator[Row]:
    """The last version of records that are gone, the latest deleted first."""
    held = site.commits.held()
    for division, key in site.store.recent.latest(entity):
        last = site.store.recent.last_of_deleted(entity, division, key)
        live = site.store.of_key(entity, division, key)
        if last is None or live is not None or guid_text(key) in held:
            continue
        values = unpack(last[2])
        parent = parsed(values[entity.at(entity.parent)]) if entity.parent else None
        yield Row(0, division, guid_text(key), parent or None, 0.0, values)


def _back(site: Site, entity: Entity, division: int, key: str, rows: list[Row]) -> Change:
    now = site.clock.now()
    for row in rows:
        if "Modified" in entity.fields:
            row.values[entity.at("Modified")] = moment(wall_ms(now, site.settings.stamp_zone))
    site.commits.commit([site.commits.put(entity, row) for row in rows], site.settings.late_commit_s)
    kind = rows[0].values[entity.at("Type")] if "Type" in entity.fields else ""
    return Change(entity, RETURN, division, key, tuple(row.id for row in rows), now, kind)
