"""What an operator does once: a key, the customer's file, the schema, secrets, and the user's consent in Exact."""

from __future__ import annotations

import base64
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from exactbi.config.customer import load_customers
from launcher.folders import CHECKOUT
from launcher.processes import PartError

if TYPE_CHECKING:
    from launcher.stack import Stack

CUSTOMER = CHECKOUT / "deploy" / "customers" / "demo.yaml"
CONNECTION = "nl"
KEY_BYTES = 32
LOGIN_S = 60.0


def files(folder: Path) -> dict[str, str]:
    """Make the key, the token journal's place and the directory of customers; the settings that name them."""
    key = folder / "key"
    key.touch(mode=0o600)
    key.write_text(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
    customers = folder / "customers"
    customers.mkdir()
    shutil.copy(CUSTOMER, customers / CUSTOMER.name)
    return {
        "EXACTBI_KEY_FILE": str(key),
        "EXACTBI_TOKEN_JOURNAL": str(folder / "tokens.journal"),
        "EXACTBI_CUSTOMERS": str(customers),
    }


def onboard(stack: Stack) -> None:
    """Migrate, make the topics, set the secrets, log in; PartError quotes the command that failed."""
    _must(stack.command("migrate"))
    _must(stack.command("topics", "apply"))
    app = stack.exact.ready["apps"][0]
    given = {
        f"exact/{CONNECTION}/client_secret": app["client_secret"],
        f"exact/{CONNECTION}/webhook_secret": app["webhook_secret"],
        "power_bi/client_secret": stack.powerbi.ready["apps"][0]["client_secret"],
    }
    for name, value in given.items():
        secret = _private(stack.folder / "secret", value)
        _must(stack.command("secrets", "set", name, "--from-file", str(secret)))
        secret.unlink()
    log_in(stack)


def notice_address(stack: Stack) -> str:
    """Where Exact sends the connection's notices."""
    (customer,) = load_customers(stack.folder / "customers").values()
    return f"{stack.health('webhook-ingest')}/exact/{customer.connections[0].webhook_path}"


def log_in(stack: Stack) -> None:
    """Play the user: `exactbi login` prints the consent's address and waits for the one that the browser ends on."""
    redirected = stack.folder / "redirected"
    words = ["login", "--connection", CONNECTION, "--redirected-url-file", str(redirected)]
    with stack.opened(*words) as login:
        assert login.stdout is not None
        url = login.stdout.readline().strip()
        if url:
            _private(redirected, _consent(stack, url))
        output, errors = login.communicate(timeout=LOGIN_S)
        _must(subprocess.CompletedProcess(login.args, login.returncode, url + output, errors))
    redirected.unlink()


def _consent(stack: Stack, url: str) -> str:
    """Log in on the consent page; the address of the app that it leads to."""
    user = stack.exact.ready["users"][0]
    answer = httpx.post(url, data=user, follow_redirects=False, trust_env=False, timeout=LOGIN_S)
    if not answer.has_redirect_location:
        raise PartError(f"exact-emulator: the consent page answered {answer.status_code}")
    return answer.headers["location"]


def _private(path: Path, text: str) -> Path:
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    return draft.rename(path)


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        command = " ".join(["exactbi", *done.args[1:]])
        raise PartError(f"`{command}` ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
