"""The emulator as others start it: its ready file, its two ports, HTTPS, and its end."""

from __future__ import annotations

import json
import os
import signal
import ssl
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
ENDED_S = 30


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A process that serves HTTPS, and what its ready file says."""
    file = tmp_path / "power_bi.json"
    command = [sys.executable, "-m", "emulators.powerbi", "--ready", str(file), "--tls", str(tmp_path / "tls")]
    tests = str(Path(emulators.__file__).parents[1])
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": tests, "EXACTBI_LIMITS": "off"})
    deadline = time.monotonic() + STARTED_S
    while not file.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert file.stat().st_mode & 0o777 == 0o600
    yield json.loads(file.read_text())
    process.send_signal(signal.SIGTERM)
    assert process.wait(ENDED_S) == 0


def test_the_ready_file_is_enough_to_get_a_token_over_https_and_to_be_cut_off(ready: dict[str, Any]) -> None:
    app = ready["apps"][0]
    form = {"grant_type": "client_credentials", "scope": "https://analysis.windows.net/powerbi/api/.default"}
    form |= {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    url = f"{ready['login']}/{ready['tenant']}/oauth2/v2.0/token"
    with httpx.Client(trust_env=False, verify=ssl.create_default_context(cafile=ready["ca"])) as client:
        token = client.post(url, data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        groups = client.get(f"{ready['api']}/v1.0/myorg/groups", headers=headers).json()["value"]
        client.post(
            f"{ready['control']}/control/faults", json={"route": "groups.list", "fault": {"kind": "reset_after"}}
        )
        with pytest.raises(httpx.TransportError):
            client.get(f"{ready['api']}/v1.0/myorg/groups", headers=headers)

    assert ready.keys() == {
        "schema", "pid", "control", "ca", "api", "login", "tenant", "tenants", "apps", "workspaces", "refreshable",
    }  # fmt: skip
    assert ready["schema"] == "exactbi.powerbi-emulator/1"
    mine = [one for one in ready["workspaces"] if one["tenant"] == ready["tenant"]]
    assert [(one["id"], one["name"]) for one in groups] == [(one["id"], one["name"]) for one in mine]
    assert len(ready["refreshable"]) == 1
    assert [one["tenant"] for one in ready["apps"]] == [one["id"] for one in ready["tenants"]]
    assert Path(app["private_key"]).stat().st_mode & 0o777 == 0o600
    assert Path(app["certificate"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
