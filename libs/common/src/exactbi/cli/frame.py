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
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import asyncpg
import structlog
import typer

from exactbi import cli
from exactbi.config.customer import Customer, load_customers
from exactbi.config.settings import Settings, read_settings
from exactbi.errors import (
    EXIT_CONFIGURATION,
    EXIT_FINDING,
    EXIT_REFUSED,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    FAULT,
    FILE_UNUSABLE,
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
MOST: Final = 2**31 - 1
"""The largest number that PostgreSQL's `int` holds."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


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


def refuse(why: str, fields: Mapping[str, object] | None = None) -> NoReturn:
    """End with status 5: a confirmation or a right is missing. `fields`: what `--json` gives beside that."""
    print(why, file=sys.stderr)
    _answer_failure("REFUSED", why, "Say that you mean it: see the command's --help.", fields)
    raise typer.Exit(EXIT_REFUSED)


def asked(what: str, instead: str) -> str:
    """What a person types, unseen; wrong usage where nobody can. `instead`: the option that reads it from a file."""
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"there is no terminal to ask for the {what}: give a file with {instead}")
    answer: str = typer.prompt(what, hide_input=True, err=True)
    return answer


def one_of(text: str, there: Iterable[str], what: str) -> str:
    """`text`, which must be one of those that are there; wrong usage else."""
    known = sorted(there)
    if text not in known:
        raise typer.BadParameter(f"no {what} is called {text!r}; there are: {', '.join(known) or 'none'}")
    return text


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
    """The customer called so; the only one where no name is given. Wrong usage where that names none."""
    customers = load_customers(settings().customers)
    if name is None and len(customers) == 1:
        return next(iter(customers.values()))
    if name is None:
        raise typer.BadParameter(f"name a customer with --customer: {', '.join(customers)}")
    return customers[one_of(name, customers, "customer")]


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
    try:
        _fall_back(FALLBACK)
        level = settings().log_level if "EXACTBI_LOG_LEVEL" in os.environ else "warning"
        configure(level)
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the command's own answer says what the broker did
        application()([argument for argument in arguments if argument != JSON_FLAG])
    except SystemExit as ended:
        if ended.code == EXIT_USAGE:  # what is wrong stands on stderr, with the usage
            _answer_failure("USAGE", "the command line is wrong: stderr says where", "See the command's --help.")
        raise
    except ExactbiError as error:
        sys.exit(_fail(error.code, str(error), exit_status(error)))
    except OUTAGES as error:
        if isinstance(error, OSError) and error.filename is not None:
            sys.exit(_fail(FILE_UNUSABLE, str(error), EXIT_CONFIGURATION))
        sys.exit(_fail(PART_UNREACHABLE, f"{type(error).__name__}: {error}", EXIT_UNREACHABLE))
    except Exception as error:
        log.debug("fault", exc_info=True)
        sys.exit(_fail(FAULT, f"{type(error).__name__}: {error}", EXIT_FINDING))


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


def _answer_failure(code: str, message: str, remedy: str, fields: Mapping[str, object] | None = None) -> None:
    emit({**(fields or {}), "ok": False, "error": {"code": code, "message": message, "remedy": remedy}})


def _fall_back(path: Path) -> None:
    """Take unset variables from a file that only its owner can read."""
    try:
        if not path.is_file():
            return
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            print(f"{path} is not used: others may read it", file=sys.stderr)
            return
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        print(f"{path} is not used: it can't be read ({type(error).__name__})", file=sys.stderr)
        return
    taken = [line.partition("=") for line in lines if line.startswith("EXACTBI_")]
    unset = {name: value for name, _, value in taken if name not in os.environ}
    if unset:
        os.environ.update(unset)
        print(f"settings from {path}", file=sys.stderr)
