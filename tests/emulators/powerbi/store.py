"""What a table holds: the posted bodies, and typed columns of codes; both only grow until a DELETE."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from emulators.powerbi.model import Column
from emulators.powerbi.posted import Posted
from emulators.powerbi.values import BLANK

_ARRAYS: Final = {"Int64": "i", "Decimal": "i", "DateTime": "q", "Boolean": "b", "Double": "d"}
"""Half of the columns never need eight bytes: an array is widened when a code does not fit."""
_KEPT_DECODED: Final = 4


class Batch(NamedTuple):
    """The checked content of one POST until it lands: its rows, codes of all but text columns, folded keys."""

    post: Posted
    codes: dict[str, list[Any]]
    keys: dict[str, list[Any]]

    @property
    def size(self) -> int:
        return self.post.size

    def first(self, size: int) -> Batch:
        """The same POST of which only the first `size` rows count."""
        codes = {name: each[:size] for name, each in self.codes.items()}
        return Batch(self.post._replace(size=size), codes, {name: each[:size] for name, each in self.keys.items()})


class TextColumn:
    """A text column as codes into its distinct texts, which equal each other without regard to case."""

    def __init__(self, trims: bool = True) -> None:
        self.trims = trims
        self.codes: array[int] = array("i")
        self.texts: list[str] = []
        self._known: dict[str, int] = {}
        self.posts = 0

    def extend(self, values: list[str | None]) -> None:
        """Append values; the first spelling of a text stands for all."""
        known = self._known
        for value in values:
            if value is None:
                self.codes.append(-1)
                continue
            if self.trims and value[-1:] == " ":
                value = value.rstrip(" ")
            folded = value.casefold()
            code = known.get(folded)
            if code is None:
                code = known[folded] = len(self.texts)
                self.texts.append(value)
            self.codes.append(code)

    def code(self, text: str) -> int | None:
        """The code of a text in any case; None if no row has it."""
        return self._known.get(trimmed(text, self.trims).casefold())


def trimmed(text: str, trims: bool) -> str:
    """A text as the engine keeps it: without spaces at its end."""
    return text.rstrip(" ") if trims else text


@dataclass
class Segment:
    """The rows of a table from one DELETE to the next. Rows are only appended, so a state is a number of rows.

    `since` is the first row that has a column which was added later.
    """

    numbers: dict[str, array[Any]]
    texts: dict[str, TextColumn]
    keys: dict[str, set[Any]]
    posts: list[Posted] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    landed_at: list[float] = field(default_factory=list)
    trims: bool = True
    ended_at: float | None = None
    blank: set[str] = field(default_factory=set)
    since: dict[str, int] = field(default_factory=dict)
    _decoded: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: list[Column], keys: set[str], trims: bool = True) -> Segment:
        numbers = {column.name: array(_ARRAYS[column.kind]) for column in columns if column.kind in _ARRAYS}
        return cls(numbers, {}, {name: set() for name in keys}, trims=trims)

    @property
    def size(self) -> int:
        return self.ends[-1] if self.ends else 0

    def append(self, batch: Batch, at: float) -> None:
        """Let a batch land."""
        for name, column in self.numbers.items():
            codes = batch.codes.get(name) or [_blank(column)] * batch.size
            self.numbers[name] = _extended(column, codes)
            if column.typecode == "d" or BLANK in codes:
                self.blank.add(name)
        for name, known in self.keys.items():
            known.update(batch.keys.get(name, ()))
        self.posts.append(batch.post)
        self.ends.append(self.size + batch.size)
        self.landed_at.append(at)

    def duplicates(self, batch: Batch) -> str | None:
        """A key column in which the batch repeats a value, its own or one that is there."""
        for name, known in self.keys.items():
            if name not in batch.keys:
                continue
            new = set(batch.keys[name])
            if len(new) < batch.size or not known.isdisjoint(new):
                return name
        return None

    def size_at(self, at: float) -> int:
        """How many rows had landed by then."""
        landed = bisect_right(self.landed_at, at)
        return self.ends[landed - 1] if landed else 0

    def add_column(self, column: Column) -> None:
        """A column that existing rows are blank in."""
        self.since[column.name] = self.size
        self.texts.pop(column.name, None)
        self.numbers.pop(column.name, None)
        if column.kind in _ARRAYS:
            made: array[Any] = array(_ARRAYS[column.kind])
            self.numbers[column.name] = _extended(made, [_blank(made)] * self.size)
            self.blank.add(column.name)

    def text(self, name: str) -> TextColumn:
        """A text column with all rows so far; read from the bodies when a query first touches it."""
        column = self.texts.setdefault(name, TextColumn(self.trims))
        since = self.since.get(name, 0)
        for at in range(column.posts, len(self.posts)):
            posted = self.posts[at]
            column.extend([None] * posted.size if self.ends[at] <= since else posted.texts(name))
        column.posts = len(self.posts)
        return column

    def texts_at(self, name: str, rows: Sequence[int]) -> list[str | None]:
        """A text column of a few rows (in any order), each as it was posted, without reading the whole column."""
        found: list[str | None] = []
        since = self.since.get(name, 0)
        for row in rows:
            if row < since:
                found.append(None)
                continue
            post = bisect_right(self.ends, row)
            text = self._rows_of(post)[row - (self.ends[post - 1] if post else 0)].get(name)
            found.append(None if text is None else trimmed(text, self.trims))
        return found

    def _rows_of(self, post: int) -> list[dict[str, Any]]:
        """The rows of a post; the last few that were asked for are kept."""
        if post not in self._decoded:
            self._decoded[post] = self.posts[post].rows()
            while len(self._decoded) > _KEPT_DECODED:
                self._decoded.pop(next(iter(self._decoded)))
        return self._decoded[post]


def _extended(column: array[Any], codes: list[Any]) -> array[Any]:
    """The column with more codes, in a wider array where they don't fit."""
    try:
        column.extend(array(column.typecode, codes))
    except OverflowError:
        column = array("q", column)
        column.extend(array("q", codes))
    return column


def _blank(column: array[Any]) -> Any:
    return float("nan") if column.typecode == "d" else BLANK
