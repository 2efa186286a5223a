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
    - {name: nl, site: nl, client_id: c, redirect_uri: "https://r", divisions: all, webhook_path: abcdefghijklmnop}
  power_bi:
    {tenant: t, client_id: 30d65045-98c6-5076-873d-da16b57ecf0a, workspace: 97af3137-ae79-5661-92af-1f6b2ea4f910}
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


SECOND = (
    '    - {name: %s, site: be, client_id: c, redirect_uri: "https://r", divisions: [7], webhook_path: %s}\n  power_bi:'
)
STATIC = "      tables: [~{name: GL Accounts, static: [{%s}]}]\n"
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
        (HEAD.replace("divisions: all", "divisions: ~100001"), "connections.0.divisions: a list of divisions' numbers"),
        (HEAD.replace("divisions: all", "divisions: [~true]"), "connections.0.divisions.0: "),
        (HEAD.replace("divisions: all", "divisions: [7, ~7]"), "division nl/7 stands here twice"),
        (HEAD.replace('"https://r"', "~http://r"), "connections.0.redirect_uri: an address that begins with https://"),
        (HEAD.replace("workspace: 97", "workspace: ~Finance"), "power_bi.workspace: an id is expected"),
        (HEAD.replace("  power_bi:", SECOND % ("~nl", "qrstuvwxyzabcdefgh")), "nl stands here twice"),
        (HEAD.replace("  power_bi:", SECOND % ("be", "~abcdefghijklmnop")), "abcdefghijklmnop stands here twice"),
        (HEAD + "  schedules: {passes: {Costcenters: ~-5}}\n", "schedules.passes.Costcenters: "),
        (HEAD + "  schedules: {default: ~.inf}\n", "schedules.default: "),
        (
            HEAD + "  schedules: {passes: {CostCentres: ~5}}\n",
            "there is no stream 'CostCentres'; there are: Costcenters",
        ),
        (HEAD + "  limits: {exact_calls_per_day: ~99999999999999999999}\n", "limits.exact_calls_per_day: "),
        (HEAD + "    - {name: ~Books, packs: [finance]}\n", "Books stands here twice"),
        (HEAD.replace("  datasets:", "  dataset:").replace("- name", "~- name"), "dataset: there is no such setting"),
        (HEAD + "      tables: [~{name: Nope, remove: true}]\n", "there is no 'Nope' to remove"),
        (
            HEAD + TABLE % "{name: ~_Sign, type: Int64, source: Type}",
            "'_Sign' is the name of a column of exactbi's own",
        ),
        (
            HEAD + STATIC % "Is Blocked: maybe",
            "datasets.0.tables.1: a static row's 'Is Blocked' is no Boolean: 'maybe'",
        ),
        (HEAD + STATIC % "Code: x", "datasets.0.tables.1: each static row needs a 'GL Account Key' of its own"),
        ("~config: !!python/object/apply:os.system [x]\n", "the block `config:` is missing"),
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


def test_a_mapping_that_is_merged_in_counts(tmp_path: Path) -> None:
    assert load(tmp_path, HEAD.replace("  id: acme", "  <<: {id: acme}")).id == "acme"


def test_two_customers_do_not_share_the_address_that_exact_notifies(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(HEAD.replace("id: acme", "id: other"), encoding="utf-8")

    with pytest.raises(ConfigurationError, match="webhook_path of 'nl' is acme's"):
        load_customers(tmp_path)


def test_a_file_that_would_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "b.yml").write_text(HEAD.replace("id: acme", "id: other"), encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"b\.yml: customers' files end in \.yaml"):
        load_customers(tmp_path)


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such directory"):
        load_customers(tmp_path / "nope")
