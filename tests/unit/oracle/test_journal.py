"""The walk along a journal: what it lets pass, and each way in which a change can show in part."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oracle.journal import Versions, walk
from oracle.ledger import AMOUNTS, ATTRIBUTES
from oracle.tables import Row, Table

FIRST, SECOND, OTHER = ("a", Decimal(10)), ("b", Decimal(10)), ("a", Decimal(7))


def made(_: str, record: Any) -> Row | None:
    return None if record["drop"] else (record["what"], Decimal(record["amount"]))


TABLE = Table("T", "E", "reversal", ("What",), ("_Amount",), made)


def version(key: str, row: Row | None) -> dict[str, Any]:
    record = None if row is None else {"what": row[0], "amount": row[1], "drop": False}
    return {"id": key, "record": record}


def posted(row: int, image: Row, sign: int = 1) -> dict[str, Any]:
    return {"What": image[0], "_Amount": sign * image[1], "_row": row, "_sign": sign}


def landing(n: int, *rows: dict[str, Any], fault: bool = False, verb: str = "POST") -> dict[str, Any]:
    return {"n": n, "verb": verb, "fault": fault, "rows": list(rows)}


EDITED = Versions(TABLE, "nl", [version("x", FIRST), version("x", SECOND), version("y", OTHER)])
DELETED = Versions(TABLE, "nl", [version("x", FIRST), version("x", None)])


def test_an_edit_in_one_post_passes() -> None:
    found = walk(TABLE, EDITED, [landing(1, posted(1, FIRST)), landing(2, posted(1, FIRST, -1), posted(1, SECOND))])

    assert found.ok
    assert (found.landings, found.checked) == (2, 2)


def test_an_edit_in_two_posts_shows_in_part() -> None:
    new_first = [landing(1, posted(1, FIRST)), landing(2, posted(1, SECOND)), landing(3, posted(1, FIRST, -1))]
    old_first = [landing(1, posted(1, FIRST)), landing(2, posted(1, FIRST, -1)), landing(3, posted(1, SECOND))]

    assert walk(TABLE, EDITED, new_first).partial == [2]
    assert walk(TABLE, EDITED, old_first).partial == [2]


def test_a_row_may_go_only_where_its_record_did() -> None:
    landings = [landing(1, posted(1, FIRST)), landing(2, posted(1, FIRST, -1))]

    assert walk(TABLE, DELETED, landings).ok
    assert walk(TABLE, EDITED, landings).partial == [2]


def test_a_row_that_comes_twice_or_from_no_version_is_found() -> None:
    assert walk(TABLE, EDITED, [landing(1, posted(1, FIRST)), landing(2, posted(1, FIRST))]).partial == [2]
    assert walk(TABLE, EDITED, [landing(1, posted(1, ("z", Decimal(1))))]).partial == [1]


def test_a_row_does_not_change_its_record() -> None:
    landings = [landing(1, posted(1, FIRST)), landing(2, posted(1, FIRST, -1), posted(1, OTHER))]

    assert walk(TABLE, EDITED, landings).partial == [2]


def test_a_reversal_of_another_amount_leaves_a_rest() -> None:
    landings = [landing(1, posted(1, FIRST)), landing(2, posted(1, ("a", Decimal(9)), -1))]

    assert walk(TABLE, DELETED, landings).partial == [2]


def test_what_a_fault_touched_is_left_alone_until_it_is_whole_but_must_become_so() -> None:
    twice = [landing(1, posted(1, FIRST)), landing(2, posted(1, FIRST), fault=True)]
    settled = [*twice, landing(3, posted(1, FIRST, -1))]

    assert (walk(TABLE, EDITED, twice).partial, walk(TABLE, EDITED, twice).unsettled) == ([], 1)
    assert walk(TABLE, EDITED, settled).ok


def test_a_doubled_change_of_an_amount_is_whole_again_once_it_is_countered() -> None:
    dearer = ("a", Decimal(12))
    edited = Versions(TABLE, "nl", [version("x", FIRST), version("x", dearer)])
    change, back = [posted(1, FIRST, -1), posted(1, dearer)], [posted(1, FIRST), posted(1, dearer, -1)]
    doubled = [landing(1, posted(1, FIRST)), landing(2, *change, fault=True), landing(3, *change, fault=True)]

    assert walk(TABLE, edited, doubled).unsettled == 1
    assert walk(TABLE, edited, [*doubled, landing(4, *back)]).ok


def test_a_delete_begins_anew() -> None:
    landings = [landing(1, posted(1, FIRST)), landing(2, verb="DELETE"), landing(3, posted(1, SECOND))]

    assert walk(TABLE, EDITED, landings).ok


def test_the_ledger_has_its_columns_once() -> None:
    assert len({*ATTRIBUTES, *AMOUNTS}) == len(ATTRIBUTES) + len(AMOUNTS)
