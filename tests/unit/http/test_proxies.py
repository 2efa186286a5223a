"""Requests go out through the environment's proxy, where it names one that can be used."""

from __future__ import annotations

import os

import pytest

from exactbi.errors import CONFIG_INVALID, EXACT_UNREACHABLE, ConfigurationError
from exactbi.http import Sender


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "ftp://127.0.0.1:1", "http://[::1"])
def test_a_proxy_that_is_none_is_a_wrong_setting(proxy: str) -> None:
    before = os.environ.get("HTTPS_PROXY")
    os.environ["HTTPS_PROXY"] = proxy
    try:
        with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as raised:
            Sender(EXACT_UNREACHABLE)
    finally:
        del os.environ["HTTPS_PROXY"]
        os.environ.update({"HTTPS_PROXY": before} if before is not None else {})

    assert raised.value.code is CONFIG_INVALID
