"""The query options of a request, checked against its resource."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from emulators.declared import Rule
from emulators.exact import rules as rule
from emulators.exact.answers import RefusedError
from emulators.exact.entities import DELETED, Resource
from emulators.exact.evaluate import Compiler, fields_of
from emulators.exact.grammar import Comparison, Field, Logic, Node, parse
from emulators.exact.projection import Shown, shown_of
from emulators.exact.rules import Rules
from emulators.exact.settings import Settings
from emulators.exact.tokens import GrammarError, Literal

_KNOWN: Final = frozenset(
    {"$filter", "$select", "$orderby", "$top", "$skiptoken", "$inlinecount", "$expand"}
)  # fmt: skip
UNPAGED: Final = 1_000_000_000
_NEEDS_SELECT: Final = "Please add a $select or a $top=1 statement to the query string."
_NEEDS_FILTER: Final = (
    "This endpoint has mandatory filtering applied. A GET request for this endpoint must have a $filter parameter"
    " with one of the following fields in the url: "
)
_NOT_LISTED: Final = "This $filter parameter is not supported for this resource"
_UNKNOWN_COUNT: Final = "Unknown $inlinecount option, only 'allpages' and 'none' are supported."


@dataclass(frozen=True)
class Query:
    """What a request asks for.

    `shown`: fields and lines. `condition`: what a record's values must satisfy. `keys`: the values that the
    filter leaves to Guid fields. `above`: the Timestamp that a sync request starts from. `order`: (field, descending).
    """

    shown: Shown
    condition: Callable[[list[str]], bool] | None
    keys: dict[str, tuple[str, ...]]
    above: int
    order: tuple[tuple[str, bool], ...]
    top: int | None
    count: bool
    page: int
    token: str | None

    @property
    def limit(self) -> int:
        return self.page if self.top is None else min(self.top, self.page)


@dataclass(frozen=True)
class Allowed:
    """What a request may leave out or ask for, beyond its resource: see `read`."""

    by_key: bool = False
    counted: bool = False
    settings: Settings = field(default_factory=Settings)


def read(resource: Resource, options: dict[str, str], rules: Rules, allowed: Allowed = Allowed()) -> Query:
    """Check the options; RefusedError(400) with the vendor's words otherwise.

    `by_key`: one record was named, so no filter is wanted; `counted`: only their number is, so no selection is.
    """
    for name in options:
        wrong = rule.NO_SKIP if name == "$skip" else rule.OPTIONS_KNOWN
        if name.startswith("$") and name not in _KNOWN and rules.on(wrong):
            _refuse(
                wrong,
                f"The query parameter '{name}' begins with a system-reserved '$' character but is not recognized.",
            )
    top = _whole(options.get("$top"))
    everywhere = allowed.settings.select_needed == "everywhere" and resource.kind in ("list", "bulk")
    needs_select = (everywhere or resource.select_required) and top != 1 and not allowed.counted
    if needs_select and "$select" not in options and rules.on(rule.SELECT_NEEDED):
        _refuse(rule.SELECT_NEEDED, _NEEDS_SELECT)
    if options.get("$inlinecount", "none") not in ("allpages", "none"):
        _refuse(rule.INLINE_COUNT, _UNKNOWN_COUNT)
    tree = _tree(options.get("$filter"), rules, date_only=allowed.settings.date_only)
    if not allowed.by_key:
        _mandatory(resource, tree, rules, allowed.settings)
    if resource.sync and tree and rules.on(rule.SYNC_FILTER):
        _stream_fields(resource, tree, allowed)
    return Query(
        shown_of(resource, options.get("$select"), options.get("$expand"), rules), _condition(resource, tree, rules),
        _keys(tree), max(0, _above(tree)) if resource.sync else -1, _order(resource, options.get("$orderby")), top,
        options.get("$inlinecount") == "allpages",
        resource.page if resource.page and rules.on(rule.PAGE_SIZE) else UNPAGED, options.get("$skiptoken"),
    )  # fmt: skip


def _refuse(broken: Rule, message: str) -> None:
    raise RefusedError(broken, 400, message)


def _whole(text: str | None) -> int | None:
    if text is not None and not (text.isascii() and text.isdecimal()):
        _refuse(rule.TOP, f"Incorrect format for $top argument '{text}'.")
    return None if text is None else min(int(text), UNPAGED)


def _tree(text: str | None, rules: Rules, *, date_only: bool) -> Node | None:
    if text is None:
        return None
    try:
        return parse(text, date_only=date_only)
    except GrammarError as error:
        if rules.on(rule.FILTER_GRAMMAR):
            raise RefusedError(error.rule, 400, str(error)) from None
        return None


def _mandatory(resource: Resource, tree: Node | None, rules: Rules, settings: Settings) -> None:
    """Refuse a collection without the filter that it wants: of listed fields, of any where no list is known."""
    listed = resource.filters
    if resource.path == "crm/Accounts" and not settings.accounts_by_modified:
        listed = tuple(name for name in listed if name != "Modified")
    named = fields_of(tree) if tree else []
    wanted = listed or (settings.mandatory_filters == "all" and resource.mirrored)
    if wanted and not named and rules.on(rule.FILTER_NEEDED):
        _refuse(rule.FILTER_NEEDED, _NEEDS_FILTER + ", ".join(listed or resource.fields))
    if listed and any(name not in listed for name in named) and rules.on(rule.FILTER_LISTED):
        _refuse(rule.FILTER_LISTED, _NOT_LISTED)
    if tree and rules.on(rule.OFFSET_NULL) and _is_null(tree, "OffsetID"):
        _refuse(rule.OFFSET_NULL, _NOT_LISTED)


def _is_null(tree: Node, name: str) -> bool:
    """Whether a field is compared with null anywhere."""
    match tree:
        case (
            Comparison(left=Field(found), right=Literal("Null")) | Comparison(left=Literal("Null"), right=Field(found))
        ):
            return found == name
    return isinstance(tree, Logic) and any(_is_null(part, name) for part in tree.parts)


def _stream_fields(resource: Resource, tree: Node, allowed: Allowed) -> None:
    """Streams filter on Timestamp alone; of Deleted the vendor's own demo asks for an EntityType too."""
    of_type = resource.entity is DELETED and allowed.settings.deleted_entity_type
    known = {"Timestamp", "EntityType"} if of_type else {"Timestamp"}
    if not set(fields_of(tree)) <= known:
        _refuse(rule.SYNC_FILTER, _NOT_LISTED)


