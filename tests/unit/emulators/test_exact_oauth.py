"""Codes and tokens, each rule with what happens when it is broken."""

from __future__ import annotations

import base64
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from emulators.exact import rules as rule
from emulators.proof import proves
from fakes.exact_emulator import ACCOUNTS, APP, LINES, USER, Twin

EARLY_S, LATER_S, EXPIRED_S = 569, 571, 601


@proves(rule.CODE_ENCODED)
async def test_a_code_comes_percent_encoded_with_its_state(exact: Twin) -> None:
    answer = await exact.consent()

    assert answer.status_code == 302
    query = urlsplit(answer.headers["Location"]).query
    assert "%21" in query
    assert "state=s%201" in query


async def test_a_wrong_password_shows_the_form_again(exact: Twin) -> None:
    query = {"client_id": APP.client_id, "redirect_uri": APP.redirect_uri, "response_type": "code"}
    answer = await exact.data.post("/api/oauth2/auth", params=query, data={"user": "x", "password": "y"})

    assert answer.status_code == 200
    assert "wrong" in answer.text


async def test_a_token_may_be_asked_for_instead_of_a_code(exact: Twin) -> None:
    query = {"client_id": APP.client_id, "redirect_uri": APP.redirect_uri, "response_type": "token", "state": "s"}
    form = {"user": USER.name, "password": USER.password}
    answer = await exact.data.post("/api/oauth2/auth", params=query, data=form)
    given = parse_qs(urlsplit(answer.headers["Location"]).fragment)
    exact.token = given["access_token"][0]

    assert (given["expires_in"], given["state"]) == (["600"], ["s"])
    assert "refresh_token" not in given
    assert (await exact.get(f"{ACCOUNTS}?$filter=Timestamp gt 1")).status_code == 200


async def test_how_long_a_code_lives_and_what_an_early_or_old_refresh_is_answered_are_settings(exact: Twin) -> None:
    settings = {"code_life_s": 60, "too_early_status": 401, "too_early_error": "invalid_request"}
    await exact.control.post("/control/settings", json=settings | {"old_refresh": "refused", "old_refresh_status": 400})
    code, first = await exact.code(), exact.refresh_token
    early = await exact.refresh()
    exact.site.clock.advance(61)
    late = await exact.exchange(code)
    exact.site.clock.advance(LATER_S)
    await exact.refresh()
    old = await exact.refresh(first)

    assert (early.status_code, early.json()["error"]) == (401, "invalid_request")
    assert (late.status_code, late.json()["error_description"]) == (400, "The authorization code expired.")
    assert (old.status_code, old.json()["error_description"]) == (400, "Old refresh token used.")


@proves(rule.REDIRECT)
async def test_another_redirect_uri_is_refused_at_login_and_at_exchange(exact: Twin) -> None:
    query = {"client_id": APP.client_id, "redirect_uri": "https://evil.example/", "response_type": "code"}

    assert (await exact.data.get("/api/oauth2/auth", params=query)).status_code == 401
    assert (await exact.exchange(await exact.code(), redirect_uri="https://evil.example/")).status_code == 400


@proves(rule.CODE_ONCE)
async def test_a_code_is_good_once(exact: Twin) -> None:
    code = await exact.code()

    assert (await exact.exchange(code)).status_code == 200
    assert (await exact.exchange(code)).json()["error"] == "invalid_grant"


@proves(rule.CODE_LIFE)
async def test_a_code_dies_after_three_minutes(exact: Twin) -> None:
    young, old = await exact.code(), await exact.code()

    exact.site.clock.advance(179)
    assert (await exact.exchange(young)).status_code == 200
    exact.site.clock.advance(2)
    assert (await exact.exchange(old)).status_code == 400


@proves(rule.EXPIRES_TEXT)
async def test_tokens_come_with_a_text_of_seconds(exact: Twin) -> None:
    answer = (await exact.exchange(await exact.code())).json()

    assert answer["expires_in"] == "600"
    assert answer["token_type"].lower() == "bearer"


@proves(rule.CLIENT)
async def test_wrong_credentials_say_invalid_request_and_no_more(exact: Twin) -> None:
    answer = await exact.ask_token(
        {"grant_type": "refresh_token", "client_secret": "wrong", "refresh_token": exact.refresh_token}
    )

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


async def test_credentials_may_come_as_basic(exact: Twin) -> None:
    exact.site.clock.advance(LATER_S)
    basic = base64.b64encode(f"{APP.client_id}:{APP.client_secret}".encode()).decode()
    form = {"grant_type": "refresh_token", "refresh_token": exact.refresh_token}
    answer = await exact.data.post("/api/oauth2/token", data=form, headers={"Authorization": f"Basic {basic}"})

    assert answer.status_code == 200


@pytest.mark.parametrize("credentials", [b"%%%", b"\xff\xff", b"/////w==", b""])
async def test_what_are_no_credentials_is_a_wrong_client(exact: Twin, credentials: bytes) -> None:
    headers = {b"Authorization": b"Basic " + credentials}
    answer = await exact.data.post("/api/oauth2/token", data={"grant_type": "refresh_token"}, headers=headers)

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


