"""Customers' files: what they resolve to, and where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from exactbi.config.customer import Customer, load_customer, load_customers
from exactbi.errors import CONFIG_INVALID, ConfigurationError

DEPLOYED = Path(__file__).parents[3] / "deploy/customers"

HEAD = """\
replicas: 1
config:
  id: acme
  connections:
    - {name: nl, site: nl, client_id: c, redirect_uri: r, divisions: all, webhook_path: abcdefghijklmnop}
  power_bi: {tenant: t, client_id: c, workspace: w}
  datasets:
    - name: books
      packs: [finance]
"""


def load(path: Path, text: str) -> Customer:
    file = path / "acme.yaml"
    file.write_text(text, encoding="utf-8")
    return load_customer(file)


def refusal(path: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        load(path, text)
    assert raised.value.code is CONFIG_INVALID
    return str(raised.value).removeprefix(str(path) + "/")


def test_the_demo_reads_the_three_streams_of_its_pack() -> None:
    customer = load_customers(DEPLOYED)["demo"]

    assert customer.streams == {"TransactionLines", "GLAccounts", "Costcenters"}
    assert [table.name for table in customer.datasets[0].tables] == [
        "GL Lines",
        "GL Accounts",
        "Cost Centers",
        "_Finance",
    ]


def test_a_column_of_the_same_name_takes_over_what_it_names(tmp_path: Path) -> None:
    text = HEAD + "      tables: [{name: GL Lines, columns: [{name: Your Reference, hidden: true}]}]\n"

    lines = load(tmp_path, text).datasets[0].tables[0]

    column = next(column for column in lines.columns if column.name == "Your Reference")
    assert (column.hidden, column.source, len(lines.columns)) == (True, "YourRef", 32)


def test_a_column_can_be_added_and_another_removed(tmp_path: Path) -> None:
    text = HEAD + (
        "      tables:\n        - name: GL Lines\n          columns:\n"
        "            - {name: Order Number, type: Int64, source: OrderNumber}\n"
        "            - {name: Your Reference, remove: true}\n"
    )

    names = [column.name for column in load(tmp_path, text).datasets[0].tables[0].columns]

    assert names[-1] == "Order Number"
    assert "Your Reference" not in names


def test_the_ignored_rest_of_the_file_are_values_of_the_chart(tmp_path: Path) -> None:
    assert load(tmp_path, HEAD).id == "acme"


TABLE = "      tables: [{name: GL Lines, columns: [%s]}]\n"
JOURNALS = (
    "      tables:\n        - name: Journals\n          mode: replace\n          stream: TransactionLines\n"
    "          key: Key\n          columns:\n            - ~{name: Key, type: String, source: JournalCode}\n"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [~", "expected"),
        ("~other: 1\n", "the block `config:` is missing"),
        (HEAD.replace("site: nl", "site: ~xx"), "connections.0.site: "),
        (HEAD.replace("[finance]", "[~magic]"), "there is no pack 'magic'"),
        (HEAD + "  colour: ~red\n", "colour: "),
        (HEAD.replace("packs: [finance]", "tables: [{name: X, mode: measures, columns: [~{name: A}]}]"), "datasets.0."),
        (HEAD + TABLE.replace("GL Lines", "GL Lines, stream: ~Nope") % "", "there is no stream 'Nope'"),
        (HEAD + TABLE % "{name: A, type: String, source: ~Nope}", "TransactionLines has no field 'Nope'"),
        (HEAD + TABLE % "{name: A, type: String, source: \"text(1) + ~open('x')\"}", "only these may be called: "),
        (HEAD + TABLE % "{name: A, type: String, source: text(~Type.x)}", "Attribute is not allowed"),
        (HEAD + TABLE % "{name: A, type: String, source: Type}, ~{name: A}", "'A' stands here twice"),
        (
            HEAD + TABLE.replace("[{name", "[~{name").replace("GL Lines", "GL Lines, unit: null") % "",
            "datasets.0.tables.0: a",
        ),
        (HEAD + JOURNALS, "TransactionLines has several records to one EntryID: the key must be key(ID)"),
        (HEAD + TABLE % "~{name: A, type: Double, additive: true, source: Type}", "datasets.0.tables.0.columns.32: an"),
    ],
)
def test_an_error_names_file_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    before = text[: text.index("~")]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")

    assert refusal(tmp_path, text.replace("~", "")).startswith(f"acme.yaml:{line}:{column}: {message}")


def test_a_directory_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no customer's file"):
        load_customers(tmp_path)


def test_two_files_of_one_customer_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(HEAD, encoding="utf-8")

    with pytest.raises(ConfigurationError, match="configured twice"):
        load_customers(tmp_path)
