"""The frame of every command: settings, output, errors and exit statuses."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import importlib
import json
import logging
import os
import pkgutil
import stat
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import asyncpg
import typer

from exactbi import cli
from exactbi.config.customer import Customer, load_customers
from exactbi.config.settings import Settings, read_settings
from exactbi.errors import (
    CONFIG_INVALID,
    EXIT_REFUSED,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    PART_UNREACHABLE,
    SCHEMA_BEHIND,
    Code,
    ConfigurationError,
    ExactbiError,
    exit_status,
)
from exactbi.observability.logs import configure
from exactbi.postgres.pool import OUTAGES, open_pool

FALLBACK: Final = Path(".run/env")
"""KEY=VALUE lines that the launcher leaves for commands in its folder; the environment wins."""
JSON_FLAG: Final = "--json"
HELP: Final = "Keeps Power BI equal to Exact Online. With --json the last line of stdout is one JSON object."
EPILOG: Final = (
    "Status: 0 fine, 1 a finding, 2 wrong usage, 3 configuration or a missing prerequisite, 4 a system could not be "
    "reached, 5 refused. Settings are environment variables (EXACTBI_...): docs/installation.md lists them."
)
POOL_SIZE: Final = 4

T = TypeVar("T")


class _Output:
    """How this run answers."""

    as_json = False


def emit(fields: Mapping[str, object], text: str = "") -> None:
    """Answer: with `--json` the fields as one line, else the text for a person."""
    if _Output.as_json:
        print(json.dumps(fields, default=str))
    elif text:
        print(text)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work."""
    return asyncio.run(work)


def refuse(why: str) -> NoReturn:
    """End with status 5: a confirmation or a right is missing."""
    print(why, file=sys.stderr)
    raise typer.Exit(EXIT_REFUSED)


def settings() -> Settings:
    """From the environment and, for what is unset there, from `.run/env`."""
    return read_settings()


def actor() -> str:
    """Who runs the command, for the audit trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user need not have a name
        return f"cli:uid {os.getuid()}"


def customer_of(name: str | None) -> Customer:
    """The customer called so; the only one where no name is given."""
    customers = load_customers(settings().customers)
    if name is None and len(customers) == 1:
        return next(iter(customers.values()))
    if name is None or name not in customers:
        raise ConfigurationError(
            CONFIG_INVALID, f"name a customer with --customer: {', '.join(customers) or 'there is none'}"
        )
    return customers[name]


@contextlib.asynccontextmanager
async def database() -> AsyncIterator[asyncpg.Pool]:
    """A pool for one command; ConfigurationError (SCHEMA_BEHIND) where a table or column that it uses is missing."""
    pool = await open_pool(settings().dsn, POOL_SIZE)
    try:
        yield pool
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise ConfigurationError(SCHEMA_BEHIND, str(error)) from error
    finally:
        await pool.close()


def main() -> None:
    """The entry point of `exactbi`."""
    arguments = sys.argv[1:]
    _Output.as_json = JSON_FLAG in arguments
    _fall_back(FALLBACK)
    configure(os.environ.get("EXACTBI_LOG_LEVEL", "warning"))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the command's own answer says what the broker did
    arguments = [argument for argument in arguments if argument != JSON_FLAG]
    try:
        application()(arguments)
    except SystemExit as ended:
        if ended.code == EXIT_USAGE:  # what is wrong stands on stderr, with the usage
            _answer_failure("USAGE", "the command line is wrong: stderr says where", "See the command's --help.")
        raise
    except ExactbiError as error:
        sys.exit(_fail(error.code, str(error), exit_status(error)))
    except OUTAGES as error:
        sys.exit(_fail(PART_UNREACHABLE, f"{type(error).__name__}: {error}", EXIT_UNREACHABLE))


def application() -> typer.Typer:
    """The whole command: every module of this package that has `register`."""
    app = typer.Typer(
        name="exactbi",
        help=HELP,
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for module in sorted(pkgutil.iter_modules(cli.__path__), key=lambda found: found.name):
        register = getattr(importlib.import_module(f"{cli.__name__}.{module.name}"), "register", None)
        if register is not None:
            register(app)
    return app


def _tell_version(wanted: bool) -> None:
    if wanted:
        version = metadata.version("exactbi-common")
        emit({"version": version}, version)
        raise typer.Exit


def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and end.")
    ] = False,
    as_json: Annotated[bool, typer.Option(JSON_FLAG, help="Answer in JSON; may stand anywhere.")] = False,
) -> None:
    _Output.as_json = _Output.as_json or as_json


def _fail(code: Code, message: str, status: int) -> int:
    print(f"{code.name}: {message}\n{code.remedy}", file=sys.stderr)
    _answer_failure(code.name, message, code.remedy)
    return status


def _answer_failure(code: str, message: str, remedy: str) -> None:
    emit({"ok": False, "error": {"code": code, "message": message, "remedy": remedy}})


def _fall_back(path: Path) -> None:
    """Take unset variables from a file that only its owner can read."""
    if not path.is_file():
        return
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        print(f"{path} is not used: others may read it", file=sys.stderr)
        return
    taken = [
        line.partition("=") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("EXACTBI_")
    ]
    unset = {name: value for name, _, value in taken if name not in os.environ}
    if unset:
        os.environ.update(unset)
        print(f"settings from {path}", file=sys.stderr)
