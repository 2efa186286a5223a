"""People at work in the group: every entity changes in every way, versions rise, deletes are logged once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulators.clock import Clock
from emulators.exact.entities import DELETED, ENTITIES, GL_ACCOUNTS
from emulators.exact.group_changes import KINDS, GroupChanges
from emulators.exact.group_seed import GroupPlan, fill_site
from emulators.exact.seed import Rowversions
from emulators.exact.site import Site
from emulators.exact.store import Store
from emulators.faults import Faults
from fakes.exact_group import opened

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp()
PAIRS = [(entity.name, kind) for entity, kinds in KINDS.items() for kind in kinds]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Site]]:
    with opened(tmp_path_factory.mktemp("worked"), 2_000, 0) as made:
        yield made


@pytest.fixture(scope="module")
def changes(sites: list[Site]) -> GroupChanges:
    return GroupChanges(sites, Faults(), 11)


def test_every_entity_changes_in_each_of_its_ways_again_and_again(changes: GroupChanges) -> None:
    for entity, kind in PAIRS:
        done = changes.change(entity, 4, [kind])
        assert [(one.entity.name, one.kind) for one in done] == [(entity, kind)] * 4
        assert all(one.ids for one in done)


def test_the_type_of_an_account_may_change(sites: list[Site], changes: GroupChanges) -> None:
    def types() -> list[str]:
        at = GL_ACCOUNTS.at("Type")
        return [
            row.values[at] for site in sites for code in site.divisions for row in site.store.rows(GL_ACCOUNTS, code)
        ]

    before = Counter(types())
    changes.change("GLAccounts", 60, ["edit"])
    after = Counter(types())
    assert after != before
    assert {kind: count for kind, count in after.items() if kind not in ("120", "121")} == {
        kind: count for kind, count in before.items() if kind not in ("120", "121")
    }


def test_changes_happen_in_every_company(changes: GroupChanges) -> None:
    done = changes.change("TransactionLines", 60, None)
    assert {one.division for one in done} == {100001, 100002, 200001, 300001}
    assert {(one.site, one.division // 100_000) for one in done} == {("nl", 1), ("be", 2), ("de", 3)}


@pytest.mark.parametrize(("entity", "kinds"), [("Nothing", None), ("Budgets", ["backdate"]), (None, ["burn"])])
def test_changes_that_there_are_not_are_refused(
    changes: GroupChanges, entity: str | None, kinds: list[str] | None
) -> None:
    with pytest.raises(ValueError, match=r"are among|is one of"):
        changes.change(entity, 1, kinds)


def test_each_new_version_of_a_record_is_higher_and_each_delete_is_logged_once(
    sites: list[Site], changes: GroupChanges
) -> None:
    logged_before = [site.store.count(DELETED) for site in sites]
    ends_before = [_ends(site.store) for site in sites]
    changes.change(None, 150, None)
    for site, logged, ends in zip(sites, logged_before, ends_before, strict=True):
        assert site.store.count(DELETED) - logged == _ends(site.store) - ends
        for name in site.store.counts():
            versions: dict[bytes, list[int]] = defaultdict(list)
            for key, version, *_ in site.store.history(ENTITIES[name]):
                versions[key].append(version)
            assert all(len(set(found)) == len(found) for found in versions.values())


def _ends(store: Store) -> int:
    """Ends of records that have a delete log."""
    return sum(
        deleted
        for name in store.counts()
        if ENTITIES[name].deleted_type is not None
        for _, _, _, deleted, _ in store.history(ENTITIES[name])
    )


def test_a_new_version_stands_above_all_that_there_were(sites: list[Site], changes: GroupChanges) -> None:
    highest = {site.name: site.versions.last for site in sites}
    done = changes.change("TransactionLines", 5, ["edit"])
    for change in done:
        site = next(one for one in sites if one.name == change.site)
        for key in change.ids:
            found = site.store.rows(change.entity, change.division, key=key)
            assert all(row.version > highest[site.name] for row in found)


def test_renaming_an_account_or_a_relation_leaves_the_ledger_lines(sites: list[Site], changes: GroupChanges) -> None:
    before = [_bodies(site.store) for site in sites]
    changes.change("GLAccounts", 5, ["edit"])
    changes.change("Accounts", 5, ["edit"])
    assert [_bodies(site.store) for site in sites] == before


def _bodies(store: Store) -> list[tuple[object, ...]]:
    return list(store.snapshot(ENTITIES["TransactionLines"])) if "TransactionLines" in store.counts() else []


def test_an_entry_changes_with_its_term(sites: list[Site], changes: GroupChanges) -> None:
    touched = Counter(len(change.ids) for change in changes.change("PaymentTerms", 10, ["pay"]))
    assert min(touched) >= 4


def test_a_seed_always_gives_the_same_records(tmp_path: Path) -> None:
    found = []
    for at in range(2):
        store = Store(tmp_path / f"{at}.sqlite")
        fill_site(store, Rowversions(3), "be", GroupPlan(3, 1_000), NOW)
        found.append([list(store.snapshot(ENTITIES[name])) for name in sorted(store.counts())])
        store.close()
    assert found[0] == found[1]


@pytest.mark.parametrize("size", [100, 600])
def test_a_group_may_be_tiny(tmp_path: Path, size: int) -> None:
    with opened(tmp_path, size, 10) as made:
        assert sum(site.store.count(ENTITIES["TransactionLines"]) for site in made if site.divisions) > size // 2


def test_a_british_company_keeps_its_books_in_pounds(tmp_path: Path) -> None:
    store = Store(tmp_path / "uk.sqlite")
    filled = fill_site(store, Rowversions(3), "uk", GroupPlan(3, 2_000, british=True), Clock().now())
    assert [kept.company.currency for kept in filled.values()] == ["GBP"]
    assert store.count(ENTITIES["TransactionLines"]) > 100
    store.close()
