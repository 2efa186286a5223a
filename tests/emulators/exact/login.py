"""The consent page: a form, and the redirect that carries the code."""

from __future__ import annotations

import html
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse, Response

from emulators.declared import Rule
from emulators.exact import rules as rule
from emulators.exact.oauth import App, Authority
from emulators.exact.rules import Rules

_PAGE: Final = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>Exact Online (emulator)</title></head>
<body><h1>Exact Online (emulator)</h1><p>{told}</p>
<form method="post"><label>User <input name="user" autofocus></label>
<label>Password <input name="password" type="password"></label>
<label>Only these companies <input name="divisions" placeholder="all"></label>
<button>Log in and allow</button></form></body></html>"""


def page(authority: Authority, rules: Rules, query: dict[str, str]) -> Response:
    """The form, if the app may ask."""
    return _wrong(authority, rules, query) or HTMLResponse(_PAGE.format(told="An app asks for access to your company."))


def submit(authority: Authority, rules: Rules, query: dict[str, str], form: dict[str, str]) -> Response:
    """302 to the app with `code` (percent-encoded) and `state`, or with a token behind the `#` where that is asked for;
    the form again where the password is wrong."""
    wrong = _wrong(authority, rules, query)
    if wrong:
        return wrong
    user = authority.login(form.get("user", ""), form.get("password", ""))
    if user is None:
        return HTMLResponse(_PAGE.format(told="The user or the password is wrong."))
    app, redirect_uri = _app(authority, query), query.get("redirect_uri", "")
    granted = _granted(form.get("divisions", ""))
    if app and query.get("response_type") == "token":
        return _found(f"{redirect_uri}#{urlencode(authority.implicit(app, user, granted))}{_state(query)}")
    code = authority.consent(app, user, redirect_uri, granted) if app else ""
    shown = quote(code, safe="") if rules.on(rule.CODE_ENCODED) else code
    joint = "&" if "?" in redirect_uri else "?"
    return _found(f"{redirect_uri}{joint}code={shown}{_state(query)}")


def _state(query: dict[str, str]) -> str:
    return f"&state={quote(query['state'], safe='')}" if "state" in query else ""


def _found(where: str) -> Response:
    return Response(status_code=302, headers={"Location": where})


def _granted(text: str) -> frozenset[int] | None:
    """The divisions that the user ticks: codes between blanks or commas; all if there are none."""
    codes = frozenset(int(word) for word in text.replace(",", " ").split() if word.isdecimal())
    return codes or None


def _app(authority: Authority, query: dict[str, str]) -> App | None:
    return authority.apps.get(query.get("client_id", "").strip("{}").lower())


def _wrong(authority: Authority, rules: Rules, query: dict[str, str]) -> Response | None:
    app = _app(authority, query)
    if app is None:
        return _refused(rules, rule.LOGIN_APP, "The client_id is not known.")
    if query.get("redirect_uri") != app.redirect_uri:
        return _refused(rules, rule.REDIRECT, "The redirect_uri is not the registered one.")
    if query.get("response_type") not in ("code", "token"):
        return _refused(rules, rule.LOGIN_TYPE, "The response_type is not supported.")
    return None


def _refused(rules: Rules, broken: Rule, told: str) -> Response | None:
    return HTMLResponse(f"<h1>401</h1><p>{html.escape(told)}</p>", 401) if rules.on(broken) else None
