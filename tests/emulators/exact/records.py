"""Records as JSON text: metadata, the selected fields, and lines as links or in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final
from urllib.parse import quote

from emulators.exact.entities import Resource
from emulators.exact.evaluate import field_value
from emulators.exact.ordering import Found, literal_text
from emulators.exact.projection import Shown
from emulators.exact.row import SEPARATOR
from emulators.exact.values import NULL, guid_text

Lines = Callable[[Resource, bytes], list[Found]]
"""The records of a header's lines."""

_AS_BOOLEAN: Final = {"1": "true", "0": "false"}
_AS_BYTE: Final = {"true": "1", "false": "0"}
CONVERSIONS: Final = {("Byte", "Boolean"): _AS_BOOLEAN, ("Boolean", "Byte"): _AS_BYTE}
"""What an address makes of a stored value, by stored and shown type (ProjectWBS.Completed and the like)."""


@dataclass(frozen=True)
class Site:
    """Under which base address, and in which division (0: in none), records are shown."""

    base: str
    division: int

    def collection(self, resource: Resource) -> str:
        """The address of a resource, without a query."""
        beta = "beta/" if resource.path.startswith("beta/") else ""
        division = f"{self.division}/" if self.division else ""
        return f"{self.base}/api/v1/{beta}{division}{resource.path.removeprefix('beta/')}"


def converted(resource: Resource, name: str) -> dict[str, str]:
    """How the stored JSON text of a field must be changed for an address; empty: not at all."""
    return CONVERSIONS.get((resource.entity.fields[name], resource.fields[name]), {})


@lru_cache(maxsize=512)
def key_writer(resource: Resource) -> Callable[[Found, list[str]], str]:
    """A function that writes a record's key as an address holds it: `guid'...'`, `17L`, `Year=2014,Period=6`."""
    entity = resource.entity
    if resource.sync:
        return lambda found, _: f"{found[0]}L"
    if len(entity.keys) == 1 and entity.fields[entity.key] == "Guid":
        return lambda found, _: f"guid'{guid_text(found[1])}'"
    fields = [(name, entity.fields[name], entity.at(name)) for name in entity.keys]
    named = len(fields) > 1

    def write(_: Found, values: list[str]) -> str:
        parts = [(name, literal_text(edm, field_value(edm, values[at] or NULL))) for name, edm, at in fields]
        return ",".join(f"{name}={text}" if named else text for name, text in parts)

    return write


@lru_cache(maxsize=512)
def writer(resource: Resource, shown: Shown, site: Site) -> Callable[[Found, Lines], str]:
    """A function that writes one record; made once per selection, since a page has a thousand records."""
    plain = resource.sync and not (shown.links or shown.expanded or shown.empty)
    return _fast(resource, shown, site) if plain and shown.fields else _full(resource, shown, site)


def _template(resource: Resource, shown: Shown, site: Site) -> str:
    uri = site.collection(resource).replace("%", "%%")
    members = "".join(f',"{name}":%s' for name in shown.fields)
    return f'{{"__metadata":{{"uri":"{uri}(%s)","type":"{resource.model}"}}{members}'


def _fast(resource: Resource, shown: Shown, site: Site) -> Callable[[Found, Lines], str]:
    """Streams: fields as they are stored."""
    template = _template(resource, shown, site) + "}"
    positions = [resource.entity.at(name) for name in shown.fields]
    chosen: Any = itemgetter(positions[0], *positions)

    def write(found: Found, _: Lines) -> str:
        version, _key, body = found
        values = [value or NULL for value in chosen(body.split(SEPARATOR))]
        values[0] = f"{version}L"
        return template % tuple(values)

    return write


def _full(resource: Resource, shown: Shown, site: Site) -> Callable[[Found, Lines], str]:
    head, here = _template(resource, shown, site), site.collection(resource)
    fields = [(resource.entity.at(name), converted(resource, name)) for name in shown.fields]
    key_of = key_writer(resource)
    opened = [(name, target, writer(target, below, site)) for name, target, below in shown.expanded]

    def write(found: Found, lines: Lines) -> str:
        values = found[2].split(SEPARATOR)
        key = quote(key_of(found, values), safe="',=:")
        members = [changes.get(values[at], values[at]) or NULL for at, changes in fields]
        tail = "".join(f',"{name}":{{"__deferred":{{"uri":"{here}({key})/{name}"}}}}' for name in shown.links)
        tail += "".join(f',"{name}":{{"results":[]}}' for name in shown.empty)
        for name, target, write_line in opened:
            rows = ",".join(write_line(line, lines) for line in lines(target, found[1]))
            tail += f',"{name}":{{"results":[{rows}]}}'
        return head % (key, *members) + tail + "}"

    return write
