"""YAML documents whose every part knows its file, line and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

from exactbi.errors import CONFIG_INVALID, ConfigurationError


@dataclass(frozen=True)
class Place:
    """Where a part of a document begins, after its quote; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Section(dict[str, Any]):
    """A YAML mapping; `place` is its own, `places` those of its values."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}

    def put(self, key: str, value: Any, place: Place) -> None:
        """Set a value with its place."""
        self[key] = value
        self.places[key] = place


class Items(list[Any]):
    """A YAML sequence; `places` are those of its items."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Place] = []

    def add(self, value: Any, place: Place) -> None:
        """Append an item with its place."""
        self.append(value)
        self.places.append(place)


def invalid(place: Place | str, message: str) -> ConfigurationError:
    """The error for something wrong at a place."""
    return ConfigurationError(CONFIG_INVALID, f"{place}: {message}")


def read(text: str, file: str) -> Section:
    """The document of a YAML text; ConfigurationError (CONFIG_INVALID) with the place where it is not one mapping."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    try:
        loaded = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        raise invalid(place, error.problem or "not YAML") from error
    except YAMLError as error:
        raise invalid(Place(file, 1, 1), f"not YAML: {error}") from error
    if not isinstance(loaded, CommentedMap):
        raise invalid(Place(file, 1, 1), "a mapping is expected")
    return _mapping(loaded, file, Place(file, 1, 1))


def read_file(path: Path) -> Section:
    """The document in a file."""
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(CONFIG_INVALID, f"{path}: {error}") from error


def place_of(node: Any, path: Sequence[int | str], default: Place) -> Place:
    """The place of the deepest part that `path` leads to."""
    place = node.place if isinstance(node, Section) else default
    for step in path:
        if isinstance(node, Section) and step in node.places:
            place, node = node.places[str(step)], node[str(step)]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node):
            place, node = node.places[step], node[step]
        else:
            break
    return place


def known(node: Any, path: Sequence[int | str]) -> tuple[int | str, ...]:
    """The steps of `path` that lead somewhere in `node`, and a last one that names what its mapping lacks."""
    steps: list[int | str] = []
    for place, step in enumerate(path):
        if isinstance(node, Section) and step in node:
            node = node[str(step)]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node):
            node = node[step]
        elif not (isinstance(node, Section) and place == len(path) - 1):
            continue
        steps.append(step)
    return tuple(steps)


def _value(node: Any, file: str, place: Place) -> Any:
    if isinstance(node, CommentedMap):
        return _mapping(node, file, place)
    if isinstance(node, CommentedSeq):
        items = Items()
        for index, item in enumerate(node):
            at = _inside(item, _begin(node, index, place))
            items.add(_value(item, file, at), at)
        return items
    if isinstance(node, str):
        return str(node)
    return node


def _mapping(node: CommentedMap, file: str, place: Place) -> Section:
    result = Section(place)
    for key, value in node.items():
        if not isinstance(key, str):
            raise invalid(place, f"the name {key!r} is no text")
        at = _inside(value, _begin(node, key, place))
        result.put(key, _value(value, file, at), at)
    return result


def _begin(node: CommentedMap | CommentedSeq, step: str | int, place: Place) -> Place:
    """Where a part begins; `place`, that of the whole, for what a tag or a merged mapping brought in."""
    marks = (node.lc.data or {}).get(step)
    return place if marks is None else Place(place.file, marks[-2] + 1, marks[-1] + 1)


def _inside(value: Any, place: Place) -> Place:
    """The place of a scalar's first character, after its quote."""
    if isinstance(value, SingleQuotedScalarString | DoubleQuotedScalarString):
        return Place(place.file, place.line, place.column + 1)
    return place
