"""Documents as Atom XML, which is what Exact answers unless JSON is asked for (KB OData).

Shape: odata.org/documentation/odata-version-2-0/atom-format; values as Edm literals, m:type unless a String, m:null.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from emulators.exact.entities import Resource
from emulators.exact.feed import Document
from emulators.exact.ordering import Found
from emulators.exact.projection import Shown
from emulators.exact.records import Lines, Site, converted, key_writer
from emulators.exact.row import SEPARATOR
from emulators.exact.values import NULL, moment_ms

_ADO: Final = "http://schemas.microsoft.com/ado/2007/08/dataservices"
_HEAD: Final = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n'
_XMLNS: Final = f'xmlns:d="{_ADO}" xmlns:m="{_ADO}/metadata" xmlns="http://www.w3.org/2005/Atom"'
_UNSHOWABLE: Final = {code: None for code in range(32) if code not in (9, 10, 13)}


def atom_feed(document: Document, now: float) -> bytes:
    """`<feed>` with an `<entry>` a record, m:count and a link to the next page."""
    updated, site = _utc(now), document.site
    count = f"<m:count>{document.page.total}</m:count>" if document.page.total is not None else ""
    following = f'<link rel="next" href={quoteattr(document.following)} />' if document.following else ""
    entries = "".join(
        _entry(document.resource, document.query.shown, site, found, document.lines, updated)
        for found in document.page.records
    )
    head = _feed_head(document.resource, site.collection(document.resource), updated)
    base = quoteattr(site.collection(document.resource).rsplit("/", 1)[0] + "/")
    return f"{_HEAD}<feed xml:base={base} {_XMLNS}>{head}{count}{entries}{following}</feed>".encode()


def atom_single(document: Document, now: float) -> bytes:
    """One `<entry>`."""
    found, query = document.page.records[0], document.query
    entry = _entry(document.resource, query.shown, document.site, found, document.lines, _utc(now))
    return f"{_HEAD}{entry.replace('<entry>', f'<entry {_XMLNS}>', 1)}".encode()


def _feed_head(resource: Resource, where: str, updated: str) -> str:
    name = resource.path.rsplit("/", 1)[-1]
    return (
        f'<title type="text">{name}</title><id>{escape(where)}</id><updated>{updated}</updated>'
        f'<link rel="self" title="{name}" href="{name}" />'
    )


def _entry(resource: Resource, shown: Shown, site: Site, found: Found, lines: Lines, updated: str) -> str:
    values = found[2].split(SEPARATOR)
    name = resource.path.rsplit("/", 1)[-1]
    key = key_writer(resource)(found, values)
    where = f"{site.collection(resource)}({key})"
    properties = "".join(_property(resource, one, values[resource.entity.at(one)] or NULL) for one in shown.fields)
    links = "".join(_link(f"{name}({key})", one, "") for one in shown.links)
    links += "".join(_link(f"{name}({key})", one, "<m:inline />") for one in shown.empty)
    for one, target, below in shown.expanded:
        inner = "".join(_entry(target, below, site, line, lines, updated) for line in lines(target, found[1]))
        feed = f"<feed>{_feed_head(target, f'{where}/{one}', updated)}{inner}</feed>"
        links += _link(f"{name}({key})", one, f"<m:inline>{feed}</m:inline>")
    return (
        f'<entry><id>{escape(where)}</id><title type="text"></title><updated>{updated}</updated>'
        f'<author><name /></author><link rel="edit" title="{resource.model.rsplit(".", 1)[-1]}"'
        f" href={quoteattr(f'{name}({key})')} />{links}"
        f'<category term="{resource.model}" scheme="{_ADO}/scheme" />'
        f'<content type="application/xml"><m:properties>{properties}</m:properties></content></entry>'
    )


def _link(here: str, name: str, inside: str) -> str:
    return (
        f'<link rel="{_ADO}/related/{name}" type="application/atom+xml;type=feed" title="{name}"'
        f" href={quoteattr(f'{here}/{name}')}>{inside}</link>"
    )


def _property(resource: Resource, name: str, stored: str) -> str:
    edm = resource.fields[name]
    kind = "" if edm == "String" or "." in edm or edm == "DivisionClass" else f' m:type="Edm.{edm}"'
    if stored == NULL:
        return f'<d:{name}{kind} m:null="true" />'
    value = literal(edm, converted(resource, name).get(stored, stored))
    keep = ' xml:space="preserve"' if value != value.strip() else ""
    return f"<d:{name}{kind}{keep}>{escape(value)}</d:{name}>"


def literal(edm: str, stored: str) -> str:
    """A value as XML holds it: a DateTime without zone, numbers as they are; control characters are left out."""
    if edm == "DateTime":
        return _wall(moment_ms(stored) or 0)
    if stored.startswith('"'):
        return str(json.loads(stored)).translate(_UNSHOWABLE)
    return stored


def _wall(ms: int) -> str:
    when = datetime.fromtimestamp(ms / 1000, UTC).replace(tzinfo=None)
    return when.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")


def _utc(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
