"""What is kept of a POST: its body as it came, compressed, and how many of its rows count."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

import cramjam
import msgspec

_LEVEL: Final = 1


class _Rows(msgspec.Struct):
    rows: list[dict[str, Any]]


class _RawRows(msgspec.Struct):
    rows: list[msgspec.Raw]


rows_decoder: Final = msgspec.json.Decoder(_Rows, float_hook=Decimal)
_raw_decoder: Final = msgspec.json.Decoder(_RawRows)


class Posted(NamedTuple):
    """What is kept of a POST: its body, compressed, and how many of its rows count."""

    packed: bytes
    size: int

    def rows(self) -> list[dict[str, Any]]:
        """The rows that count, decoded; numbers with a point are Decimal."""
        return rows_decoder.decode(unpack(self.packed)).rows[: self.size]

    def texts(self, name: str) -> list[str | None]:
        """One text column of the rows that count; the others are skipped while decoding."""
        row = msgspec.defstruct("Row", [("value", str | None, None)], rename={"value": name})
        body = msgspec.defstruct("Body", [("rows", list[row])])  # type: ignore[valid-type]
        found: Any = msgspec.json.decode(unpack(self.packed), type=body)
        return [one.value for one in found.rows[: self.size]]

    def posted(self) -> Iterator[str]:
        """The rows that count as they were posted, one JSON text each, without line breaks."""
        for raw in _raw_decoder.decode(unpack(self.packed)).rows[: self.size]:
            text = bytes(raw)
            yield (msgspec.json.format(text, indent=-1) if b"\n" in text else text).decode()


def pack(body: bytes) -> bytes:
    """Compressed: posted rows shrink to about a tenth."""
    return bytes(cramjam.zstd.compress(body, level=_LEVEL))


def unpack(packed: bytes) -> bytes:
    return bytes(cramjam.zstd.decompress(packed))
