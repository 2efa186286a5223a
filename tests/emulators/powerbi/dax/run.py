"""A query's results on a model."""

from __future__ import annotations

from emulators.powerbi.dax.evaluate import Engine
from emulators.powerbi.dax.library import Library
from emulators.powerbi.dax.relation import Relation
from emulators.powerbi.dax.syntax import Query
from emulators.powerbi.dax.views import Model


def run(query: Query, model: Model) -> list[Relation]:
    """The result of each EVALUATE; DaxError where one cannot be evaluated."""
    engine = Engine(model, Library(), query.measures)
    return [engine.run(evaluate) for evaluate in query.evaluates]
