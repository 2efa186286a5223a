"""What is kept of a POST: its body as it came, compressed, in a file, and how many of its rows count."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

import cramjam
import msgspec

_LEVEL: Final = 1


class _Rows(msgspec.Struct, forbid_unknown_fields=True):
    rows: list[dict[str, Any]]


class _RawRows(msgspec.Struct):
    rows: list[msgspec.Raw]


rows_decoder: Final = msgspec.json.Decoder(_Rows, float_hook=Decimal)
_raw_decoder: Final = msgspec.json.Decoder(_RawRows)


class Bodies:
    """The bodies of POSTs, compressed: one file without a name, which only grows and goes with this object."""

    def __init__(self) -> None:
        self._file, path = tempfile.mkstemp(prefix="powerbi-bodies-")
        os.unlink(path)
        weakref.finalize(self, os.close, self._file)
        self._end = 0

    def keep(self, body: bytes, size: int) -> Posted:
        """Keep the body of a POST of `size` rows; posted rows shrink to about a tenth."""
        packed = cramjam.zstd.compress(body, level=_LEVEL)
        os.pwrite(self._file, packed, self._end)
        posted = Posted(self, self._end, len(packed), size)
        self._end += len(packed)
        return posted

    def read(self, at: int, length: int) -> bytes:
        """A body as it came."""
        return bytes(cramjam.zstd.decompress(os.pread(self._file, length, at)))


class Posted(NamedTuple):
    """What is kept of a POST: where its body is, `length` bytes from `at` on, and how many of its rows count."""

    bodies: Bodies
    at: int
    length: int
    size: int

    def body(self) -> bytes:
        """As it came."""
        return self.bodies.read(self.at, self.length)

    def rows(self) -> list[dict[str, Any]]:
        """The rows that count, decoded; numbers with a point are Decimal."""
        return rows_decoder.decode(self.body()).rows[: self.size]

    def texts(self, name: str) -> list[str | None]:
        """One text column of the rows that count; the others are skipped while decoding."""
        row = msgspec.defstruct("Row", [("value", str | None, None)], rename={"value": name})
        body = msgspec.defstruct("Body", [("rows", list[row])])  # type: ignore[valid-type]
        found: Any = msgspec.json.decode(self.body(), type=body)
        return [one.value for one in found.rows[: self.size]]

    def posted(self) -> Iterator[str]:
        """The rows that count as they were posted, one JSON text each, without line breaks."""
        for raw in _raw_decoder.decode(self.body()).rows[: self.size]:
            text = bytes(raw)
            yield (msgspec.json.format(text, indent=-1) if b"\n" in text else text).decode()
