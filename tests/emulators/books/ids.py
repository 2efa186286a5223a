"""Identifiers from the seed: of named things, and in a row."""

from __future__ import annotations

import random
import uuid


def guid_of(seed: int, kind: str, name: str) -> str:
    """The same name gives the same GUID, under the same seed."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"books|{seed}|{kind}|{name}"))


def next_guid(dice: random.Random) -> str:
    """A new GUID drawn from the dice."""
    found = f"{dice.getrandbits(128):032x}"
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"
