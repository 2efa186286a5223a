"""What a request wants to see of each record: fields, and the lines of a header, linked or in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emulators.declared import Rule
from emulators.exact import rules as rule
from emulators.exact.answers import RefusedError
from emulators.exact.entities import BY_PATH, RESOURCES, Resource
from emulators.exact.rules import Rules

_DEEPEST: Final = 2


@dataclass(frozen=True)
class Shown:
    """`fields` in order; `links`: lines shown as an address; `expanded`: lines shown in place, with what of them.

    `empty`: lines in place that no resource has, so that there are none.
    """

    fields: tuple[str, ...]
    links: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    expanded: tuple[tuple[str, Resource, Shown], ...] = ()


def lines_at(resource: Resource, name: str) -> Resource | None:
    """The resource that a header's lines are read as: in the header's own service, else anywhere."""
    target = resource.entity.lines.get(name)
    if target is None or name not in resource.lines:
        return None
    service = resource.path.rsplit("/", 1)[0].lower()
    found = BY_PATH.get(f"{service}/{target.lower()}")
    if found is None:
        found = next((one for one in RESOURCES if one.entity.name == target and one.kind == "list"), None)
    if found is None or not found.entity.parent:
        return None
    return found.of_newer_docs if resource.newer else found


def shown_of(resource: Resource, select: str | None, expand: str | None, rules: Rules, depth: int = 0) -> Shown:
    """Read $select and $expand together; RefusedError(400) for names that there are not."""
    chosen, nested = _parts(select)
    opened, deeper = _parts(expand)
    if (opened or deeper) and not (resource.kind == "list" and depth < _DEEPEST) and rules.on(rule.EXPAND_PLACES):
        raise RefusedError(rule.EXPAND_PLACES, 400, "The query parameter '$expand' is not supported for this resource")
    if select is not None:
        _check(resource, [*chosen, *nested], rules)
    everything = select is None or ("*" in chosen and not (resource.sync and rules.on(rule.SELECT_KNOWN)))
    wanted = {*chosen, *nested}
    for name in nested:
        if name not in opened and name not in deeper:
            told = f"The property '{name}' in $select must be expanded: add it to $expand."
            raise RefusedError(rule.EXPAND_SELECTED, 400, told)
    fields = tuple(resource.fields) if everything else tuple(name for name in chosen if name in resource.fields)
    expanded = []
    for name in dict.fromkeys([*opened, *deeper]):
        target = lines_at(resource, name)
        if target is None:
            if name in resource.lines or not rules.on(rule.EXPAND_PLACES):
                continue
            raise _nameless(rule.EXPAND_PLACES, resource, name)
        inside = _joined(deeper, name) if name in deeper else None
        below = shown_of(target, _joined(nested, name, chosen), inside, rules, depth + 1)
        if everything or name in wanted:
            expanded.append((name, target, below))
    linked = [one for one in resource.lines if everything or one in wanted]
    in_place = {*opened, *deeper}
    known = {name for name, _, _ in expanded}
    return Shown(
        fields,
        tuple(one for one in linked if one not in in_place),
        tuple(one for one in linked if one in in_place and one not in known),
        tuple(expanded),
    )


def _parts(text: str | None) -> tuple[list[str], dict[str, list[str]]]:
    """The plain names of a list, and of paths `Lines/Field` the rest by first name."""
    plain: dict[str, None] = {}
    nested: dict[str, list[str]] = {}
    for part in (text or "").split(",") if text is not None else ():
        name, slash, rest = part.strip().partition("/")
        if slash:
            nested.setdefault(name, []).append(rest)
        else:
            plain[name] = None
    return list(plain), nested


def _joined(nested: dict[str, list[str]], name: str, chosen: Sequence[str] = ()) -> str | None:
    """The list that belongs to a name; None (everything) where the name is also there without a path."""
    return ",".join(nested[name]) if name in nested and name not in chosen else None


def _check(resource: Resource, names: list[str], rules: Rules) -> None:
    """Names must exist, as fields or lines; a star is for normal resources."""
    if not rules.on(rule.SELECT_KNOWN):
        return
    for name in names:
        star = name == "*" and not resource.sync
        if not star and name not in resource.fields and name not in resource.lines:
            raise _nameless(rule.SELECT_KNOWN, resource, name)


def _nameless(broken: Rule, resource: Resource, name: str) -> RefusedError:
    return RefusedError(broken, 400, f"Could not find a property named '{name}' on type '{resource.model}'.")
