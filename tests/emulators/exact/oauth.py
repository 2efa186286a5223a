"""Codes, access tokens and refresh tokens of one site: who holds what, and until when."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from emulators.clock import Clock
from emulators.declared import Rule
from emulators.exact import rules as rule
from emulators.exact.rules import Rules
from emulators.exact.settings import Settings
from emulators.exact.windows import Window, day_ahead

ACCESS_LIFE_S: Final = 600
REFRESH_LIFE_S: Final = 30 * 86_400
BETWEEN_TOKENS_S: Final = 570
QUOTA_A_DAY: Final = 200
DAY_S: Final = 86_400


@dataclass(frozen=True)
class App:
    """A registered application."""

    client_id: str
    client_secret: str
    redirect_uri: str
    webhook_secret: str


@dataclass(frozen=True)
class User:
    name: str
    password: str
    id: str


@dataclass
class Code:
    app: App
    user: User
    redirect_uri: str
    expires: float
    granted: frozenset[int] | None = None
    used: bool = False


@dataclass
class Family:
    """What one user has granted one app: `granted` divisions, None for all. Only the newest refresh token is good."""

    granted: frozenset[int] | None = None
    refresh: str | None = None
    refresh_expires: float = 0.0
    access: str | None = None
    access_made: float | None = None
    old: set[str] = field(default_factory=set)
    previous: str | None = None
    """The token whose successor has not been used yet."""
    quota: Window = field(default_factory=lambda: Window("token"))


@dataclass(frozen=True)
class Access:
    app: App
    user: User
    expires: float
    granted: frozenset[int] | None = None


@dataclass(frozen=True)
class Outcome:
    """The token endpoint's answer; `broken` is the rule that a refusal follows."""

    status: int
    body: dict[str, Any]
    reason: str | None = None
    broken: Rule | None = None


