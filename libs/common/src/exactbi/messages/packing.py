"""Compression of message values: zstd, once, where a message is written."""

from __future__ import annotations

import cramjam

from exactbi.errors import UNDECODABLE, PermanentError


def pack(value: bytes) -> bytes:
    """One zstd frame of `value`; what the outbox stores and the topics carry."""
    return bytes(cramjam.zstd.compress(value, level=3))


def unpack(value: bytes) -> bytes:
    """The inverse of `pack`; PermanentError (UNDECODABLE) for anything else."""
    try:
        return bytes(cramjam.zstd.decompress(value))
    except cramjam.DecompressionError as error:
        raise PermanentError(UNDECODABLE, f"not a zstd frame: {error}") from error
