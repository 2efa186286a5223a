"""Reads the emulators' control ports: Exact's records and their history, Power BI's rows and its journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx

TIMEOUT_S = 120.0
LINE_END = b"\n"
"""Only this ends a line: texts hold other characters that end lines elsewhere."""


def exact_records(control: str, entity: str) -> Iterator[dict[str, Any]]:
    """Every live record of one moment."""
    return _lines(f"{control}/control/records/{entity}")


def exact_history(control: str, entity: str) -> Iterator[dict[str, Any]]:
    """Every version that each record ever had: id, version, at, deleted, record."""
    return _lines(f"{control}/control/history/{entity}")


def sink_rows(control: str, dataset: str, table: str) -> Iterator[dict[str, Any]]:
    """Every row that a table holds, as it was posted."""
    return _lines(f"{control}/control/rows/{quote(dataset)}/{quote(table)}")


def sink_journal(control: str, dataset: str, table: str) -> Iterator[dict[str, Any]]:
    """Every landing of a POST or DELETE in a table, in order: n, at, verb, fault, rows."""
    return _lines(f"{control}/control/journal?dataset={quote(dataset)}&table={quote(table)}")


def _lines(url: str) -> Iterator[dict[str, Any]]:
    with httpx.stream("GET", url, timeout=TIMEOUT_S, trust_env=False) as answer:
        answer.raise_for_status()
        rest = b""
        for block in answer.iter_bytes():
            *lines, rest = (rest + block).split(LINE_END)
            for line in lines:
                yield json.loads(line, parse_float=Decimal)
        assert not rest, "a list ended in the middle of a line"
