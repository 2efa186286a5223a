"""The reads of the data port: collections, single records, Me and the division list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from emulators.exact import rules as rule
from emulators.exact import values as json_text
from emulators.exact.answers import RefusedError
from emulators.exact.entities import BY_PATH, DELETED, DIVISIONS, ME, PAGE, Entity, Resource
from emulators.exact.feed import Address, feed, single
from emulators.exact.oauth import Access
from emulators.exact.query import read
from emulators.exact.reader import list_page, sync_page
from emulators.exact.site import Site
from emulators.exact.values import NULL, guid_bytes

_KEY: Final = re.compile(r"guid'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'")
DELETED_KEPT_S: Final = 61 * 86_400
"""Two months (docs SyncDeleted)."""
_DUTCH: Final = ZoneInfo("Europe/Amsterdam")
_DIVISION_LIST: Final = BY_PATH["hrm/divisions"]
_ME: Final = Resource("system/Me", ME, ME.fields, PAGE)


@dataclass(frozen=True)
class Question:
    """A read: which resource of which division, with which options, asked at which address."""

    resource: Resource
    division: int
    options: dict[str, str]
    address: Address


def collection(site: Site, question: Question) -> bytes:
    """A page of a collection."""
    resource, division = question.resource, question.division
    query = read(resource, question.options, site.rules)
    token = question.options.get("$skiptoken")
    if resource.entity is DELETED and site.rules.on(rule.DELETED_KEPT):
        site.store.forget(DELETED, site.clock.now() - site.clock.window(DELETED_KEPT_S))
    if resource.sync:
        page = sync_page(site.store, resource, division, query, token, site.settings.page_order)
    else:
        page = list_page(site.store, resource, division, query, token)
    return feed(resource, query, page, question.address, division)


def one(site: Site, question: Question, key: str) -> bytes:
    """The record with a key; RefusedError 404 where there is none."""
    resource = question.resource
    match = _KEY.fullmatch(key)
    if match is None or resource.sync:
        raise RefusedError(400, "Bad Request - Error in query syntax.")
    query = read(resource, question.options, site.rules, by_key=True)
    found = site.store.of_key(resource.entity, question.division, guid_bytes(match[1]))
    if found is None:
        raise RefusedError(404, "Entity not found.")
    return single(resource, query, found, question.address.base, question.division)


def divisions(site: Site, options: dict[str, str], base: str, asked: int) -> bytes:
    """The divisions that the user granted; a company that this licence does not have is not among them."""
    query = read(_DIVISION_LIST, options, site.rules)
    records = [division.record() for division in site.divisions.values()]
    kept = [values for values in records if query.condition is None or query.condition(values)]
    uri = f"{base}/api/v1/{asked}/hrm/Divisions"
    rows = [_object(DIVISIONS, values, query.select, f"{uri}({values[0]})", "HRM.Division") for values in kept]
    return f'{{"d":{{"results":[{",".join(rows)}]}}}}'.encode()


def me(site: Site, access: Access, options: dict[str, str], base: str) -> bytes:
    """Who the token speaks for, and the division that the user was in last."""
    query = read(_ME, options, site.rules)
    now = site.clock.now()
    offset = datetime.fromtimestamp(now, _DUTCH).utcoffset()
    values = [NULL] * len(ME.fields)
    shown = {
        "UserID": json_text.guid(access.user.id), "UserName": json_text.text(access.user.name),
        "FullName": json_text.text(access.user.name), "CurrentDivision": str(min(site.divisions)),
        "AccountingDivision": str(min(site.divisions)), "LanguageCode": '"nl-NL"', "Language": '"NL"',
        "ServerTime": json_text.moment(json_text.wall_ms(now)),
        "ServerUtcOffset": str(int(offset.total_seconds() // 60) if offset else 0),
    }  # fmt: skip
    for name, value in shown.items():
        values[ME.at(name)] = value
    row = _object(ME, values, query.select, f"{base}/api/v1/current/Me(guid'{access.user.id}')", "System.Me")
    return f'{{"d":{{"results":[{row}]}}}}'.encode()


def _object(entity: Entity, values: list[str], select: tuple[str, ...], uri: str, model: str) -> str:
    members = "".join(f',"{name}":{values[entity.at(name)]}' for name in select)
    return f'{{"__metadata":{{"uri":"{uri}","type":"Exact.Web.Api.Models.{model}"}}{members}}}'
