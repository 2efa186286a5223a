"""`exactbi map`: rows and refusals of stored records."""

from __future__ import annotations

from pathlib import Path

from exactbi.cli.map import mapped
from exactbi.config.customer import load_customers
from exactbi.config.streams import stream_mappings
from fakes.chunks import fetched, line, record, record_id

DATASET = load_customers(Path(__file__).parents[3] / "deploy/customers")["demo"].datasets[0]


def test_it_tells_the_row_or_why_there_is_none_of_the_first_records() -> None:
    chunk = fetched(
        [
            record("a", 1, line("a")),
            record("gone", 2, None),
            record("b", 3, line("b", Date="soon")),
            record("budget", 4, line("budget", Type=3000)),
            record("more", 5, line("more")),
        ]
    )

    found = list(mapped(stream_mappings(DATASET)["TransactionLines"], iter([chunk]), 3))

    assert [(entry["record"], "row" in entry) for entry in found] == [(record_id("a"), True), (record_id("b"), False)]
    assert found[0]["row"]["Company Key"] == "nl-100001"
    assert found[0]["units"][0] == 12_345_600
    assert found[1]["why"].startswith("column 'Date'")
