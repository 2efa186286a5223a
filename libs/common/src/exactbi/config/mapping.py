"""Mappings: packs and a customer's overrides merged by name, and what a stream's mapping is made of."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from exactbi.config import document
from exactbi.config.document import Items, Place, Section

LISTS = ("tables", "measures", "relationships", "columns")
"""Lists whose items are merged by name."""


def resolve(datasets: Any, place: Place) -> Any:
    """The datasets of a customer's file with their packs put under their own entries, by name.

    An item of the same name takes over what it names, `remove: true` takes it away, a new one is added at the end.
    """
    if not isinstance(datasets, Items):
        raise document.invalid(place, "a list of datasets is expected")
    resolved = Items()
    for dataset, at in zip(datasets, datasets.places, strict=True):
        if not isinstance(dataset, Section):
            raise document.invalid(at, "a dataset is a mapping")
        resolved.add(_resolved(dataset), at)
    return resolved


def pack(name: str, place: Place) -> Section:
    """A pack that ships with the product; `place` is where it was asked for."""
    source = files("exactbi.config") / "packs" / f"{name}.yaml"
    if not name.isidentifier() or not source.is_file():
        raise document.invalid(place, f"there is no pack {name!r}")
    return document.read(source.read_text(encoding="utf-8"), f"packs/{name}.yaml")


def _resolved(dataset: Section) -> Section:
    names = dataset.get("packs", Items())
    if not isinstance(names, Items):
        raise document.invalid(dataset.places["packs"], "a list of packs is expected")
    result = Section(dataset.place)
    for name, at in zip(names, names.places, strict=True):
        result = _merged(result, pack(str(name), at))
    own = Section(dataset.place)
    for key, value in dataset.items():
        if key != "packs":
            own.put(key, value, dataset.places[key])
    return _merged(result, own)


def _merged(base: Section, over: Section) -> Section:
    result = Section(over.place)
    for key, value in base.items():
        result.put(key, value, base.places[key])
    for key, value in over.items():
        if key in LISTS and isinstance(value, Items):
            result.put(key, _merged_list(base.get(key, Items()), value), over.places[key])
        else:
            result.put(key, value, over.places[key])
    return result


def _merged_list(base: Items, over: Items) -> Items:
    """Both lists' items; those of the same name are merged at the place of the first."""
    items: dict[str, tuple[Any, Place]] = {}
    for source in (base, over):
        named: set[str] = set()
        for item, place in zip(source, source.places, strict=True):
            name = item.get("name") if isinstance(item, Section) else None
            if not isinstance(name, str):
                raise document.invalid(place, "the item has no name")
            if name in named:
                raise document.invalid(place, f"{name!r} stands here twice")
            named.add(name)
            if item.get("remove") is True:
                if items.pop(name, None) is None:
                    raise document.invalid(place, f"there is no {name!r} to remove")
            elif source is over and name in items:
                items[name] = (_merged(items[name][0], item), place)
            else:
                items[name] = (item, place)
    result = Items()
    for item, place in items.values():
        result.add(item, place)
    return result
