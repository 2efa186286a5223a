"""How a user, an app, a licence and a division stand: what Exact refuses although the token is good, and why.

The Reason header and its words: picqer/exact-php-client PR #451; the scope's: picqer #509.
"""

from __future__ import annotations

from typing import Final

from emulators.declared import Rule
from emulators.exact import rules as rule
from emulators.exact import values as json_text
from emulators.exact.answers import RefusedError
from emulators.exact.division import HRM, SYSTEM, Division
from emulators.exact.entities import DIVISIONS, ENTITIES, Resource
from emulators.exact.oauth import Access
from emulators.exact.site import Site

OF_USERS: Final = frozenset({"BlockedUser", "InactiveUser"})
EVERYONE: Final = "*"
ADMINISTRATION: Final = "organization.administration"
_ARCHIVED: Final = {HRM: "1"}
"""Status of an archived division in hrm/Divisions; in the system lists it is 2 (their docs pages)."""
_ARCHIVED_IN_SYSTEM: Final = "2"


def check_user(site: Site, access: Access) -> None:
    """Refuse a user that may no longer work at all."""
    for key in (access.user.name, EVERYONE):
        reason = site.settings.reasons.get(key)
        if reason and (reason in OF_USERS or key == EVERYONE) and site.rules.on(rule.REASONS):
            raise _refused(site, rule.REASONS, reason)


def check_division(site: Site, access: Access, code: int) -> None:
    """Refuse a division that was not granted, that is blocked, or whose licence has ended."""
    granted = access.granted is None or code in access.granted
    if (code not in site.divisions or not granted) and site.rules.on(rule.DIVISION_SCOPE):
        raise RefusedError(
            rule.DIVISION_SCOPE, 403, "Forbidden - user division is not within division scope", "NoDivisionAccess"
        )
    reason = site.settings.reasons.get(str(code))
    if reason and site.rules.on(rule.REASONS):
        raise _refused(site, rule.REASONS, reason)
    if code in site.settings.archived and not site.settings.archived_reads and site.rules.on(rule.ARCHIVED):
        raise _refused(site, rule.ARCHIVED, "DivisionBlocked")


def check_resource(site: Site, resource: Resource) -> None:
    """Refuse what the app's scopes or the user's rights do not reach."""
    scope = ADMINISTRATION if resource.entity is DIVISIONS and site.settings.divisions_scoped else resource.scope
    if scope in site.settings.scopes_missing and site.rules.on(rule.SCOPES):
        told = f"Forbidden - Application Scope Violated. Cannot read '{scope}' scope."
        raise RefusedError(rule.SCOPES, 403, told)
    if resource.path.lower() in {path.lower() for path in site.settings.rights_lost} and site.rules.on(rule.RIGHTS):
        told = "Forbidden" if site.settings.rights_status == 403 else "Not found"
        raise RefusedError(rule.RIGHTS, site.settings.rights_status, told)


def visible(site: Site, access: Access, asked: int, name: str) -> list[Division]:
    """The granted divisions of a list; of the asked one's licence, but in system/Divisions."""
    licence = _licence(site, asked)
    granted = [one for one in site.divisions.values() if access.granted is None or one.code in access.granted]
    every = name == SYSTEM or not site.rules.on(rule.DIVISION_LISTS)
    return [one for one in granted if every or _licence(site, one.code) == licence]


def listed(site: Site, division: Division, name: str) -> list[str]:
    """A division's values in a list, archived or moved as it may be."""
    values, entity = division.record(name), ENTITIES[name]
    if division.code in site.settings.archived:
        values[entity.at("Status")] = _ARCHIVED.get(name, _ARCHIVED_IN_SYSTEM)
        values[entity.at("ArchiveDate")] = json_text.moment(
            json_text.wall_ms(site.started) // json_text.DAY_MS * json_text.DAY_MS
        )
    for date, at in site.moved.get(division.code, {}).items() if name != HRM else ():
        values[entity.at(date)] = json_text.moment(json_text.wall_ms(at))
    values[entity.at("Customer")] = json_text.guid(_licence(site, division.code))
    return values


def _licence(site: Site, code: int) -> str:
    """The customer whose licence a division belongs to, as a Guid."""
    return json_text.key_id(json_text.text(f"{site.name}/{code if code in site.settings.other_licences else ''}"))


def _refused(site: Site, broken: Rule, reason: str) -> RefusedError:
    status = site.settings.blocked_user_status if reason in OF_USERS else 403
    return RefusedError(broken, status, "Forbidden" if status == 403 else "Authentication Required", reason)
