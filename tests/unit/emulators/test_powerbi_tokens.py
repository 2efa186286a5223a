"""Entra's token endpoint, and what the API does with tokens."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from emulators.powerbi.identities import CLIENT, TENANT
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import BASE, GROUP, SCOPE, Twin

ENDPOINT = f"{BASE}/{TENANT}/oauth2/v2.0/token"


def assertion(power_bi: Twin, algorithm: str = "PS256", header: str = "x5t#S256", **changed: Any) -> str:
    """A client assertion; members that are None are left out."""
    now = power_bi.world.clock.now()
    claims: dict[str, Any] = {"aud": ENDPOINT, "iss": CLIENT, "sub": CLIENT, "jti": str(uuid.uuid4())}
    claims |= {"nbf": now - 1, "iat": now, "exp": now + 600, **changed}
    der = x509.load_pem_x509_certificate(power_bi.credentials.certificate.read_bytes()).public_bytes(Encoding.DER)
    digest = hashlib.sha256(der) if header == "x5t#S256" else hashlib.sha1(der)
    thumbprint = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    sent = {name: value for name, value in claims.items() if value is not None}
    key = power_bi.credentials.private_key.read_bytes()
    return jwt.encode(sent, key, algorithm, headers={header: thumbprint})


async def ask_with(power_bi: Twin, signed: str) -> Any:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return await power_bi.ask_token(client_secret=None, client_assertion=signed, client_assertion_type=kind)


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


@pytest.mark.parametrize(("algorithm", "header"), [("PS256", "x5t#S256"), ("RS256", "x5t")])
async def test_a_signed_assertion_gives_a_token(power_bi: Twin, algorithm: str, header: str) -> None:
    answer = await ask_with(power_bi, assertion(power_bi, algorithm, header, nbf=None))

    assert answer.status_code == 200


@proves(RULES["token.assertion"])
async def test_an_assertion_for_somebody_else_or_too_old_or_changed_is_refused(power_bi: Twin) -> None:
    good, now = assertion(power_bi), power_bi.world.clock.now()
    bad = [
        assertion(power_bi, aud="https://elsewhere.example"),
        assertion(power_bi, sub="somebody"),
        assertion(power_bi, exp=now - 1),
        assertion(power_bi, nbf=now + 900),
        assertion(power_bi, jti=None),
        good[:-8] + "AAAAAAAA",
        "no assertion",
    ]
    answers = [await ask_with(power_bi, one) for one in bad]

    assert [answer.json().get("error_codes") for answer in answers] == [[50012]] * len(bad)


@pytest.mark.parametrize(
    ("changed", "kind", "code"),
    [
        pytest.param({"client_secret": "wrong"}, "invalid_client", 7000215, id="token.secret"),
        pytest.param({"client_secret": None}, "invalid_request", 7000218, id="token.credential"),
        pytest.param({"client_id": str(uuid.uuid4())}, "unauthorized_client", 700016, id="token.client"),
        pytest.param({"scope": "https://graph.microsoft.com/.default"}, "invalid_scope", 70011, id="token.scope"),
        pytest.param({"tenant": str(uuid.uuid4())}, "invalid_request", 90002, id="token.tenant"),
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", 70003, id="token.form"),
    ],
)
@proves(*(RULES[f"token.{one}"] for one in ("secret", "credential", "client", "scope", "tenant", "form")))
async def test_a_wrong_request_is_refused_with_entras_body(
    power_bi: Twin, changed: dict[str, Any], kind: str, code: int
) -> None:
    answer = await power_bi.ask_token(**changed)
    body = answer.json()

    assert answer.status_code == 401
    assert (body["error"], body["error_codes"]) == (kind, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body.keys() >= {"timestamp", "trace_id", "correlation_id"}


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


@proves(RULES["auth.tenant-switch"])
async def test_a_tenant_may_shut_out_service_principals(power_bi: Twin) -> None:
    await power_bi.set(tenant_switch=False)
    answer = await power_bi.data.get(f"{GROUP}/datasets")

    assert (answer.status_code, answer.json()) == (401, {"Message": "API is not accessible for application"})


async def test_under_a_scale_the_token_says_its_shorter_life(power_bi: Twin) -> None:
    shorter = Twin.opened(power_bi.credentials, scale=10)

    assert (await shorter.ask_token()).json()["expires_in"] == 359
