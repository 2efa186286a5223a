"""Filters of OData drawn at random, each with what it means in plain Python, and records of the address Items.

`conditions` draws a filter; `rows` a record; `body` makes the JSON texts of a record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from emulators.exact import values as json_text
from emulators.exact.entities import BY_PATH
from emulators.exact.values import NULL

ITEMS = BY_PATH["logistics/items"]
EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
Row = dict[str, Any]


@dataclass(frozen=True)
class Term:
    """A piece of a filter and what it means in Python; `fields` says whether it names any."""

    text: str
    value: Callable[[Row], Any]
    fields: bool


def _of(made: Term, wrap: str, run: Callable[[Any], Any]) -> Term:
    def value(row: Row) -> Any:
        found = made.value(row)
        return None if found is None else run(found)

    return Term(wrap.format(made.text), value, made.fields)


def _both(one: Term, other: Term, shape: str, run: Callable[[Any, Any], Any]) -> Term:
    def value(row: Row) -> Any:
        left, right = one.value(row), other.value(row)
        return None if left is None or right is None else run(left, right)

    return Term(shape.format(one.text, other.text), value, one.fields or other.fields)


def field(name: str) -> st.SearchStrategy[Term]:
    return st.just(Term(name, lambda row: row[name], True))


letters = st.text(alphabet="aB éż'x0 ", max_size=4)
quoted = letters.map(lambda text: Term("'" + text.replace("'", "''") + "'", lambda _: text, False))
moments = st.integers(-100_000_000, 2_000_000_000).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
numbers = st.one_of(
    st.integers(-1000, 1000).map(lambda n: Term(f"{n}", lambda _: Decimal(n), False)),
    st.integers(-1000, 1000).map(lambda n: Term(f"{n}L", lambda _: Decimal(n), False)),
    st.decimals(-99, 99, places=2).map(lambda n: Term(f"{n}M", lambda _: n, False)),
    st.decimals(-99, 99, places=3).map(lambda n: Term(f"{n}d", lambda _: n, False)),
    *(field(name) for name in ("CostPriceStandard", "SecurityLevel", "IsMakeItem")),
)
texts: st.SearchStrategy[Term] = st.deferred(
    lambda: st.one_of(
        quoted, field("Code"), field("Notes"),
        texts.map(lambda one: _of(one, "tolower({})", str.lower)),
        texts.map(lambda one: _of(one, "toupper( {} )", str.upper)),
        texts.map(lambda one: _of(one, "trim({})", str.strip)),
        st.tuples(texts, quoted).map(lambda pair: _both(*pair, "concat({},{})", lambda a, b: a + b)),
        st.tuples(texts, st.integers(0, 3)).map(
            lambda pair: _of(pair[0], f"substring({{}},{pair[1]})", lambda text: text[pair[1] :])
        ),
        st.tuples(texts, quoted).map(
            lambda pair: _both(*pair, "replace({},{},'_')", lambda a, b: a.replace(b, "_") if b else a)
        ),
    )
)  # fmt: skip


def date_part(part: str) -> Term:
    return _of(Term("StartDate", lambda row: row["StartDate"], True), part + "({})", lambda when: getattr(when, part))


counted = st.one_of(
    numbers,
    texts.map(lambda one: _of(one, "length({})", lambda text: Decimal(len(text)))),
    st.tuples(texts, quoted).map(
        lambda pair: _both(*pair, "indexof({},{})", lambda a, b: Decimal(a.lower().find(b.lower())))
    ),
    st.sampled_from(["year", "month", "day", "hour", "minute", "second"]).map(date_part),
)
dates = st.one_of(
    field("StartDate"), moments.map(lambda when: Term(f"datetime'{when.isoformat()}'", lambda _: when, False))
)
guids = st.one_of(field("ItemGroup"), st.uuids().map(lambda key: Term(f"guid'{key}'", lambda _: str(key), False)))
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
}  # fmt: skip


@st.composite
def comparison(draw: st.DrawFn) -> Term:
    kind = draw(st.sampled_from([texts, counted, dates, guids]))
    one, other = draw(kind), draw(kind)
    if one.fields and other.fields:
        other = draw(kind.filter(lambda term: not term.fields))
    word = draw(st.sampled_from(list(TESTS)))

    def value(row: Row) -> bool:
        left, right = one.value(row), other.value(row)
        if left is None or right is None:
            return {"eq": left is right, "ne": left is not right}.get(word, False)
        if isinstance(left, str):
            left, right = left.lower(), right.lower()
        return TESTS[word](left, right)

    return Term(f"{one.text} {word} {other.text}", value, True)


def _joined(one: Term, other: Term, shape: str, every: Callable[[list[Any]], bool]) -> Term:
    return Term(shape.format(one.text, other.text), lambda row: every([one.value(row), other.value(row)]), True)


null_tests = st.sampled_from(["Code", "StartDate", "ItemGroup", "CostPriceStandard"]).flatmap(
    lambda name: st.sampled_from(
        [
            Term(f"{name} eq null", lambda row: row[name] is None, True),
            Term(f"null ne {name}", lambda row: row[name] is not None, True),
        ]
    )
)
FINDERS: dict[str, Callable[[str, str], bool]] = {
    "substringof({1},{0})": lambda whole, part: part.lower() in whole.lower(),
    "startswith({0},{1})": lambda whole, part: whole.lower().startswith(part.lower()),
    "endswith({0},{1})": lambda whole, part: whole.lower().endswith(part.lower()),
}
found_in = st.tuples(texts, quoted, st.sampled_from(list(FINDERS))).map(
    lambda drawn: _both(drawn[0], drawn[1], drawn[2], FINDERS[drawn[2]])
)
conditions: st.SearchStrategy[Term] = st.recursive(
    st.one_of(comparison(), null_tests, found_in, field("IsSalesItem")),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: _joined(*pair, "({}) and ({})", all)),
        st.tuples(inner, inner).map(lambda pair: _joined(*pair, "{} or ({})", any)),
        inner.map(lambda one: Term(f"not ({one.text})", lambda row: not one.value(row), True)),
    ),
    max_leaves=5,
)
rows = st.fixed_dictionaries(
    {
        "Code": st.none() | letters, "Notes": st.none() | letters,
        "CostPriceStandard": st.none() | st.decimals(-99, 99, places=2),
        "SecurityLevel": st.none() | st.integers(-1000, 1000), "IsMakeItem": st.sampled_from([0, 1]),
        "IsSalesItem": st.booleans(), "StartDate": st.none() | moments, "ItemGroup": st.none() | st.uuids().map(str),
    }
)  # fmt: skip


def body(row: Row) -> list[str]:
    """The JSON texts of a record."""
    shown = {
        "Code": json_text.text(row["Code"]), "Notes": json_text.text(row["Notes"]),
        "CostPriceStandard": json_text.number(row["CostPriceStandard"]),
        "SecurityLevel": json_text.number(row["SecurityLevel"]), "IsMakeItem": str(row["IsMakeItem"]),
        "IsSalesItem": json_text.boolean(row["IsSalesItem"]), "ItemGroup": json_text.guid(row["ItemGroup"]),
        "StartDate": json_text.moment(row["StartDate"] and round((row["StartDate"] - EPOCH).total_seconds() * 1000)),
    }  # fmt: skip
    return [shown.get(name, NULL) for name in ITEMS.entity.fields]
