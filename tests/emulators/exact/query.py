"""The query options of a request, checked against its resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from emulators.exact import rules as rule
from emulators.exact.answers import RefusedError
from emulators.exact.entities import Resource
from emulators.exact.evaluate import Compiler, fields_of
from emulators.exact.grammar import Comparison, Field, GrammarError, Literal, Logic, Node, parse
from emulators.exact.rules import Rules

_KNOWN: Final = frozenset({"$filter", "$select", "$orderby", "$top", "$skiptoken", "$inlinecount", "$skip", "$format"})
_UNPAGED: Final = 1_000_000_000
_NEEDS_SELECT: Final = "Please add a $select or a $top=1 statement to the query string."
_NEEDS_FILTER: Final = (
    "This endpoint has mandatory filtering applied. A GET request for this endpoint must have a $filter parameter"
    " with one of the following fields in the url: "
)
_NOT_LISTED: Final = "This $filter parameter is not supported for this resource"


@dataclass(frozen=True)
class Query:
    """What a request asks for. `above` is the Timestamp that a sync request starts from; `keys` narrows by equality."""

    select: tuple[str, ...]
    condition: Callable[[list[str]], bool] | None
    keys: dict[str, str]
    above: int
    order: tuple[tuple[str, bool], ...]
    top: int | None
    count: bool
    page: int


def read(resource: Resource, options: dict[str, str], rules: Rules, *, by_key: bool = False) -> Query:
    """Check the options; RefusedError(400) with the vendor's words otherwise."""
    unknown = [name for name in options if name.startswith("$") and name not in _KNOWN]
    if unknown:
        raise RefusedError(400, f"The query parameter '{unknown[0]}' is not supported.")
    if "$skip" in options and rules.on(rule.NO_SKIP):
        raise RefusedError(400, "The query parameter '$skip' is not supported.")
    top = _whole(options, "$top")
    if resource.select_required and "$select" not in options and top != 1 and rules.on(rule.SELECT_NEEDED):
        raise RefusedError(400, _NEEDS_SELECT)
    select = _select(resource, options.get("$select"), rules)
    tree = _tree(options.get("$filter"), rules)
    if not by_key:
        _mandatory(resource, tree, rules)
    condition = _condition(resource, tree, rules)
    above = _above(tree, rules) if resource.sync else -1
    order = _order(resource, options.get("$orderby"))
    count = options.get("$inlinecount") == "allpages"
    page = resource.page if resource.page and rules.on(rule.PAGE_SIZE) else _UNPAGED
    return Query(select, condition, _keys(tree), above, order, top, count, page)


def _whole(options: dict[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is not None and not text.isdecimal():
        raise RefusedError(400, f"Incorrect format for {name} argument '{text}'.")
    return None if text is None else int(text)


def _select(resource: Resource, text: str | None, rules: Rules) -> tuple[str, ...]:
    if text is None or (text == "*" and not (resource.sync and rules.on(rule.SELECT_KNOWN))):
        return tuple(resource.fields)
    known = frozenset(resource.fields)
    wanted = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    missing = [name for name in wanted if name not in known]
    if missing and rules.on(rule.SELECT_KNOWN):
        raise RefusedError(400, f"Could not find a property named '{missing[0]}' on type '{type_name(resource)}'.")
    return tuple(name for name in wanted if name in known)


def type_name(resource: Resource) -> str:
    """As live answers show it: Exact.Web.Api.Models.System.Me."""
    return resource.model


def _tree(text: str | None, rules: Rules) -> Node | None:
    if text is None:
        return None
    try:
        return parse(text)
    except GrammarError as error:
        if rules.on(rule.FILTER_GRAMMAR):
            raise RefusedError(400, str(error)) from None
        return None


def _mandatory(resource: Resource, tree: Node | None, rules: Rules) -> None:
    if not resource.filters:
        return
    named = fields_of(tree) if tree else []
    if not named and rules.on(rule.FILTER_NEEDED):
        raise RefusedError(400, _NEEDS_FILTER + ", ".join(resource.filters))
    if any(name not in resource.filters for name in named) and rules.on(rule.FILTER_LISTED):
        raise RefusedError(400, _NOT_LISTED)


def _condition(resource: Resource, tree: Node | None, rules: Rules) -> Callable[[list[str]], bool] | None:
    if tree is None:
        return None
    check = rules.on(rule.FILTER_TYPES)
    try:
        compiler = Compiler(resource.entity, tuple(resource.fields), type_name(resource), check_types=check)
        return compiler.condition(tree)
    except GrammarError as error:
        raise RefusedError(400, str(error)) from None


def _above(tree: Node | None, rules: Rules) -> int:
    """The Timestamp above which a sync request reads: `Timestamp gt N`, or `ge`, and nothing else."""
    if tree is None:
        return 0
    match tree:
        case Comparison("gt" | "ge" as word, Field("Timestamp"), Literal("Number", Decimal() as number)):
            return int(number) - (word == "ge")
    if rules.on(rule.SYNC_FILTER):
        raise RefusedError(400, _NOT_LISTED)
    return 0


def _keys(tree: Node | None) -> dict[str, str]:
    """Guid fields that the filter fixes by `eq` and joins by `and`: an index may answer them."""
    parts = tree.parts if isinstance(tree, Logic) and tree.operator == "and" else (tree,)
    found = {}
    for part in parts:
        match part:
            case Comparison("eq", Field(name), Literal("Guid", str() as value)):
                found[name] = value
    return found


def _order(resource: Resource, text: str | None) -> tuple[tuple[str, bool], ...]:
    """(field, descending) of $orderby."""
    if text is None:
        return ()
    if resource.sync:
        raise RefusedError(400, "The query parameter '$orderby' is not supported.")
    found = []
    for part in text.split(","):
        name, *direction = part.split()
        if name not in resource.fields or direction not in ([], ["asc"], ["desc"]):
            raise RefusedError(400, f"No property '{part.strip()}' exists in type '{type_name(resource)}'.")
        found.append((name, direction == ["desc"]))
    return tuple(found)
