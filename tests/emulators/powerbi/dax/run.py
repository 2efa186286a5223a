"""A query's results on a model."""

from __future__ import annotations

from typing import Final

from emulators.powerbi.dax.aggregations import AGGREGATIONS
from emulators.powerbi.dax.check import Checker
from emulators.powerbi.dax.evaluate import Engine, Functions, Scope
from emulators.powerbi.dax.relation import Relation
from emulators.powerbi.dax.scalar_functions import OTHERS
from emulators.powerbi.dax.summarize import SUMMARIES
from emulators.powerbi.dax.syntax import Query
from emulators.powerbi.dax.table_functions import TABLES
from emulators.powerbi.dax.vectors import ordered
from emulators.powerbi.dax.views import Model

FUNCTIONS: Final = Functions({**AGGREGATIONS, **OTHERS}, {**TABLES, **SUMMARIES})


def run(query: Query, model: Model) -> list[Relation]:
    """The result of each EVALUATE in its order; DaxError where one cannot be evaluated."""
    Checker(model, FUNCTIONS, query.measures).query(query)
    engine = Engine(model, FUNCTIONS, query.measures)
    scope = engine.declared(query.variables, Scope())
    return [ordered(engine, engine.table(one.table, scope), one.order, scope) for one in query.evaluates]