def _condition(resource: Resource, tree: Node | None, rules: Rules) -> Callable[[list[str]], bool] | None:
    if tree is None:
        return None
    if resource.sync and _from(tree) is not None:
        return None
    types, pairs = rules.on(rule.FILTER_TYPES), not rules.on(rule.FILTER_PAIRS)
    try:
        return Compiler(resource, types=types, pairs=pairs).condition(tree)
    except GrammarError as error:
        raise RefusedError(error.rule, 400, str(error)) from None


def _conjuncts(tree: Node | None) -> tuple[Node, ...]:
    """The conditions that all must hold."""
    if isinstance(tree, Logic) and tree.operator == "and":
        return tuple(one for part in tree.parts for one in _conjuncts(part))
    return (tree,) if tree else ()


def _above(tree: Node | None) -> int:
    """The Timestamp above which every record lies that a filter lets through."""
    found = [_from(part) for part in _conjuncts(tree)]
    return max((one for one in found if one is not None), default=-1)


def _from(part: Node) -> int | None:
    """The Timestamp above which `Timestamp gt N`, or `ge`, begins; None for any other condition."""
    match part:
        case Comparison("gt", Field("Timestamp"), Literal(value=Decimal() as number)):
            return math.floor(number)
        case Comparison("lt", Literal(value=Decimal() as number), Field("Timestamp")):
            return math.floor(number)
        case Comparison("ge", Field("Timestamp"), Literal(value=Decimal() as number)):
            return math.ceil(number) - 1
        case Comparison("le", Literal(value=Decimal() as number), Field("Timestamp")):
            return math.ceil(number) - 1
    return None


def _keys(tree: Node | None) -> dict[str, tuple[str, ...]]:
    """Guid fields that the filter fixes, with their possible values: an index may answer them."""
    found = {}
    for part in _conjuncts(tree):
        fixed = [_fixed(one) for one in (part.parts if isinstance(part, Logic) and part.operator == "or" else (part,))]
        names = {name for name, _ in fixed}
        if len(names) == 1 and "" not in names:
            found[names.pop()] = tuple(sorted({value for _, value in fixed}))
    return found


def _fixed(part: Node) -> tuple[str, str]:
    """The field and the Guid of `Field eq guid'...'`; ("", "") for anything else."""
    match part:
        case Comparison("eq", Field(name), Literal("Guid", str() as value)):
            return name, value
        case Comparison("eq", Literal("Guid", str() as value), Field(name)):
            return name, value
    return "", ""


def _order(resource: Resource, text: str | None) -> tuple[tuple[str, bool], ...]:
    """(field, descending) of $orderby, which only normal endpoints have."""
    if text is None:
        return ()
    if resource.kind != "list":
        _refuse(rule.ORDER, "The query parameter '$orderby' is not supported for this resource")
    found = []
    for part in text.split(","):
        name, *direction = part.split() or [""]
        if direction not in ([], ["asc"], ["desc"]):
            _refuse(rule.ORDER, f"Syntax error at position {text.index(part)} in '{text}'.")
        if name not in resource.fields:
            _refuse(
                rule.ORDER, f"No property '{name}' exists in type '{resource.model}' at position {text.index(part)}."
            )
        found.append((name, direction == ["desc"]))
    return tuple(found)
