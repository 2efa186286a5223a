"""The reads of the data port: collections, single records, counts, a header's lines."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from emulators.declared import Rule
from emulators.exact import rules as rule
from emulators.exact.addresses import Target
from emulators.exact.answers import Answer, Format, RefusedError, document, plain
from emulators.exact.atom import atom_feed, atom_single
from emulators.exact.entities import DELETED, Resource
from emulators.exact.feed import Address, Document, json_feed, json_single
from emulators.exact.grammar import parse_key
from emulators.exact.invoice_rows import shown_as
from emulators.exact.ordering import Found, json_of
from emulators.exact.projection import lines_at
from emulators.exact.query import Allowed, Query, read
from emulators.exact.reader import Page, Place, is_shown, number, read_page
from emulators.exact.row import pack, unpack
from emulators.exact.site import Site
from emulators.exact.tokens import GrammarError, Literal
from emulators.exact.values import guid_bytes, key_id
from emulators.exact.views import Pages

DELETED_KEPT_S: Final = 61 * 86_400
"""Two months (docs SyncDeleted)."""
_BAD_KEY: Final = "Bad Request - Error in query syntax."


@dataclass(frozen=True)
class Question:
    """A read: what, with which options, asked at which address, wanted in which form."""

    target: Target
    resource: Resource
    options: dict[str, str]
    address: Address
    form: Format


def answer(site: Site, question: Question, pages: Pages) -> Answer:
    """What is read from `pages`."""
    target, resource = question.target, question.resource
    if resource.entity is DELETED and site.rules.on(rule.DELETED_KEPT):
        site.store.forget(DELETED, site.clock.now() - site.clock.window(DELETED_KEPT_S))
    if target.key is None:
        return _collection(site, question, pages, Place(resource, target.division))
    header = _named(site, question, pages, target.key)
    if target.lines is None:
        return _one(site, question, pages, header)
    lines = lines_at(resource, target.lines)
    if lines is None:
        raise missing(rule.ADDRESSES, target.lines)
    return _collection(site, question, pages, Place(lines, target.division, header[1]))


def missing(broken: Rule, segment: str) -> RefusedError:
    """404, in the words of WCF Data Services."""
    return RefusedError(broken, 404, f"Resource not found for the segment '{segment}'.")


def _collection(site: Site, question: Question, pages: Pages, place: Place) -> Answer:
    below = place.header is not None
    allowed = Allowed(below, question.target.count, site.settings)
    query = read(place.resource, question.options, site.rules, allowed)
    if question.target.count:
        return plain(str(number(pages, place, query)))
    order = site.settings.page_order if place.resource.sync else site.settings.list_order
    hidden = place.resource.entity is DELETED and site.settings.deletes_hidden
    page = Page([], None, 0) if hidden else read_page(pages, place, query, order)
    if place.resource.sync:
        page = replace(page, records=_reshaped(site, place.resource, page.records))
    if site.settings.shuffled:
        random.Random(page.token).shuffle(page.records)
    return _written(site, question, pages, place.resource, query, page)


def _reshaped(site: Site, resource: Resource, records: list[Found]) -> list[Found]:
    """Rows of a stream as rules and settings say that it shows them; what is left out makes its page shorter."""
    shape = shown_as(resource.entity, site.settings, site.rules)
    if shape is None:
        return records
    shown = ((version, key, shape(unpack(body))) for version, key, body in records)
    return [(version, key, pack(values)) for version, key, values in shown if values is not None]


def _one(site: Site, question: Question, pages: Pages, found: Found) -> Answer:
    if question.resource.sync:
        reshaped = _reshaped(site, question.resource, [found])
        if not reshaped:
            raise missing(rule.RECORDS, question.resource.path.rsplit("/", 1)[-1])
        found = reshaped[0]
    query = read(question.resource, question.options, site.rules, Allowed(by_key=True, settings=site.settings))
    if question.target.count:
        raise RefusedError(rule.COUNT_PLAIN, 400, _BAD_KEY)
    shown = _document(question, pages, question.resource, query, Page([found], None))
    body = json_single(shown) if question.form == "json" else atom_single(shown, site.clock.now())
    return document(body, question.form)


def _written(site: Site, question: Question, pages: Pages, resource: Resource, query: Query, page: Page) -> Answer:
    shown = _document(question, pages, resource, query, page)
    body = json_feed(shown) if question.form == "json" else atom_feed(shown, site.clock.now())
    return document(body, question.form)


def _document(question: Question, pages: Pages, resource: Resource, query: Query, page: Page) -> Document:
    division = question.target.division

    def lines(target: Resource, header: bytes) -> list[Found]:
        return pages.of_parent(target.entity, division, header)

    return Document(resource, query, page, question.address, division, lines)


def _named(site: Site, question: Question, pages: Pages, key: str) -> Found:
    """The record with a key; RefusedError 404 where there is none."""
    resource, division = question.resource, question.target.division
    values = _key_values(resource, key, strict=site.rules.on(rule.KEY_TYPES))
    if resource.sync:
        above = int(str(values[0].value)) - 1
        found = next((one for one in pages.page(resource.entity, division, above, 1) if one[0] == above + 1), None)
    elif values[0].type == "Guid" and len(values) == 1:
        found = pages.of_key(resource.entity, division, guid_bytes(str(values[0].value)))
    else:
        found = pages.of_key(resource.entity, division, guid_bytes(key_id(*map(json_of, values))))
    if found is None or not is_shown(resource, unpack(found[2])):
        raise missing(rule.RECORDS, resource.path.rsplit("/", 1)[-1])
    return found


def _key_values(resource: Resource, key: str, *, strict: bool) -> list[Literal]:
    """The values of the key fields, in order; each as its type has it."""
    try:
        given = parse_key(key)
    except GrammarError:
        raise RefusedError(rule.KEY_TYPES, 400, _BAD_KEY) from None
    if set(given) == {""} and len(resource.keys) == 1:
        given = {resource.keys[0]: given[""]}
    if set(given) != set(resource.keys):
        raise RefusedError(
            rule.KEY_TYPES,
            400,
            "The number of keys specified in the URI does not match number of key properties for the resource"
            f" '{resource.model}'.",
        )
    values = [given[name] for name in resource.keys]
    for name, value in zip(resource.keys, values, strict=True):
        edm = resource.fields[name]
        fits = value.type == edm if edm in ("Guid", "String") else value.type in ("Int", "Int64")
        if not fits and strict:
            raise RefusedError(rule.KEY_TYPES, 400, _BAD_KEY)
    return values
