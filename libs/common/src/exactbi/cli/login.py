"""`exactbi login`: a person of the customer consents in the browser, and the code comes back to this command."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from exactbi.cli.frame import actor, asked, customer_of, database, emit, run, settings
from exactbi.cli.parts import exact
from exactbi.cli.secrets import open_vault
from exactbi.config.customer import Connection, Customer
from exactbi.connections import tokens
from exactbi.connections.exact_gateway import ExactGateway, Target
from exactbi.connections.vault import client_secret
from exactbi.errors import EXIT_FINDING
from exactbi.exact_online.auth import App, consent_url, parse_redirect
from exactbi.exact_online.protocol import divisions_url, me_url, parse_rows
from exactbi.exact_online.sites import base_url
from exactbi.postgres import audit

FILE_WAIT: Final = 180.0
"""Seconds to wait for the file with the address: longer than that no code lives."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("login")
    def login(
        connection: Annotated[str | None, typer.Option(help="Where the customer has several.")] = None,
        customer: Annotated[str | None, typer.Option(help="Where there are several.")] = None,
        redirected_url_file: Annotated[
            Path | None, typer.Option(help="Read the address from this file, once it is there, instead of a prompt.")
        ] = None,
    ) -> None:
        """Print the consent's address, take the address that it leads to, and check what was granted."""
        owner = customer_of(customer)
        configured = _connection(owner, connection)
        run(_ready(owner, configured))
        state = secrets.token_urlsafe(24)
        base = base_url(configured.site, settings().exact_url or "")
        app_ = App(base, configured.client_id, "", configured.redirect_uri)
        print(consent_url(app_, state), flush=True)
        code = _code(state, redirected_url_file)
        fields = run(_login(owner, configured, code))
        emit(fields, _text(fields))
        if fields["missing"]:
            raise typer.Exit(EXIT_FINDING)


def _connection(customer: Customer, name: str | None) -> Connection:
    found = [connection for connection in customer.connections if name in (None, connection.name)]
    if len(found) != 1:
        names = ", ".join(connection.name for connection in customer.connections)
        raise typer.BadParameter(f"name a connection of {customer.id} with --connection: {names}")
    return found[0]


def _code(state: str, path: Path | None) -> str:
    """The code of the address that the consent led to."""
    try:
        if path is not None:
            return parse_redirect(_from_file(path), state)
        print("Open this address, consent, and paste the address of the page that it ends on.", file=sys.stderr)
        return parse_redirect(asked("address", "--redirected-url-file"), state)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _from_file(path: Path) -> str:
    until = time.monotonic() + FILE_WAIT
    while time.monotonic() < until:
        if path.exists() and (text := path.read_text(encoding="utf-8").strip()):
            return text
        time.sleep(0.1)
    raise ValueError(f"no address came in {path}")


async def _ready(customer: Customer, configured: Connection) -> None:
    """What the exchange needs is there: found out before a person consents, since a code lives a minute."""
    async with database() as pool:
        vault = open_vault(pool)
        await vault.check()
        await vault.get(customer.id, client_secret(configured.name))


async def _login(customer: Customer, configured: Connection, code: str) -> dict[str, Any]:
    async with database() as pool:
        parts = exact(pool)
        row = await parts.custodian.register(customer.id, configured)
        await parts.custodian.exchange(row, code)
        try:
            fields = await _granted(parts.gateway, customer.id, configured)
        finally:
            await parts.gateway.aclose()
        async with pool.acquire() as connection, connection.transaction():
            await tokens.note_user(connection, row.id, fields["user"])
            detail = {"connection": configured.name, "user": fields["user"], "missing": fields["missing"]}
            await audit.record(connection, customer.id, actor(), "consent given", detail)
        return fields


async def _granted(gateway: ExactGateway, customer: str, configured: Connection) -> dict[str, Any]:
    """Who consented, which divisions are visible, and which of the configured ones are not."""
    base = gateway.base(configured.site)
    current = Target(customer, configured.name, configured.site, None, "Me")
    me = parse_rows((await gateway.get(current, me_url(base))).body)[0]
    wanted: tuple[int, ...] = () if configured.divisions == "all" else configured.divisions
    asked = wanted[0] if wanted else int(me["CurrentDivision"])
    listing = Target(customer, configured.name, configured.site, asked, "hrm/Divisions")
    rows = parse_rows((await gateway.get(listing, divisions_url(base, asked))).body)
    visible = {int(row["Code"]): str(row.get("Description") or "") for row in rows}
    return {
        "customer": customer,
        "connection": configured.name,
        "user": str(me["UserID"]).lower(),
        "divisions": [{"code": code, "name": name} for code, name in sorted(visible.items())],
        "missing": [code for code in wanted if code not in visible],
    }


def _text(fields: Mapping[str, Any]) -> str:
    lines = [f"{row['code']:>10}  {row['name']}" for row in fields["divisions"]]
    lines += [f"{code:>10}  configured, but not visible to this user" for code in fields["missing"]]
    return "\n".join(lines)
