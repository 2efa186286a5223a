"""Client credentials by secret and by certificate."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from exactbi.errors import PBI_APP_UNKNOWN, ConfigurationError, TransientError
from exactbi.power_bi.auth import Principal, parse_token, token_request

LOGIN = "https://login.microsoftonline.com/"


def certificate() -> tuple[str, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exactbi")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (made.public_bytes(serialization.Encoding.PEM) + pem).decode(), made


def test_a_secret_is_sent_to_the_tenant() -> None:
    request = token_request(Principal(LOGIN, "t", "i", "s3cret"), 0.0)
    assert request.url == "https://login.microsoftonline.com/t/oauth2/v2.0/token"
    assert request.form["client_secret"] == "s3cret"
    assert request.form["scope"] == "https://analysis.windows.net/powerbi/api/.default"
    assert "s3cret" not in repr(request)


def test_a_certificate_signs_an_assertion_with_its_thumbprint() -> None:
    pem, made = certificate()
    now = datetime.now(UTC).timestamp()
    request = token_request(Principal(LOGIN, "t", "i", pem, by_certificate=True), now)
    assertion = request.form["client_assertion"]
    header = jwt.get_unverified_header(assertion)
    thumbprint = base64.urlsafe_b64encode(made.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
    assert (header["alg"], header["x5t#S256"]) == ("PS256", thumbprint)
    claims = jwt.decode(assertion, made.public_key(), algorithms=["PS256"], audience=request.url)  # type: ignore[arg-type]
    assert claims["iss"] == claims["sub"] == "i"
    assert "client_secret" not in request.form


def test_a_certificate_that_is_none_is_the_operators_to_mend() -> None:
    with pytest.raises(ConfigurationError):
        token_request(Principal(LOGIN, "t", "i", "nonsense", by_certificate=True), 0.0)


def test_a_token_is_renewed_five_minutes_before_its_end_or_a_twelfth_of_a_short_life() -> None:
    body = json.dumps({"access_token": "a", "expires_in": 3599}).encode()
    assert parse_token(200, body, 1000.0).renew_at == pytest.approx(1000 + 3599 - 3599 / 12)
    long = json.dumps({"access_token": "a", "expires_in": "5400"}).encode()
    assert parse_token(200, long, 0.0).renew_at == 5100.0


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_secret_is_the_operators_to_mend(status: int) -> None:
    body = json.dumps({"error": "invalid_client", "error_codes": [7000215]}).encode()
    with pytest.raises(ConfigurationError, match="AADSTS7000215"):
        parse_token(status, body, 0.0)


@pytest.mark.parametrize("code", [90002, 700016])
def test_an_unknown_tenant_or_app_is_told_from_a_refused_secret(code: int) -> None:
    body = json.dumps({"error": "invalid_request", "error_codes": [code]}).encode()
    with pytest.raises(ConfigurationError) as refused:
        parse_token(401, body, 0.0)
    assert refused.value.code is PBI_APP_UNKNOWN


@pytest.mark.parametrize(
    ("status", "body"), [(503, b"<html>"), (429, b""), (400, b'{"error":"temporarily_unavailable"}'), (200, b"{}")]
)
def test_time_mends_the_rest(status: int, body: bytes) -> None:
    with pytest.raises(TransientError):
        parse_token(status, body, 0.0)
