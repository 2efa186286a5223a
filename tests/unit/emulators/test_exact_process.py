"""The emulator as others start it: its ready file, its two ports, and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import emulators

STARTED_S = 120


@pytest.fixture
def ready(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A process with tiny books, of one company unless the test says otherwise; its ready file, and what it says."""
    file = tmp_path / "exact.json"
    books = getattr(request, "param", ["--books", "single"])
    command = [sys.executable, "-m", "emulators.exact", "--ready", str(file), "--size", "100", "--scale", "60", *books]
    tests = str(Path(emulators.__file__).parents[1])
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": tests, "EXACTBI_LIMITS": "on"})
    deadline = time.monotonic() + STARTED_S
    while not file.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    yield file, json.loads(file.read_text())
    process.send_signal(signal.SIGTERM)
    assert process.wait(STARTED_S) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["exact.json"]


def test_the_ready_file_says_all_that_a_client_needs_to_its_owner_only(ready: tuple[Path, dict[str, Any]]) -> None:
    file, said = ready

    assert file.stat().st_mode & 0o777 == 0o600
    assert said["schema"] == "exactbi.exact-emulator/1"
    assert set(said) == {"schema", "pid", "control", "ca", "sites", "apps", "users", "divisions"}
    assert set(said["apps"][0]) == {"site", "client_id", "client_secret", "redirect_uri", "webhook_secret"}
    assert said["divisions"] == [{"site": "nl", "code": 100001}]


def test_both_ports_serve_and_a_lost_answer_is_a_reset(ready: tuple[Path, dict[str, Any]]) -> None:
    said = ready[1]
    fault = {"route": "me", "calls": [1], "fault": {"kind": "reset_after"}}
    with httpx.Client(trust_env=False) as client:
        client.post(f"{said['control']}/control/faults", json=fault)
        with pytest.raises(httpx.TransportError):
            client.get(f"{said['sites']['nl']}/api/v1/current/Me")
        answer = client.get(f"{said['sites']['nl']}/api/v1/current/Me")
        truth = client.get(f"{said['control']}/control/truth").json()

    assert answer.status_code == 401
    assert len(answer.headers.get_list("Date")) == 1
    assert truth["records"]["TransactionLines"] == 100


@pytest.mark.parametrize("ready", [[]], indirect=True)
def test_the_group_lives_on_three_of_seven_sites_each_with_its_own_app_and_port(
    ready: tuple[Path, dict[str, Any]],
) -> None:
    said = ready[1]

    assert list(said["sites"]) == ["nl", "be", "de", "uk", "fr", "es", "us"]
    assert len(set(said["sites"].values())) == 7
    assert len({app["client_id"] for app in said["apps"]}) == 7
    assert {(one["site"], one["code"]) for one in said["divisions"]} == {
        ("nl", 100001), ("nl", 100002), ("be", 200001), ("de", 300001),
    }  # fmt: skip
    with httpx.Client(trust_env=False) as client:
        for base in said["sites"].values():
            assert client.get(f"{base}/api/v1/current/Me").status_code == 401
        changed = client.post(f"{said['control']}/control/change", json={"n": 5}).json()["changed"]
        truth = client.get(f"{said['control']}/control/truth").json()

        notify = {"n": 99, "callback": "http://127.0.0.1:1/be", "site": "be"}
        sent = client.post(f"{said['control']}/control/notify", json=notify).json()["sent"]
        elsewhere = client.post(f"{said['control']}/control/notify", json={"n": 9, "site": "jp"})

    assert {one["site"] for one in changed} <= {"nl", "be", "de"}
    assert len(sent) <= sum(one["site"] == "be" for one in changed)
    assert elsewhere.status_code == 400
    assert {one["site"] for one in truth["sums"]} == {"nl", "be", "de"}