class Authority:
    """The site's authorization server."""

    def __init__(
        self,
        apps: list[App],
        users: list[User],
        clock: Clock,
        rules: Callable[[], Rules],
        settings: Callable[[], Settings],
    ) -> None:
        self.apps = {app.client_id: app for app in apps}
        self.users = {user.name: user for user in users}
        self._clock, self._rules, self._settings = clock, rules, settings
        self._codes: dict[str, Code] = {}
        self._access: dict[str, Access] = {}
        self._families: dict[tuple[str, str], Family] = {}

    def login(self, name: str, password: str) -> User | None:
        """The user, if the password is right."""
        user = self.users.get(name)
        right = user is not None and hmac.compare_digest(user.password.encode(), password.encode())
        return user if right else None

    def consent(self, app: App, user: User, redirect_uri: str, granted: frozenset[int] | None = None) -> str:
        """A code for the app, good once and for three minutes; it holds characters that a URL must encode.

        `granted`: the divisions that the user lets the app see, None for all.
        """
        code = f"stampNL001.{secrets.token_urlsafe(24)}!IAAA/{secrets.token_urlsafe(6)}+="
        self._codes[code] = Code(
            app, user, redirect_uri, self._clock.now() + self._clock.window(self._settings().code_life_s), granted
        )
        return code

    def implicit(self, app: App, user: User, granted: frozenset[int] | None) -> dict[str, str]:
        """An access token without a code and without a refresh token (response_type=token)."""
        token, expires_in = self._access_token(app, user, granted if self._rules().on(rule.GRANTED) else None)
        return {"access_token": token, "token_type": self._settings().token_type, "expires_in": str(expires_in)}

    def revoke(self) -> None:
        """Every user takes every grant back: refresh tokens die, access tokens too."""
        self._access.clear()
        for family in self._families.values():
            self._end(family)

    def access(self, token: str) -> Access | None:
        """Who a token was made for, whether or not it is still good."""
        return self._access.get(token)

    def expired(self, access: Access) -> bool:
        return self._clock.now() >= access.expires and self._rules().on(rule.TOKEN_LIFE)

    def token(self, form: dict[str, str]) -> Outcome:
        """Answer a call of the token endpoint; `form` holds the client's credentials too."""
        app = self.apps.get(form.get("client_id", "").strip("{}").lower())
        secret = form.get("client_secret", "")
        if self._rules().on(rule.CLIENT) and (
            app is None or not hmac.compare_digest(secret.encode(), app.client_secret.encode())
        ):
            return Outcome(400, {"error": "invalid_request"}, broken=rule.CLIENT)
        if app is None:
            return Outcome(400, {"error": "invalid_request"}, broken=rule.CLIENT)
        if form.get("grant_type") == "authorization_code":
            return self._by_code(app, form)
        if form.get("grant_type") == "refresh_token":
            return self._by_refresh(app, form.get("refresh_token", ""))
        return Outcome(400, {"error": "unsupported_grant_type"}, broken=rule.GRANT_TYPE)

    def _by_code(self, app: App, form: dict[str, str]) -> Outcome:
        code, on = self._codes.get(form.get("code", "")), self._rules().on
        if code is None or code.app != app:
            return _refused(rule.CODE_KNOWN, 400, "invalid_grant", "The authorization code is invalid.")
        if code.used and on(rule.CODE_ONCE):
            return _refused(rule.CODE_ONCE, 400, "invalid_grant", "The authorization code was used already.")
        if self._clock.now() >= code.expires and on(rule.CODE_LIFE):
            return _refused(rule.CODE_LIFE, 400, "invalid_grant", "The authorization code expired.")
        if form.get("redirect_uri") != code.redirect_uri and on(rule.REDIRECT):
            return _refused(rule.REDIRECT, 400, "invalid_request", "The redirect_uri differs.")
        family = self._family(app, code.user)
        refusal = self._quota(family) or (self._too_early(family) if self._settings().code_waits else None)
        if refusal:
            return refusal
        code.used, family.previous = True, None
        family.granted = code.granted if on(rule.GRANTED) else None
        return self._issue(app, code.user, family, keep_old=not on(rule.NEW_LOGIN))

    def _by_refresh(self, app: App, token: str) -> Outcome:
        found = self._owner(app, token)
        if found is None:
            return _refused(rule.REFRESH_KNOWN, 400, "invalid_grant", "Refresh token is invalid.")
        user, family = found
        refusal = self._quota(family)
        if refusal:
            return refusal
        old = self._settings().old_refresh
        is_good = token == family.refresh or (old == "lives" and token == family.previous)
        if not is_good and self._rules().on(rule.REFRESH_ONCE):
            if old == "ends":
                self._end(family)
            status = self._settings().old_refresh_status
            return _refused(rule.REFRESH_ONCE, status, "unauthorized_client", "Old refresh token used.")
        now = self._clock.now()
        if now >= family.refresh_expires and self._rules().on(rule.REFRESH_LIFE):
            told = f"The refresh token expired at {_american(family.refresh_expires)} and it is now {_american(now)}."
            return _refused(rule.REFRESH_LIFE, 400, "invalid_request", told)
        outcome = self._too_early(family)
        if outcome is None:
            outcome = self._issue(app, user, family, keep_old=False)
            family.previous = token
        return outcome

    def _owner(self, app: App, token: str) -> tuple[User, Family] | None:
        for user in self.users.values():
            family = self._family(app, user)
            if token and (token == family.refresh or token in family.old):
                return user, family
        return None

    def _family(self, app: App, user: User) -> Family:
        return self._families.setdefault((app.client_id, user.id), Family())

    def _end(self, family: Family) -> None:
        if family.refresh:
            family.old.add(family.refresh)
        family.refresh = family.previous = None

    def _quota(self, family: Family) -> Outcome | None:
        """Count a call that belongs to a user."""
        now = self._clock.now()
        ahead = day_ahead(self._settings().day_zone, now, self._clock.scale)
        quota = family.quota.at(now, self._clock.window(DAY_S), QUOTA_A_DAY, ahead)
        if not quota.left and self._rules().on(rule.TOKEN_QUOTA):
            quota.refused += 1
            return _refused(rule.TOKEN_QUOTA, 429, "access_denied", "Rate limit exceeded: token requests")
        if self._settings().quota_counts == "all":
            quota.take(now)
        return None

    def uses(self) -> list[dict[str, Any]]:
        """Token calls of each app and user today."""
        return [
            {"app": client, "user": user} | family.quota.shown() for (client, user), family in self._families.items()
        ]

    def _too_early(self, family: Family) -> Outcome | None:
        if family.access_made is None or not self._rules().on(rule.TOO_EARLY):
            return None
        if self._clock.now() - family.access_made >= self._clock.window(BETWEEN_TOKENS_S):
            return None
        settings, text = self._settings(), "Rate limit exceeded: access_token not expired"
        told = {"error": settings.too_early_error, "error_description": text}
        return Outcome(settings.too_early_status, told, "TooEarlyToRefreshTokens", rule.TOO_EARLY)

    def _issue(self, app: App, user: User, family: Family, *, keep_old: bool) -> Outcome:
        now, (access, life) = self._clock.now(), self._access_token(app, user, family.granted)
        if self._settings().refresh_ends_access and family.access:
            self._access.pop(family.access, None)
        if self._settings().quota_counts == "granted":
            family.quota.take(now)
        family.access = access
        if family.refresh and not keep_old:
            family.old.add(family.refresh)
        family.refresh = f"stampNL001.{secrets.token_urlsafe(32)}!IAAAA"
        family.refresh_expires = now + self._clock.window(REFRESH_LIFE_S)
        family.access_made = now
        shown = str(life) if self._rules().on(rule.EXPIRES_TEXT) else life
        return Outcome(
            200,
            {
                "access_token": access,
                "token_type": self._settings().token_type,
                "expires_in": shown,
                "refresh_token": family.refresh,
            },
        )

    def _access_token(self, app: App, user: User, granted: frozenset[int] | None) -> tuple[str, int]:
        """A token, and the seconds that it is said to live."""
        access = f"stampNL001.gAAAA{secrets.token_urlsafe(48)}"
        expires = self._clock.now() + self._clock.window(ACCESS_LIFE_S)
        self._access[access] = Access(app, user, expires, granted)
        return access, self._clock.whole(ACCESS_LIFE_S)

    def issued(self) -> float | None:
        """When the newest access token was made."""
        return max((f.access_made for f in self._families.values() if f.access_made is not None), default=None)


def _refused(broken: Rule, status: int, error: str, description: str) -> Outcome:
    return Outcome(status, {"error": error, "error_description": description}, broken=broken)


def _american(unix: float) -> str:
    when = datetime.fromtimestamp(unix, UTC)
    hour = when.hour % 12 or 12
    half = "AM" if when.hour < 12 else "PM"
    return f"{when.month}/{when.day}/{when.year} {hour}:{when.minute:02d}:{when.second:02d} {half}"
