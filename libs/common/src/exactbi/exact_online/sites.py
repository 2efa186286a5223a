"""Exact's sites: their addresses, and which links lead to one. No I/O."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from exactbi.errors import CONFIG_INVALID, ConfigurationError

# Each country is a site with its own apps, users and divisions.
SITES: Final[dict[str, str]] = {
    "nl": "https://start.exactonline.nl",
    "be": "https://start.exactonline.be",
    "de": "https://start.exactonline.de",
    "uk": "https://start.exactonline.co.uk",
    "es": "https://start.exactonline.es",
    "us": "https://start.exactonline.com",
    "fr": "https://start.exactonline.fr",
}
_NAMED_SITE: Final = re.compile(r"(?:^|,)([a-z]{2})=([^,]+)")


def base_url(site: str, override: str = "") -> str:
    """The address of a site, without a slash at its end.

    `override` stands for every site and may hold `{site}`, or names each: `nl=http://...,be=http://...`. A site that
    it leaves out is an error (ConfigurationError), never the vendor's.
    """
    if not override:
        return SITES[site]
    named: dict[str, str] = dict(_NAMED_SITE.findall(override))
    if named and site not in named:
        raise ConfigurationError(CONFIG_INVALID, f"EXACTBI_EXACT_URL names no address for the site {site}")
    return named.get(site, override).replace("{site}", site).rstrip("/")


def at_site(link: str, base: str) -> str:
    """The address of a link that Exact sent, at the host that we know: the link's own gets no token."""
    here, there = urlsplit(base), urlsplit(link)
    return urlunsplit(there._replace(scheme=here.scheme, netloc=here.netloc))


def same_site(url: str, base: str) -> bool:
    """Whether a link that Exact sent may be followed with our token."""
    return urlsplit(url)[:2] == urlsplit(base)[:2]
