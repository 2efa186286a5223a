"""Client assertions: what a signed statement must say to be taken for a secret."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from emulators.powerbi.identities import CLIENT, OTHER_CLIENT, TENANT, TENANTS
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import BASE, Twin

ENDPOINT = f"{BASE}/{TENANT}/oauth2/v2.0/token"
KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def assertion(
    power_bi: Twin, algorithm: str = "PS256", header: str = "x5t#S256", padding: str = "", **changed: Any
) -> str:
    """A client assertion; members that are None are left out."""
    now = power_bi.world.clock.now()
    claims: dict[str, Any] = {"aud": ENDPOINT, "iss": CLIENT, "sub": CLIENT, "jti": str(uuid.uuid4())}
    claims |= {"nbf": now - 1, "iat": now, "exp": now + 600, **changed}
    der = x509.load_pem_x509_certificate(power_bi.credentials.certificate.read_bytes()).public_bytes(Encoding.DER)
    digest = hashlib.sha256(der) if header == "x5t#S256" else hashlib.sha1(der)
    thumbprint = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    sent = {name: value for name, value in claims.items() if value is not None}
    key = power_bi.credentials.private_key.read_bytes()
    return jwt.encode(sent, key, algorithm, headers={header: thumbprint + padding})


async def ask_with(power_bi: Twin, signed: str, **changed: str | None) -> Any:
    sent: dict[str, str | None] = {"client_secret": None, "client_assertion": signed, "client_assertion_type": KIND}
    return await power_bi.ask_token(**{**sent, **changed})  # type: ignore[arg-type]


async def code(power_bi: Twin, signed: str, **changed: str | None) -> int | None:
    """Entra's code; None where a token was given."""
    answer = await ask_with(power_bi, signed, **changed)
    return None if answer.status_code == 200 else int(answer.json()["error_codes"][0])


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
@pytest.mark.parametrize("header", ["x5t#S256", "x5t"])
async def test_a_signed_assertion_gives_a_token(power_bi: Twin, algorithm: str, header: str) -> None:
    assert await code(power_bi, assertion(power_bi, algorithm, header, nbf=None)) is None


async def test_a_thumbprint_may_be_padded_as_microsofts_own_library_does_it(power_bi: Twin) -> None:
    assert await code(power_bi, assertion(power_bi, padding="=")) is None


async def test_the_audience_may_name_the_tenant_by_its_domain(power_bi: Twin) -> None:
    domain = TENANTS[TENANT]
    signed = assertion(power_bi, aud=f"{BASE}/{domain}/oauth2/v2.0/token")

    assert await code(power_bi, signed, tenant=domain) is None
    assert await code(power_bi, signed) == 700023


@proves(RULES["token.assertion"])
async def test_an_assertion_with_another_signature_or_thumbprint_is_refused(power_bi: Twin) -> None:
    good = assertion(power_bi)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = stranger.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    claims = jwt.decode(good, options={"verify_signature": False})
    forged = jwt.encode(claims, pem, "PS256", headers={"x5t#S256": jwt.get_unverified_header(good)["x5t#S256"]})
    unnamed = jwt.encode(claims, power_bi.credentials.private_key.read_bytes(), "PS256")

    assert [await code(power_bi, one) for one in (good[:-8] + "AAAAAAAA", forged, unnamed)] == [700027] * 3


@proves(RULES["token.assertion-subject"])
async def test_issuer_and_subject_are_the_application(power_bi: Twin) -> None:
    bad = [assertion(power_bi, **{claim: OTHER_CLIENT}) for claim in ("iss", "sub")]

    assert [await code(power_bi, one) for one in bad] == [700021, 700021]


@proves(RULES["token.assertion-audience"])
async def test_the_audience_is_the_token_endpoint(power_bi: Twin) -> None:
    bad = [assertion(power_bi, aud="https://elsewhere.example"), assertion(power_bi, aud=None)]

    assert [await code(power_bi, one) for one in bad] == [700023, 700023]


@proves(RULES["token.assertion-time"])
async def test_an_assertion_is_used_in_its_time(power_bi: Twin) -> None:
    now = power_bi.world.clock.now()
    bad = [assertion(power_bi, exp=now - 1), assertion(power_bi, nbf=now + 900)]

    assert [await code(power_bi, one) for one in bad] == [700024, 700024]


@proves(RULES["token.assertion-life"])
async def test_an_assertion_lives_ten_minutes_unless_a_setting_says_more(power_bi: Twin) -> None:
    long = assertion(power_bi, exp=power_bi.world.clock.now() + 3600)
    strict = await code(power_bi, long)
    await power_bi.set(assertion_life_s=86_400)

    assert (strict, await code(power_bi, long)) == (700024, None)


async def test_an_assertion_is_dated_by_the_machine_and_not_by_the_clock_that_was_moved_on(power_bi: Twin) -> None:
    signed = assertion(power_bi)
    await power_bi.advance(86_400)

    assert await code(power_bi, signed) is None


@proves(RULES["token.assertion-jti"])
async def test_an_assertion_has_an_identity(power_bi: Twin) -> None:
    assert await code(power_bi, assertion(power_bi, jti=None)) == 50027


@proves(RULES["token.assertion-again"])
async def test_as_a_setting_an_assertion_is_presented_once(power_bi: Twin) -> None:
    signed = assertion(power_bi)
    before = [await code(power_bi, signed) for _ in range(2)]
    await power_bi.set(assertion_again="refuse")

    assert (before, await code(power_bi, signed)) == ([None, None], 50027)


@proves(RULES["token.assertion-form"])
async def test_what_is_no_jwt_or_has_no_end_is_refused(power_bi: Twin) -> None:
    bad = ["no assertion", "a.b.c", assertion(power_bi, exp=None)]

    assert [await code(power_bi, one) for one in bad] == [50027] * 3


@proves(RULES["token.assertion-algorithm"])
async def test_only_two_algorithms_are_taken(power_bi: Twin) -> None:
    assert await code(power_bi, assertion(power_bi, "RS512")) == 50027


@proves(RULES["token.assertion-type"])
async def test_the_form_says_that_it_is_a_jwt(power_bi: Twin) -> None:
    signed = assertion(power_bi)
    kinds = [None, "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"]

    assert [await code(power_bi, signed, client_assertion_type=one) for one in kinds] == [900144] * 2


@pytest.mark.parametrize("audience", [[ENDPOINT], {"a": 1}, 1])
async def test_an_audience_that_is_no_text_is_refused(power_bi: Twin, audience: Any) -> None:
    claims = jwt.decode(assertion(power_bi), options={"verify_signature": False})
    header = jwt.get_unverified_header(assertion(power_bi))
    key = power_bi.credentials.private_key.read_bytes()
    signed = jwt.encode({**claims, "aud": audience}, key, "PS256", headers={"x5t#S256": header["x5t#S256"]})

    assert await code(power_bi, signed) == 700023


@proves(RULES["token.assertion-form"])
@pytest.mark.parametrize("times", [{"exp": "9999999999"}, {"iat": "x"}, {"nbf": True}, {"exp": None}])
async def test_times_are_numbers_and_the_last_is_there(power_bi: Twin, times: dict[str, Any]) -> None:
    assert await code(power_bi, assertion(power_bi, **times)) == 50027
