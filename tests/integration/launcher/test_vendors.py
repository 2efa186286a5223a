"""Emulators that somebody else runs: used as they are, never ended, and asked for by name where too little is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from launcher import vendors
from launcher.processes import PrerequisiteError
from launcher.vendors import World


def test_a_running_emulator_is_taken_and_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = vendors.start("exact", World("100"), tmp_path, tmp_path / "exact.log")
    assert ours.child is not None
    monkeypatch.setenv("EXACTBI_EXACT_URL", ours.ready["sites"]["nl"])
    monkeypatch.setenv("EXACTBI_EXACT_READY", str(tmp_path / "exact.json"))

    theirs = vendors.start("exact", World("100"), tmp_path / "other", tmp_path / "other.log")
    assert theirs.child is None
    assert theirs.control.get("/control/stats")["calls"] == {}
    theirs.close()
    assert ours.child.is_alive
    ours.close()


def test_the_groups_sites_are_taken_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = {"nl": "http://127.0.0.1:1", "be": "http://127.0.0.1:2"}
    (tmp_path / "exact.json").write_text(
        json.dumps({"sites": dict.fromkeys(sites, ""), "control": "http://127.0.0.1:3"})
    )
    monkeypatch.setenv("EXACTBI_EXACT_URL", vendors.exact_url(sites))
    monkeypatch.setenv("EXACTBI_EXACT_READY", str(tmp_path / "exact.json"))

    assert vendors.start("exact", World(), tmp_path, tmp_path / "log").ready["sites"] == sites


def test_an_address_without_the_ready_file_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXACTBI_POWERBI_URL", "http://127.0.0.1:1")
    with pytest.raises(PrerequisiteError, match="set EXACTBI_POWERBI_READY to the file that this emulator wrote"):
        vendors.start("powerbi", World("100"), tmp_path, tmp_path / "log")

    monkeypatch.setenv("EXACTBI_POWERBI_READY", str(tmp_path / "nothing.json"))
    with pytest.raises(PrerequisiteError, match="there is no such file"):
        vendors.start("powerbi", World("100"), tmp_path, tmp_path / "log")
