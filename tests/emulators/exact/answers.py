"""What the data port answers: OData documents and the vendor's error bodies, in JSON, Atom XML or plain text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from xml.sax.saxutils import escape

from starlette.responses import JSONResponse, Response

from emulators.declared import Rule

Format = Literal["json", "atom"]
_MEDIA: Final = {"json": "application/json; charset=utf-8", "atom": "application/atom+xml; charset=utf-8"}
_ERROR_MEDIA: Final = {"json": _MEDIA["json"], "atom": "application/xml; charset=utf-8"}
_ATOM_ASKED: Final = ("", "*/*", "application/*", "application/atom+xml")


class RefusedError(Exception):
    """A request that Exact does not serve: the rule that it breaks, and status, message and the Reason header of 401
    and 403 of the answer."""

    def __init__(self, rule: Rule, status: int, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.rule, self.status, self.message, self.reason = rule, status, message, reason


@dataclass(frozen=True)
class Answer:
    """A served document and its media type."""

    body: bytes
    media: str

    def response(self, headers: Mapping[str, str] | None) -> Response:
        return Response(self.body, 200, dict(headers or {}), media_type=self.media)


def document(body: bytes, form: Format) -> Answer:
    return Answer(body, _MEDIA[form])


def plain(text: str) -> Answer:
    return Answer(text.encode(), "text/plain; charset=utf-8")


def asked_for(accept: str) -> Format | None:
    """What an Accept header asks for: JSON where it is named, Atom where anything goes, nothing that there is."""
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    if "application/json" in kinds:
        return "json"
    return "atom" if any(kind in _ATOM_ASKED for kind in kinds) else None


def refusal(error: RefusedError, headers: Mapping[str, str] | None = None, form: Format = "json") -> Response:
    """`{"error":{"code":"","message":{"lang":"","value":...}}}`, code usually empty; the same in XML."""
    shown = {"error": {"code": "", "message": {"lang": "", "value": error.message}}}
    body = json.dumps(shown).encode() if form == "json" else atom_error(error.message)
    reason = {"Reason": error.reason} if error.reason else {}
    return Response(body, error.status, dict(headers or {}) | reason, media_type=_ERROR_MEDIA[form])


def off(broken: Rule) -> Response:
    """500: a rule is switched off, and yet the call can't be served without it."""
    return JSONResponse({"error": {"code": "RuleIsOff", "message": {"lang": "", "value": broken.id}}}, 500)


def atom_error(message: str) -> bytes:
    """The error body of OData V2 in XML."""
    return (
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n'
        '<error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><code></code>'
        f'<message xml:lang="">{escape(message)}</message></error>'
    ).encode()
