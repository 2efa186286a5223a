"""Access tokens: issued by the token endpoint, read by the API."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from typing import Any, Final

import jwt

from emulators.clock import Clock
from emulators.powerbi import settings
from emulators.powerbi.rules import Refused, Rulebook, error

RESOURCE: Final = "https://analysis.windows.net/powerbi/api"
_OPTIONS: Final[Any] = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
"""Times are checked here, by the emulator's clock; the audience, since its refusal has its own answer."""


@dataclass(frozen=True)
class Caller:
    """Who a token speaks for: an application, or a person (`user`) who has signed in through one."""

    client_id: str
    tenant: str
    user: str | None = None

    @property
    def id(self) -> str:
        """By which memberships and limits are kept."""
        return self.user or self.client_id


class Tokens:
    """Issues and reads access tokens; they are opaque to whoever holds them."""

    def __init__(self, clock: Clock, rules: Rulebook, chosen: settings.Settings) -> None:
        self._clock = clock
        self._rules = rules
        self._settings = chosen
        self._key = secrets.token_bytes(32)

    def issue(self, caller: Caller, resource: str) -> dict[str, Any]:
        """The token endpoint's answer: there is never a refresh token in this flow."""
        life, now = self._clock.whole(settings.TOKEN_S), self._clock.now()
        claims = {
            "aud": resource, "iss": f"https://sts.windows.net/{caller.tenant}/", "iat": int(now), "nbf": int(now),
            "exp": math.ceil(now + life), "appid": caller.client_id, "tid": caller.tenant, "upn": caller.user,
            "uti": secrets.token_urlsafe(12),
        }  # fmt: skip
        return {"token_type": "Bearer", "expires_in": life, "access_token": jwt.encode(claims, self._key, "HS256")}

    def read(self, authorization: str | None) -> Caller:
        """Whose bearer token this is; Refused where there is none, it has expired, or it is for another API."""
        scheme, _, token = (authorization or "").partition(" ")
        try:
            claims = jwt.decode(token, self._key, ["HS256"], _OPTIONS)
        except jwt.InvalidTokenError as wrong:
            body, headers = error("Unauthorized", str(wrong)), {"WWW-Authenticate": "Bearer"}
            raise Refused("auth.bearer", 401, body, headers) from wrong
        if scheme.lower() != "bearer":
            raise Refused("auth.bearer", 401, error("Unauthorized"), {"WWW-Authenticate": "Bearer"})
        if self._rules.broken("auth.audience", claims["aud"] != RESOURCE):
            raise Refused("auth.audience", self._settings.audience_status, error("InvalidAudience"))
        if self._rules.broken("auth.expired", claims["exp"] <= self._clock.now()):
            message = "Access token has expired, resubmit with a new access token"
            raise Refused("auth.expired", self._settings.expired_status, error("TokenExpired", message))
        return Caller(claims["appid"], claims["tid"], claims["upn"])
