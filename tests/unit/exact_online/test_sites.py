"""Exact's sites: seven addresses, what stands for them, and which links lead to one."""

from __future__ import annotations

import pytest

from exactbi.errors import ConfigurationError
from exactbi.exact_online.sites import SITES, at_site, base_url, same_site


def test_one_override_stands_for_all_sites() -> None:
    assert base_url("nl", "http://127.0.0.1:1/{site}/") == "http://127.0.0.1:1/nl"
    assert base_url("fr", "http://127.0.0.1:1") == "http://127.0.0.1:1"


def test_each_site_may_have_an_override_of_its_own_and_none_is_forgotten() -> None:
    override = "nl=http://127.0.0.1:1/,be=http://127.0.0.1:2"

    assert base_url("nl", override) == "http://127.0.0.1:1"
    assert base_url("be", override) == "http://127.0.0.1:2"
    with pytest.raises(ConfigurationError, match="no address for the site de"):
        base_url("de", override)


def test_there_are_seven_sites() -> None:
    assert len(set(SITES.values())) == 7


def test_links_to_other_sites_are_known() -> None:
    assert same_site(f"{base_url('nl')}/api/v1/1/sync/Deleted?$skiptoken=7L", base_url("nl"))
    assert not same_site("https://start.exactonline.nl.evil.example/x", base_url("nl"))


def test_a_link_is_followed_at_the_host_that_we_know() -> None:
    link = "https://elsewhere.example/api/v1/1/sync/Deleted?$skiptoken=7L"

    assert at_site(link, base_url("be")) == "https://start.exactonline.be/api/v1/1/sync/Deleted?$skiptoken=7L"
