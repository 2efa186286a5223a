"""Applying chunks on PostgreSQL: by order and value, with rows that become due."""

from __future__ import annotations

import asyncpg
import pytest

from exactbi.errors import NOT_ACTIVE, PermanentError
from fakes.chunks import deleted, live, mapped, unmappable
from fakes.gatehouse import Gatehouse, make_gatehouse


@pytest.fixture
async def world(pool: asyncpg.Pool) -> Gatehouse:
    return await make_gatehouse(pool)


def text(value: str) -> str:
    return f'"Description":"{value}"'


async def test_a_new_record_is_wanted_and_due_and_its_chunk_applied(world: Gatehouse) -> None:
    await world.apply(mapped([live("a", 5, "one", "two")], chunk=7))

    assert await world.wanted("a") == [text("one"), text("two")]
    assert set(await world.due()) == set(await world.row_ids("a"))
    noted = await world.pool.fetchrow("select * from applied_chunk")
    assert noted is not None
    assert (noted["chunk"], noted["application"], noted["mapping_rev"]) == (7, "dataset:1", 1)


async def test_equal_values_move_the_version_and_make_nothing_due(world: Gatehouse) -> None:
    await world.apply(mapped([live("a", 5, "one")], chunk=7))
    await world.pool.execute("delete from due")

    await world.apply(mapped([live("a", 6, "one")], chunk=8))

    assert await world.due() == {}
    assert await world.pool.fetchval("select version from record") == 6
    assert await world.pool.fetchval("select count(*) from row_image") == 1


async def test_a_change_keeps_the_row_and_gives_a_new_image(world: Gatehouse) -> None:
    await world.apply(mapped([live("a", 5, "one")], chunk=7))
    before = await world.row_ids("a")

    await world.apply(mapped([live("a", 6, "two")], chunk=8))

    assert await world.wanted("a") == [text("two")]
    assert await world.row_ids("a") == before
    assert await world.due() == {before[0]: 1}


async def test_an_older_version_that_comes_late_changes_nothing(world: Gatehouse) -> None:
    await world.apply(mapped([live("a", 6, "two")], chunk=8))

    await world.apply(mapped([live("a", 5, "one")], chunk=7))

    assert await world.wanted("a") == [text("two")]


async def test_rows_that_are_not_listed_any_more_become_unwanted(world: Gatehouse) -> None:
    await world.apply(mapped([live("a", 5, "one", "two")], chunk=7))
    await world.pool.execute("delete from due")

    await world.apply(mapped([live("a", 6, "one")], chunk=8))

    assert await world.wanted("a") == [text("one")]
    assert list(await world.due()) == [(await world.row_ids("a"))[1]]


async def test_a_delete_takes_the_record_and_the_lines_of_which_it_is_the_parent(world: Gatehouse) -> None:
    await world.apply(mapped([live("line", 5, "one", parent="entry"), live("other", 5, "two", parent="else")], chunk=7))

    await world.apply(mapped([deleted("entry", 6)], chunk=8))

    assert (await world.state("entry"), await world.state("line")) == ("deleted", "deleted")
    assert await world.wanted("line") == []
    assert await world.wanted("other") == [text("two")]


async def test_a_line_that_comes_after_its_parents_delete_is_not_wanted(world: Gatehouse) -> None:
    await world.apply(mapped([deleted("entry", 6)], chunk=8))

    await world.apply(mapped([live("line", 5, "one", parent="entry")], chunk=7))

    assert await world.wanted("line") == []


async def test_an_unmappable_version_keeps_the_old_rows_and_is_remembered(world: Gatehouse) -> None:
    await world.apply(mapped([live("a", 5, "one")], chunk=7))

    await world.apply(mapped([unmappable("a", 6)], chunk=8, mapping_rev=1))

    row = await world.pool.fetchrow("select * from record")
    assert await world.wanted("a") == [text("one")]
    assert row is not None
    assert (row["version"], row["failed_version"], row["chunk"], row["state"]) == (5, 6, 8, "live")


async def test_a_row_that_comes_back_gets_a_new_image_and_its_old_number(world: Gatehouse) -> None:
    await world.apply(mapped([live("a", 5, "one")], chunk=7))
    before = await world.row_ids("a")
    await world.apply(mapped([live("a", 6)], chunk=8))

    await world.apply(mapped([live("a", 7, "one")], chunk=9))

    assert await world.wanted("a") == [text("one")]
    assert await world.row_ids("a") == before
    assert await world.pool.fetchval("select count(*) from row_image") == 2


async def test_a_replay_lets_a_refused_row_be_tried_again(world: Gatehouse) -> None:
    await world.apply(mapped([live("a", 5, "one")], chunk=7))
    await world.pool.execute("update due set refused_image = 1")

    await world.apply(mapped([live("a", 5, "one")], chunk=8), is_replay=True)

    assert await world.pool.fetchval("select refused_image from due") is None


async def test_a_second_dataset_begins_at_the_floor_of_the_first(world: Gatehouse) -> None:
    await world.pool.execute("insert into dataset (customer, name, workspace, schema) values ('demo', 'two', '', '{}')")
    await world.apply(mapped([live("a", 5, "one")], chunk=7))
    await world.pool.execute("update floor set value = 2")

    await world.apply(mapped([live("a", 5, "one")], chunk=7, dataset=2))

    assert await world.pool.fetchval("select count(*) from record where dataset = 2") == 0
    assert await world.pool.fetchval("select count(*) from applied_chunk where application = 'dataset:2'") == 1


async def test_an_unknown_division_is_refused_for_a_person_to_mend(world: Gatehouse) -> None:
    await world.pool.execute("delete from division where code = 100001")

    with pytest.raises(PermanentError) as raised:
        await world.apply(mapped([live("a", 5, "one")], chunk=7))

    assert raised.value.code is NOT_ACTIVE