@proves(rule.NO_BEARER)
async def test_a_bearer_header_on_the_token_endpoint_is_refused(exact: Twin) -> None:
    exact.site.clock.advance(LATER_S)
    form = {"grant_type": "refresh_token", "refresh_token": exact.refresh_token}
    form |= {"client_id": APP.client_id, "client_secret": APP.client_secret}
    answer = await exact.data.post("/api/oauth2/token", data=form, headers={"Authorization": f"Bearer {exact.token}"})

    assert answer.status_code == 401


@proves(rule.TOO_EARLY)
async def test_a_refresh_before_570_seconds_is_refused_and_costs_no_token(exact: Twin) -> None:
    exact.site.clock.advance(EARLY_S)
    early = await exact.refresh()
    exact.site.clock.advance(LATER_S - EARLY_S)

    assert early.status_code == 400
    assert early.json()["error_description"] == "Rate limit exceeded: access_token not expired"
    assert early.headers["Reason"] == "TooEarlyToRefreshTokens"
    assert (await exact.refresh()).status_code == 200


@proves(rule.REFRESH_ONCE)
async def test_an_old_refresh_token_is_refused_and_the_new_one_lives(exact: Twin) -> None:
    exact.site.settings.old_refresh = "refused"
    old = exact.refresh_token
    exact.site.clock.advance(LATER_S)
    await exact.refresh()
    exact.site.clock.advance(LATER_S)
    again = await exact.refresh(old)

    assert (again.status_code, again.json()) == (
        401,
        {"error": "unauthorized_client", "error_description": "Old refresh token used."},
    )
    assert (await exact.refresh()).status_code == 200


async def test_an_old_refresh_token_ends_the_family(exact: Twin) -> None:
    old = exact.refresh_token
    exact.site.clock.advance(LATER_S)
    await exact.refresh()
    await exact.refresh(old)
    exact.site.clock.advance(LATER_S)

    assert (await exact.refresh()).status_code == 401


@proves(rule.NEW_LOGIN)
async def test_a_new_login_ends_the_refresh_token_before(exact: Twin) -> None:
    first = exact.refresh_token
    await exact.log_in()
    exact.site.clock.advance(LATER_S)

    assert (await exact.refresh(first)).status_code == 401


@proves(rule.REFRESH_LIFE)
async def test_a_refresh_token_unused_for_thirty_days_expires(exact: Twin) -> None:
    exact.site.clock.advance(30 * 86_400 + 1)
    answer = await exact.refresh()

    assert answer.status_code == 400
    assert answer.json()["error_description"].startswith("The refresh token expired at ")


@proves(rule.TOKEN_QUOTA)
async def test_the_two_hundred_and_first_token_call_of_a_day_is_refused(exact: Twin) -> None:
    exact.off(rule.ERROR_LIMIT.id)
    answers = [(await exact.refresh()).status_code for _ in range(200)]
    exact.site.clock.advance(86_400)
    again = (await exact.refresh()).status_code

    assert answers[:-1] == [400] * 199
    assert (answers[-1], again) == (429, 200)


async def test_whether_a_refresh_ends_the_access_token_before_is_a_setting(exact: Twin) -> None:
    url, statuses = f"{ACCOUNTS}?$filter=Timestamp gt 1", []
    for ends in (False, True):
        exact.site.settings.refresh_ends_access = ends
        exact.site.clock.advance(LATER_S)
        before = exact.token
        await exact.refresh()
        statuses.append((await exact.get(url, Authorization=f"Bearer {before}")).status_code)
        statuses.append((await exact.get(url)).status_code)

    assert statuses == [200, 200, 401, 200]


@proves(rule.TOKEN_LIFE, rule.ACCESS)
async def test_data_needs_a_token_that_is_good(exact: Twin) -> None:
    assert (await exact.get(ACCOUNTS)).status_code == 200
    assert (await exact.get(ACCOUNTS, Authorization="Bearer wrong")).status_code == 401
    exact.site.clock.advance(EXPIRED_S)
    assert (await exact.get(ACCOUNTS)).status_code == 401


@pytest.mark.parametrize(("counts", "refused"), [("all", True), ("granted", False)])
async def test_whether_refused_calls_count_towards_the_days_tokens_is_a_setting(
    exact: Twin, counts: Any, *, refused: bool
) -> None:
    exact.off(rule.ERROR_LIMIT.id)
    exact.site.settings.quota_counts = counts
    early = {(await exact.refresh()).status_code for _ in range(201)}

    assert (429 in early) == refused


async def test_a_revoked_consent_ends_everything(exact: Twin) -> None:
    await exact.control.post("/control/revoke")
    exact.site.clock.advance(LATER_S)

    assert (await exact.get(LINES)).status_code == 401
    assert (await exact.refresh()).status_code == 401


@pytest.mark.parametrize("scale", [10.0, 60.0])
async def test_a_time_scale_makes_token_windows_shorter(tmp_path: Path, scale: float) -> None:
    exact = Twin.opened(tmp_path, 100, scale=scale)
    with closing(exact.site.store):
        answer = await exact.exchange(await exact.code())
        exact.site.clock.advance(570 / scale + 0.01)

        assert answer.json()["expires_in"] == str(int(600 / scale))
        assert (await exact.refresh()).status_code == 200
