"""Bodies as JSON: read to a type, with what is wrong said, whatever was sent."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

_Read = TypeVar("_Read")


class JsonError(ValueError):
    """A body that is no JSON of the documented shape, with what is wrong."""


def read(kind: type[_Read], body: bytes) -> _Read:
    """The body as a document of this type; JsonError for anything else, and where an object names a member twice."""
    found = decoded(msgspec.json.Decoder(kind), body)
    if _repeats(body):
        raise JsonError("Multiple properties with one name were detected in an object")
    return found


def decoded(decoder: msgspec.json.Decoder[_Read], body: bytes) -> _Read:
    """The body's document; JsonError also for bytes that are no text, and for what is nested too deep."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError) as wrong:
        raise JsonError(str(wrong)) from wrong


def repeats(body: bytes, members: int) -> bool:
    """Whether an object names a member twice, where there are so many members once the last of two counts.

    https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html: names are unique. A large
    body whose colons are as many as its members is not read again.
    """
    return body.count(b'":') + body.count(b'" :') != members and _repeats(body)


def _repeats(body: bytes) -> bool:
    found = False

    def note(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in pairs}) < len(pairs)

    json.loads(body, object_pairs_hook=note)
    return found
