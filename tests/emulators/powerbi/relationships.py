"""Relationships of a model: which columns they join, and that filters reach a table by one path only.

https://learn.microsoft.com/power-bi/transform-model/desktop-relationships-understand: the API has no inactive ones, so
a second path between two tables is refused.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from emulators.powerbi.model import Dataset, Relationship
from emulators.powerbi.rules import Rulebook, check
from emulators.powerbi.settings import RELATIONSHIPS

_DIRECTIONS: Final = ("OneDirection", "BothDirections", "Automatic")
_Edges = dict[str, list[tuple[str, int]]]


def check_relationships(rules: Rulebook, dataset: Dataset) -> None:
    """Refused where one of them does not fit, or two of them do not go together."""
    check(rules, "schema.relationships", len(dataset.relationships) <= RELATIONSHIPS, "Too many relationships")
    kinds = {(table.name, column.name): column.kind for table in dataset.tables for column in table.columns}
    pairs: set[frozenset[str]] = set()
    names = {one.name.casefold() for one in dataset.relationships}
    check(rules, "schema.unique", len(names) == len(dataset.relationships), "Two relationships have one name")
    for one in dataset.relationships:
        ends = (one.from_table, one.from_column), (one.to_table, one.to_column)
        known = all(end in kinds for end in ends) and kinds[ends[0]] == kinds[ends[1]]
        check(rules, "schema.relationship", known, f"Relationship '{one.name}' does not join two columns of one type")
        pair = frozenset([one.from_table, one.to_table])
        single = len(pair) == 2 and pair not in pairs
        check(rules, "schema.relationship", single, f"Relationship '{one.name}' joins tables that are joined already")
        pairs.add(pair)
        known = one.cross_filtering_behavior in _DIRECTIONS
        check(rules, "schema.direction", known, f"Invalid crossFilteringBehavior '{one.cross_filtering_behavior}'")
        check(rules, "schema.name", 1 <= len(one.name) <= 100, "A relationship's name has 1 to 100 characters")
    twice = ambiguous(dataset.relationships)
    check(rules, "schema.path", twice is None, f"There are ambiguous paths between '{twice and twice[0]}' and others")


def ambiguous(relationships: list[Relationship]) -> tuple[str, str] | None:
    """Two tables between which a filter finds two paths: from the one side to the many side, or both ways."""
    edges: _Edges = defaultdict(list)
    for n, one in enumerate(relationships):
        edges[one.to_table].append((one.from_table, n))
        if one.cross_filtering_behavior == "BothDirections":
            edges[one.from_table].append((one.to_table, n))
    for table in list(edges):
        reached = _reached_twice(edges, table)
        if reached:
            return table, reached
    return None


def _reached_twice(edges: _Edges, table: str) -> str | None:
    seen, left = {table}, [(table, -1)]
    while left:
        here, came_by = left.pop()
        for there, n in edges.get(here, ()):
            if n == came_by:
                continue
            if there in seen:
                return there
            seen.add(there)
            left.append((there, n))
    return None
