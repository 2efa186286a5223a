"""Queries that our own client never sends, at every address: each is answered or refused, and nothing breaks."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from emulators.exact.entities import RESOURCES, Resource
from fakes.exact_emulator import Twin
from fakes.exact_group import opened

DIVISION, RECORDS, QUERIES = 100001, 400, 150
EXPECTED = {200, 400, 404, 415}
LITERALS = (
    "1", "-5L", "1.5", "17M", "guid'11111111-1111-1111-1111-111111111111'", "datetime'2026-01-01T00:00:00'", "'x'",
    "'O''Neil'", "null", "true", "datetime'2026-13-01'",
    "99999999999999999999L", "1E400",
)  # fmt: skip
CALLS = (
    "startswith({0},'A')", "substringof('a',{0}) eq true", "length(trim({0})) gt 2", "year({0}) eq 2026",
    "concat({0},'x') ne 'y'", "indexof(tolower({0}),'b') ge 0", "substring({0},1,2) eq 'oo'", "{0} eq {0}",
)  # fmt: skip
ACCEPTS = ("application/json",) * 6 + ("*/*", "text/plain", "application/atom+xml", "application/xml")


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Twin]:
    """The Dutch site of the group, without limits of calls and errors."""
    with opened(tmp_path, RECORDS, 0) as sites:
        (site,) = (one for one in sites if one.name == "nl")
        twin = Twin.serving(site)
        code = site.authority.consent(site.apps[0], site.users[0], site.apps[0].redirect_uri)
        form = {name: getattr(site.apps[0], name) for name in ("client_id", "client_secret", "redirect_uri")}
        granted = site.authority.token(form | {"grant_type": "authorization_code", "code": code})
        twin.token = granted.body["access_token"]
        yield twin


def condition(dice: random.Random, resource: Resource, depth: int = 0) -> str:
    field = dice.choice(list(resource.fields))
    if depth < 2 and dice.random() < 0.3:
        word = dice.choice(("and", "or"))
        return f"({condition(dice, resource, depth + 1)} {word} not ({condition(dice, resource, depth + 1)}))"
    if dice.random() < 0.3:
        return dice.choice(CALLS).format(field)
    return f"{field} {dice.choice(('eq', 'ne', 'gt', 'le'))} {dice.choice(LITERALS)}"


def options(dice: random.Random, resource: Resource) -> dict[str, str]:
    """A few of the query options, often such as the address takes."""
    fields = list(resource.fields)
    usual = "Timestamp gt 1" if resource.sync else f"{dice.choice(resource.filters or fields)} ne null"
    found = {
        "$select": ",".join([*dice.sample(fields, min(len(fields), 3)), *resource.lines[:1]]),
        "$filter": usual if dice.random() < 0.6 else condition(dice, resource),
        "$top": str(dice.choice((0, 1, 59, 60, 61, 1_001))),
        "$orderby": f"{dice.choice(fields)} desc,{dice.choice(fields)}",
        "$inlinecount": "allpages",
        "$expand": resource.lines[0] if resource.lines else "Lines",
        "$skiptoken": dice.choice(LITERALS),
    }
    chances = (0.9, 0.7, 0.3, 0.2, 0.3, 0.15, 0.1)
    return {name: value for (name, value), chance in zip(found.items(), chances, strict=True) if dice.random() < chance}


@pytest.mark.parametrize("seed", range(4))
async def test_every_address_answers_or_refuses_what_nobody_has_thought_of(group: Twin, seed: int) -> None:
    dice, statuses = random.Random(seed), Counter[int]()
    for _ in range(QUERIES):
        resource = dice.choice(RESOURCES)
        beta = "beta/" if resource.path.startswith("beta/") else ""
        tail = dice.choice(("",) * 8 + ("/$count", f"({dice.choice(LITERALS)})"))
        url = f"/api/v1/{beta}{DIVISION}/{resource.path.removeprefix('beta/')}{tail}"
        headers = {"Authorization": f"Bearer {group.token}", "Accept": dice.choice(ACCEPTS)}
        answer = await group.data.get(url, params=options(dice, resource), headers=headers)
        statuses[answer.status_code] += 1
        assert answer.status_code in EXPECTED, (url, answer.request.url, answer.text)
        if answer.status_code == 200 and "xml" in answer.headers["content-type"]:
            ElementTree.fromstring(answer.content)
        elif answer.status_code == 200 and "json" in answer.headers["content-type"]:
            document = answer.json()["d"]
            following = document.get("__next") if isinstance(document, dict) else None
            assert following is None or (await group.get(following)).status_code == 200, following

    assert statuses[200] > QUERIES / 10
    assert statuses[400] > QUERIES / 10
