"""Who the token speaks for, and the divisions that it may see: Me and the three division lists."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from emulators.exact import standing
from emulators.exact import values as json_text
from emulators.exact.addresses import Target
from emulators.exact.answers import Answer, Format
from emulators.exact.division import ALL, HRM, SYSTEM
from emulators.exact.entities import ME, PAGE, Entity, Resource
from emulators.exact.feed import Address
from emulators.exact.gate import Call
from emulators.exact.oauth import Access
from emulators.exact.ordering import Found
from emulators.exact.reads import Question, answer
from emulators.exact.row import pack
from emulators.exact.site import Site
from emulators.exact.values import NULL, guid_bytes, key_id
from emulators.exact.views import Pages

_DUTCH: Final = ZoneInfo("Europe/Amsterdam")
_ME: Final = Resource("current/Me", ME, ME.fields, PAGE)


class Listed:
    """A few records at hand, read as a store is."""

    def __init__(self, records: list[Found]) -> None:
        self._records = sorted(records, key=lambda one: one[1])

    def page(self, entity: Entity, division: int, after: int, limit: int) -> list[Found]:
        return [one for one in self._records if one[0] > after][:limit]

    def page_from(self, entity: Entity, division: int, above: int, skip: int, limit: int) -> list[Found]:
        return self._records[skip : skip + limit]

    def page_by_id(self, entity: Entity, division: int, above: int, after: bytes, limit: int) -> list[Found]:
        return [one for one in self._records if one[1] > after][:limit]

    def number(self, entity: Entity, division: int, above: int) -> int:
        return len(self._records)

    def of_key(self, entity: Entity, division: int, key: bytes) -> Found | None:
        return next((one for one in self._records if one[1] == key), None)

    def of_parent(self, entity: Entity, division: int, parent: bytes) -> list[Found]:
        return []


def pages_of(site: Site, call: Call, resource: Resource) -> Pages | None:
    """The division lists are made from what the site knows; other resources are stored."""
    name = resource.entity.name
    if name not in (HRM, SYSTEM, ALL):
        return None
    assert call.access is not None
    shown = standing.visible(site, call.access, call.division, name)
    return Listed(
        [(one.code, guid_bytes(key_id(str(one.code))), pack(standing.listed(site, one, name))) for one in shown]
    )


def me(site: Site, access: Access, call: Call, form: Format) -> Answer:
    """Who the token speaks for, and the division that the user was in last; always a list of one."""
    now = site.clock.now()
    offset = datetime.fromtimestamp(now, _DUTCH).utcoffset()
    seen = [code for code in site.divisions if access.granted is None or code in access.granted]
    last = site.settings.last_division
    here = str(last if last in seen else min(seen)) if seen else NULL
    shown = {
        "UserID": json_text.guid(access.user.id), "UserName": json_text.text(access.user.name),
        "FullName": json_text.text(access.user.name), "CurrentDivision": here, "AccountingDivision": here,
        "LanguageCode": '"nl-NL"', "Language": '"NL"',
        "ServerTime": json_text.moment(json_text.wall_ms(now)),
        "ServerUtcOffset": str(int(offset.total_seconds() // 60) if offset else 0),
    }  # fmt: skip
    values = [shown.get(name, "false" if edm == "Boolean" else NULL) for name, edm in ME.fields.items()]
    address = Address(call.base, call.request.url.path, call.request.url.query)
    question = Question(Target(0, "current/me", _ME), _ME, call.query, address, form)
    return answer(site, question, Listed([(0, guid_bytes(access.user.id), pack(values))]))
