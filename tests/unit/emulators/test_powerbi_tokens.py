"""Entra's token endpoint, and what the API does with tokens."""

from __future__ import annotations

import base64
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from emulators.powerbi.identities import CLIENT, OTHER_CLIENT, TENANT, TENANTS
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import BASE, GROUP, SCOPE, Twin

FORM = ("secret", "credential", "client", "scope", "resource", "tenant", "common", "grant", "form")


async def test_a_secret_gives_a_token_for_an_hour_less_a_second(power_bi: Twin) -> None:
    answer = await power_bi.ask_token()

    assert answer.status_code == 200
    assert answer.json().keys() == {"token_type", "expires_in", "access_token"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3599)


async def test_the_secret_may_come_in_a_basic_header(power_bi: Twin) -> None:
    pair = f"{CLIENT}:{quote(power_bi.credentials.secret, safe='')}"
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    answer = await power_bi.data.post(f"/{TENANT}/oauth2/v2.0/token", data=form, headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changed", "kind", "code"),
    [
        pytest.param({"client_secret": "wrong"}, "invalid_client", 7000215, id="token.secret"),
        pytest.param({"client_secret": None}, "invalid_request", 7000218, id="token.credential"),
        pytest.param({"client_id": str(uuid.uuid4())}, "unauthorized_client", 700016, id="token.client"),
        pytest.param({"client_id": OTHER_CLIENT}, "unauthorized_client", 700016, id="token.client-elsewhere"),
        pytest.param({"scope": SCOPE.removesuffix("/.default")}, "invalid_scope", 70011, id="token.scope"),
        pytest.param({"scope": f"{SCOPE} {SCOPE}"}, "invalid_scope", 70011, id="token.scope-two"),
        pytest.param({"scope": "https://x.example/.default"}, "invalid_resource", 500011, id="token.resource"),
        pytest.param({"tenant": str(uuid.uuid4())}, "invalid_request", 90002, id="token.tenant"),
        pytest.param({"tenant": "common"}, "invalid_request", 50059, id="token.common"),
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", 70003, id="token.grant"),
        pytest.param({"grant_type": None}, "invalid_request", 900144, id="token.form"),
        pytest.param({"client_id": None}, "invalid_request", 900144, id="token.form-client"),
    ],
)
@proves(*(RULES[f"token.{one}"] for one in FORM))
async def test_a_wrong_request_is_refused_with_entras_body(
    power_bi: Twin, changed: dict[str, Any], kind: str, code: int
) -> None:
    answer = await power_bi.ask_token(**changed)
    body = answer.json()

    assert answer.status_code == 401
    assert (body["error"], body["error_codes"]) == (kind, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body.keys() >= {"timestamp", "trace_id", "correlation_id"}


@proves(RULES["token.form"])
async def test_a_request_that_is_no_form_lacks_everything(power_bi: Twin) -> None:
    answer = await power_bi.data.post(f"/{TENANT}/oauth2/v2.0/token", json={"grant_type": "client_credentials"})

    assert answer.json()["error_codes"] == [900144]


@proves(RULES["token.secret-age"])
async def test_a_secret_ends(power_bi: Twin) -> None:
    await power_bi.set(secret_expired=True)

    assert (await power_bi.ask_token()).json()["error_codes"] == [7000222]


async def test_a_tenant_is_named_by_its_domain_too(power_bi: Twin) -> None:
    assert (await power_bi.ask_token(tenant=TENANTS[TENANT])).status_code == 200


async def test_the_configuration_says_where_tokens_are_had(power_bi: Twin) -> None:
    found = await power_bi.data.get(f"/{TENANTS[TENANT]}/v2.0/.well-known/openid-configuration")
    nowhere = await power_bi.data.get("/nowhere/v2.0/.well-known/openid-configuration")

    assert found.json()["token_endpoint"] == f"{BASE}/{TENANT}/oauth2/v2.0/token"
    assert nowhere.json()["error_codes"] == [90002]


async def test_the_status_of_a_token_error_is_a_setting(power_bi: Twin) -> None:
    await power_bi.set(token_error_status=400)

    assert (await power_bi.ask_token(client_secret="wrong")).status_code == 400


@proves(RULES["auth.expired"])
async def test_a_token_ends_when_it_said(power_bi: Twin) -> None:
    await power_bi.advance(3590)
    before = await power_bi.data.get(f"{GROUP}/datasets")
    await power_bi.advance(15)
    after = await power_bi.data.get(f"{GROUP}/datasets")

    assert (before.status_code, after.status_code) == (200, 403)
    assert after.json()["error"]["code"] == "TokenExpired"


@proves(RULES["auth.bearer"])
async def test_a_call_without_a_token_or_with_a_made_up_one_is_refused(power_bi: Twin) -> None:
    sent = [{"Authorization": ""}, {"Authorization": "Bearer made.up.token"}]
    answers = [await power_bi.data.get(f"{GROUP}/datasets", headers=headers) for headers in sent]

    assert [answer.status_code for answer in answers] == [401, 401]


@pytest.mark.parametrize("status", [401, 403])
@proves(RULES["auth.audience"])
async def test_a_token_for_another_api_is_of_no_use(power_bi: Twin, status: int) -> None:
    await power_bi.set(audience_status=status)
    token = (await power_bi.ask_token(scope="https://storage.azure.com/.default")).json()["access_token"]
    answer = await power_bi.data.get(f"{GROUP}/datasets", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == status


@proves(RULES["auth.tenant-switch"])
async def test_a_tenant_may_shut_out_service_principals(power_bi: Twin) -> None:
    await power_bi.set(tenant_switch=False)
    answer = await power_bi.data.get(f"{GROUP}/datasets")

    assert (answer.status_code, answer.json()) == (401, {"Message": "API is not accessible for application"})


async def test_under_a_scale_the_token_says_its_shorter_life(power_bi: Twin) -> None:
    shorter = Twin.opened(power_bi.credentials, scale=10)

    assert (await shorter.ask_token()).json()["expires_in"] == 359
