"""Sequence numbers of pushed rows: a preview of 2016, of which only the header and the read-back are known.

https://github.com/DataBooster/PyWebApi (powerbi_push_datasets.py) sends `X-PowerBI-PushData-SequenceNumber` with rows
and reads `.../sequenceNumbers`. What a repeated number does is in no source: a setting.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from emulators.faults import Fault
from emulators.powerbi import schemas, shown
from emulators.powerbi.datasets import Table
from emulators.powerbi.rules import Refused, error
from emulators.powerbi.world import World

HEADER: Final = "X-PowerBI-PushData-SequenceNumber"


async def listed(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The last number of each caller that pushed with numbers; none where they are ignored."""
    _, table = schemas.found_table(world, request)
    held = table.sequence if world.settings.sequence_numbers != "ignored" else {}
    found = [{"clientId": n, "sequenceNumber": number} for n, number in enumerate(held.values())]
    return shown.values(request, "sequenceNumbers", found)


def number(world: World, request: Request, table: Table, client: str) -> int | None:
    """The number of a call with rows; None where there is none, or numbers are ignored."""
    sent = request.headers.get(HEADER)
    if sent is None or world.settings.sequence_numbers == "ignored":
        return None
    if world.rules.broken("rows.sequence-form", not sent.strip().isdecimal()):
        raise Refused("rows.sequence-form", 400, error("InvalidRequest", f"{HEADER} is a whole number"))
    seen = int(sent) <= table.sequence.get(client, -1) and world.settings.sequence_numbers == "refused twice"
    if world.rules.broken("rows.sequence", seen):
        raise Refused("rows.sequence", 400, error("InvalidRequest", f"{HEADER} {sent} was used before"))
    return int(sent)


def takes(world: World, table: Table, client: str, number: int | None) -> bool:
    """Whether rows of this number land; if so, the number is used up."""
    if number is None:
        return True
    if world.rules.broken("rows.sequence", number <= table.sequence.get(client, -1)):
        return False
    table.sequence[client] = number
    return True
