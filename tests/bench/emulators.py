"""The emulators alone, each on one core: how fast Exact's pages come, how fast rows are accepted, how much memory."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import psutil

from bench.measure import INTERPRETER_SIZE, Figure, interpreter, yardstick
from clients import person
from exactbi.exact_online import protocol
from exactbi.exact_online.streams import STREAMS
from launcher import vendors
from launcher.figures import MIB, memory_of
from launcher.folders import run_folder
from launcher.vendors import Emulator, World

STREAM = STREAMS["TransactionLines"]
PAGE = 10_000
"""Rows of a POST: as many as Power BI takes."""
LEAST_POSTS = 20
UNIQUE, REPEATED, AMOUNTS = 3, 19, 7
"""Columns of a table like a ledger's: texts that no other row has, texts of a hundred values, amounts."""
POST = b"~~~~~~~~"
"""In each unique text, for the number of the POST."""


def emulators(rows: int, runs: int) -> Iterator[Figure]:
    """Records and rows a second over one kept connection, and what both need of memory for about `rows` of them."""
    with tempfile.TemporaryDirectory(dir=run_folder()) as folder:
        yield from _exact(rows, runs, Path(folder))
        yield from _power_bi(max(LEAST_POSTS, rows // runs // PAGE), runs, Path(folder))


def _exact(rows: int, runs: int, folder: Path) -> Iterator[Figure]:
    began = time.perf_counter()
    emulator = vendors.start("exact", World(str(rows), 1, 1.0, "off"), folder, folder / "exact.log")
    seeded = time.perf_counter() - began
    try:
        process = _on_one_core(emulator)
        client, first = _exact_client(emulator), _first_page(emulator)
        values, sizes, scans, yardsticks, idle = [], [], [], [], []
        for _ in range(runs):
            yardsticks.append(yardstick())
            idle.append(interpreter())
            began = time.perf_counter()
            values.append(_read_all(client, first) / (time.perf_counter() - began))
            began = time.perf_counter()
            client.get(_no_record(emulator)).raise_for_status()
            scans.append(rows / (time.perf_counter() - began))
            sizes.append(memory_of(process.pid) / MIB)
        params = {"rows": rows, "fields": len(STREAM.fields), "seeded_s": round(seeded, 1), "cores": 1}
        yield Figure("emulator_exact", "records/s", values, params, {}, yardsticks)
        yield Figure("emulator_exact_filter", "records/s", scans, params, {}, yardsticks)
        yield Figure("emulator_exact_memory", "MiB", sizes, params, {}, idle, INTERPRETER_SIZE)
    finally:
        emulator.close()


def _power_bi(posts: int, runs: int, folder: Path) -> Iterator[Figure]:
    emulator = vendors.start("powerbi", World("small", 1, 1.0, "off"), folder, folder / "powerbi.log")
    try:
        process = _on_one_core(emulator)
        client, body = _power_bi_client(emulator), _body()
        values, sizes, yardsticks, idle = [], [], [], []
        for run in range(runs):
            url, seconds = _table(client, f"bench {run}"), 0.0
            yardsticks.append(yardstick())
            idle.append(interpreter())
            for post in range(posts):
                content = body.replace(POST, b"%08d" % post)
                began = time.perf_counter()
                client.post(url, content=content, headers={"Content-Type": "application/json"}).raise_for_status()
                seconds += time.perf_counter() - began
            values.append(PAGE * posts / seconds)
            sizes.append(memory_of(process.pid) / MIB)
        params = {"rows": PAGE * posts, "columns": 1 + UNIQUE + REPEATED + AMOUNTS, "cores": 1}
        yield Figure("emulator_powerbi", "rows/s", values, params, {}, yardsticks)
        held = params | {"rows": PAGE * posts * runs}
        yield Figure("emulator_powerbi_memory", "MiB", sizes[-1:], held, {}, idle, INTERPRETER_SIZE)
    finally:
        emulator.close()


def _on_one_core(emulator: Emulator) -> psutil.Process:
    """The emulator's process, kept to one core where the system can."""
    assert emulator.child is not None
    process = psutil.Process(emulator.child.pid)
    if hasattr(process, "cpu_affinity"):
        process.cpu_affinity([0])
    return process


def _exact_client(emulator: Emulator) -> httpx.Client:
    """A client with the token of a fresh consent."""
    ready: dict[str, Any] = emulator.ready
    app, user, site = ready["apps"][0], ready["users"][0], ready["sites"][ready["apps"][0]["site"]]
    asked = {"client_id": app["client_id"], "redirect_uri": app["redirect_uri"], "response_type": "code"}
    ended = person.consent(f"{site}/api/oauth2/auth?{urlencode(asked)}", user["user"], user["password"])
    form = {"grant_type": "authorization_code", "code": parse_qs(urlsplit(ended).query)["code"][0]}
    form |= {name: app[name] for name in ("client_id", "client_secret", "redirect_uri")}
    client = httpx.Client(timeout=60.0, trust_env=False, headers={"Accept": "application/json"})
    token = client.post(f"{site}/api/oauth2/token", data=form).raise_for_status().json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def _first_page(emulator: Emulator) -> str:
    division = emulator.ready["divisions"][0]
    return protocol.first_page_url(STREAM, emulator.ready["sites"][division["site"]], division["code"], 0)


def _no_record(emulator: Emulator) -> str:
    """A filter that no index answers and no record satisfies: each is looked at."""
    base = _first_page(emulator).partition("/sync/")[0]
    return f"{base}/financialtransaction/TransactionLines?$select=ID&$filter=Modified ge datetime'2099-01-01T00:00:00'"


def _read_all(client: httpx.Client, first: str) -> int:
    """How many records the pages from the first on have; parsing is left to the other core."""
    url, records = first, 0
    while url:
        page = protocol.parse_page(STREAM, client.get(url).raise_for_status().content)
        records, url = records + len(page.records), page.next or ""
    return records


def _power_bi_client(emulator: Emulator) -> httpx.Client:
    ready: dict[str, Any] = emulator.ready
    app = ready["apps"][0]
    form = {"grant_type": "client_credentials", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    form["scope"] = "https://analysis.windows.net/powerbi/api/.default"
    client = httpx.Client(timeout=60.0, trust_env=False)
    answer = client.post(f"{ready['login']}/{ready['tenant']}/oauth2/v2.0/token", data=form).raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    client.base_url = httpx.URL(f"{ready['api']}/v1.0/myorg/groups/{ready['workspaces'][0]['id']}/")
    return client


def _table(client: httpx.Client, name: str) -> str:
    """The address of the rows of a new dataset's table."""
    columns = [{"name": "No", "dataType": "Int64"}]
    columns += [
        {"name": column, "dataType": "String"} for column in (*_names("Unique", UNIQUE), *_names("Text", REPEATED))
    ]
    columns += [{"name": column, "dataType": "Decimal"} for column in _names("Amount", AMOUNTS)]
    body = {"name": name, "defaultMode": "Push", "tables": [{"name": "Lines", "columns": columns}]}
    made = client.post("datasets?defaultRetentionPolicy=None", json=body).raise_for_status().json()
    return f"datasets/{made['id']}/tables/Lines/rows"


def _body() -> bytes:
    """The rows of a POST, their unique texts still without its number."""
    drawn = Random(1)
    rows = [
        {"No": row}
        | {name: f"{POST.decode()} {drawn.getrandbits(64):016x}" for name in _names("Unique", UNIQUE)}
        | {name: f"one of a hundred texts, {drawn.randrange(100)}" for name in _names("Text", REPEATED)}
        | {name: drawn.randrange(10_000_000) / 100 for name in _names("Amount", AMOUNTS)}
        for row in range(PAGE)
    ]
    return json.dumps({"rows": rows}).encode()


def _names(kind: str, columns: int) -> list[str]:
    return [f"{kind} {n}" for n in range(columns)]
