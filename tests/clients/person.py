"""What a person with a browser does for a client: logs in, allows, and copies the address that the browser ends at.

Standard library only: the clients' programs import it in environments that hold nothing of ours.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


class NotRedirectedError(Exception):
    """The vendor did not send the browser back to the app."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects lead to the app's own address, which nobody serves here."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def consent(address: str, user: str, password: str) -> str:
    """Open the consent page, send the form; the address to which the vendor sends the browser."""
    browser = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
    with browser.open(address) as page:
        assert b"<form" in page.read()
    form = urllib.parse.urlencode({"user": user, "password": password}).encode()
    try:
        with browser.open(address, form):
            raise NotRedirectedError("the form was shown again")
    except urllib.error.HTTPError as answer:
        if answer.code not in (302, 303):
            raise NotRedirectedError(f"the form was answered {answer.code}") from answer
        return answer.headers["Location"]


def wait(control: str, seconds: float) -> None:
    """Let time pass at the vendor: the emulator's clock goes on by so much."""
    body = json.dumps({"advance_s": seconds}).encode()
    asked = urllib.request.Request(f"{control}/control/clock", body, {"Content-Type": "application/json"})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked).close()
