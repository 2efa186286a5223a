"""Atom XML where JSON is not asked for, and errors in the same tongue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from emulators.exact import rules as rule
from emulators.exact.atom import literal
from emulators.exact.values import moment, text
from emulators.proof import proves
from fakes.exact_emulator import ACCOUNTS, BASE, CENTERS, DIVISION, LINES, Twin, flat

ATOM, D, M = (
    "{http://www.w3.org/2005/Atom}",
    "{http://schemas.microsoft.com/ado/2007/08/dataservices}",
    "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}",
)
ME = "/api/v1/current/Me"


def properties(feed: ElementTree.Element) -> Iterator[dict[str, ElementTree.Element]]:
    """The fields of each entry, by name."""
    for found in feed.iter(f"{M}properties"):
        yield {one.tag.removeprefix(D): one for one in found}


async def atom(exact: Twin, url: str) -> ElementTree.Element:
    answer = await exact.get(url, Accept="application/atom+xml,application/xml")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    return ElementTree.fromstring(answer.content)


@proves(rule.JSON_ASKED)
async def test_without_json_in_accept_the_answer_is_atom(exact: Twin) -> None:
    assert (await exact.get(ME, Accept="*/*")).content.startswith(b"<?xml")
    assert (await exact.get(ME, Accept="")).content.startswith(b"<?xml")
    assert (await exact.get(ME, Accept="application/json;odata=verbose, */*")).json()["d"]["results"]


@proves(rule.NO_XML)
async def test_plain_xml_is_not_to_be_had(exact: Twin) -> None:
    assert (await exact.get(ME, Accept="application/xml")).status_code == 415


async def test_a_feed_holds_the_same_values_as_json(exact: Twin) -> None:
    exact.site.settings.hidden_fields = True
    url = f"{CENTERS}?$select=ID,Code,Description,Active,Division,Modified,EndDate&$inlinecount=allpages"
    feed = await atom(exact, url)
    rows = (await exact.get(url)).json()["d"]["results"]
    entries = list(properties(feed))

    assert feed.findtext(f"{M}count") == "65"
    assert len(entries) == len(rows) == 60
    for entry, row in zip(entries, rows, strict=True):
        assert entry["ID"].text == row["ID"]
        assert entry["ID"].get(f"{M}type") == "Edm.Guid"
        assert (entry["Code"].text, entry["Code"].get(f"{M}type")) == (row["Code"], None)
        assert entry["Active"].text == json.dumps(row["Active"])
        assert (entry["EndDate"].get(f"{M}null") == "true") is (row["EndDate"] is None)
        assert entry["Modified"].text == literal("DateTime", json.dumps(row["Modified"]))


async def test_pages_of_a_feed_are_linked(exact: Twin) -> None:
    first = await atom(exact, f"{CENTERS}?$select=ID")
    link = next(one for one in first.iter(f"{ATOM}link") if one.get("rel") == "next")
    second = await atom(exact, link.get("href") or "")
    ids = [entry["ID"].text for feed in (first, second) for entry in properties(feed)]

    assert (link.get("href") or "").startswith(f"{BASE}{CENTERS}?$select=ID&$skiptoken=guid'")
    assert ids == [row["ID"] for row in flat(await exact.read(f"{CENTERS}?$select=ID"))]


async def test_a_stream_comes_as_a_feed_too_with_numbers_bare(exact: Twin) -> None:
    entry = next(properties(await atom(exact, f"{LINES}?$filter=Timestamp gt 1&$top=1&$select=Timestamp,AmountDC")))
    row = (await exact.get(f"{LINES}?$filter=Timestamp gt 1&$top=1&$select=Timestamp,AmountDC")).json()["d"][0]

    assert (entry["Timestamp"].text, entry["Timestamp"].get(f"{M}type")) == (row["Timestamp"], "Edm.Int64")
    assert float(entry["AmountDC"].text or "") == row["AmountDC"]


async def test_one_record_is_one_entry_and_a_header_links_its_lines(exact: Twin) -> None:
    key = next(flat(await exact.read(f"{ACCOUNTS}?$filter=Timestamp gt 1&$select=ID")))["ID"]
    entry = await atom(exact, f"/api/v1/{DIVISION}/financial/GLAccounts(guid'{key}')?$top=1")
    titles = [one.get("title") for one in entry.iter(f"{ATOM}link") if "related" in (one.get("rel") or "")]

    assert entry.tag == f"{ATOM}entry"
    assert entry.findtext(f"{ATOM}id") == f"{BASE}/api/v1/{DIVISION}/financial/GLAccounts(guid'{key}')"
    assert titles == ["DeductibilityPercentages"]


async def test_errors_come_in_xml_where_json_was_not_asked_for(exact: Twin) -> None:
    answer = await exact.get(f"{CENTERS}?$select=Nothing", Accept="*/*")
    error = ElementTree.fromstring(answer.content)

    assert (answer.status_code, error.tag) == (400, f"{M}error")
    assert "Nothing" in (error.findtext(f"{M}message") or "")


@pytest.mark.parametrize(
    ("edm", "stored", "shown"),
    [
        ("DateTime", moment(1_698_544_800_000), "2023-10-29T02:00:00"),
        ("DateTime", moment(1_711_851_000_250), "2024-03-31T02:10:00.250"),
        ("String", text('a <b> & "c" \x0b\u20ac'), 'a <b> & "c" \u20ac'),
        ("Int64", '"5000000001"', "5000000001"),
        ("Double", "33.333333", "33.333333"),
    ],
)
def test_values_are_written_as_edm_literals(edm: str, stored: str, shown: str) -> None:
    assert literal(edm, stored) == shown
