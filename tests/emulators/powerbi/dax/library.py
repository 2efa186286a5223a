"""The functions of the language, scalar and table, by name."""

from __future__ import annotations

from emulators.powerbi.dax.evaluate import Engine, Scope
from emulators.powerbi.dax.functions import SCALARS
from emulators.powerbi.dax.relation import Relation
from emulators.powerbi.dax.scalars import Value
from emulators.powerbi.dax.syntax import Call, DaxError
from emulators.powerbi.dax.tables import TABLES


class Library:
    """Looks functions up; unknown ones are an error of the query."""

    def is_table(self, name: str) -> bool:
        return name in TABLES

    def scalar(self, engine: Engine, scope: Scope, call: Call) -> Value:
        found = SCALARS.get(call.function)
        if found is None:
            raise DaxError(
                f"Failed to resolve name '{call.function}'. It is not a valid table, variable, or function name."
            )
        least, most, evaluate = found
        _check(call, least, most)
        return evaluate(engine, scope, call.arguments)

    def table(self, engine: Engine, scope: Scope, call: Call) -> Relation:
        least, most, evaluate = TABLES[call.function]
        _check(call, least, most)
        return evaluate(engine, scope, call.arguments)


def _check(call: Call, least: int, most: int) -> None:
    if len(call.arguments) < least:
        raise DaxError(f"Too few arguments were passed to the {call.function} function. The minimum is {least}.")
    if len(call.arguments) > most:
        raise DaxError(f"Too many arguments were passed to the {call.function} function. The maximum is {most}.")
