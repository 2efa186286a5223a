"""What `exactbi verify` says of a table's two sides."""

from __future__ import annotations

from pathlib import Path

from exactbi.cli.controls import KeysDiffer, Verified, differing, split, text
from exactbi.config.customer import load_customers
from exactbi.config.streams import schema

BALANCED = (4, 0, 20_000)


def test_the_sum_shown_is_the_first_that_proves_something() -> None:
    found = Verified("GL Lines", ("_Amount", "_Quantity"), BALANCED, BALANCED)

    assert found.fields()["control"] == "_Quantity"
    assert (found.fields()["wanted_sum"], found.fields()["sink_sum"]) == ("2.0000", "2.0000")
    assert "2.0000" in text(found)


def test_a_ledger_shows_debit_then_credit() -> None:
    wanted = {"C": (2, -15_000), "D": (2, 15_000)}

    parts = split("Side Code", "_Amount", wanted, wanted)

    assert [(part.name, part.wanted) for part in parts] == [
        ("_Amount, Side Code D", 15_000),
        ("_Amount, Side Code C", -15_000),
    ]
    found = Verified("GL Lines", ("_Amount",), (4, 0), (4, 0), parts)
    assert (found.ok, found.fields()["control"]) == (True, "_Amount, Side Code D")


def test_amounts_that_moved_between_debit_and_credit_are_a_finding_though_the_sum_is_equal() -> None:
    wanted, held = {"C": (2, -15_000), "D": (2, 15_000)}, {"C": (2, -25_000), "D": (2, 25_000)}
    found = Verified(
        "GL Lines",
        ("_Amount",),
        (4, 0),
        (4, 0),
        split("Side Code", "_Amount", wanted, held),
        differing("Side Code", wanted, held, 2),
    )

    assert not found.ok
    assert text(found).splitlines()[1:] == [
        "    _Amount, Side Code D: 1.5000 wanted, 2.5000 in Power BI, difference 1.0000",
        "    _Amount, Side Code C: -1.5000 wanted, -2.5000 in Power BI, difference -1.0000",
        "    Side Code differs for C, D",
    ]


def test_what_differs_has_a_line_each_and_the_first_keys_are_named() -> None:
    keys = KeysDiffer("GL Account Key", tuple(f"K{n}" for n in range(8)))
    found = Verified("GL Lines", ("_Amount", "_Quantity"), (9, 0, 5), (8, 10_000, 5), (), (keys,))

    assert text(found).splitlines()[1:] == [
        "    rows: 9 wanted, 8 in Power BI, difference -1",
        "    _Amount: 0.0000 wanted, 1.0000 in Power BI, difference 1.0000",
        "    GL Account Key differs for K0, K1, K2, K3, K4 and 3 more",
    ]
    assert found.fields()["keys_differ"] == 8
    assert found.fields()["keys"] == [{"column": "GL Account Key", "first": ["K0", "K1", "K2", "K3", "K4"]}]


def test_a_table_without_additive_columns_shows_no_sum() -> None:
    found = Verified("GL Accounts", (), (63,), (63,))

    assert (found.fields()["control"], found.fields()["wanted_sum"]) == (None, "0.0000")
    assert "0.0000" not in text(found)


def test_the_finance_pack_splits_the_ledger_by_its_sides() -> None:
    demo = load_customers(Path(__file__).parents[3] / "deploy/customers")["demo"]

    assert schema(demo.datasets[0]).table("GL Lines").control == "Side Code"
