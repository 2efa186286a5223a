"""What an operator does once: a key, the customer's file, the schema, secrets, and the user's consent in Exact."""

from __future__ import annotations

import base64
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from launcher.folders import CHECKOUT
from launcher.processes import PartError

if TYPE_CHECKING:
    from launcher.stack import Stack

CUSTOMER = CHECKOUT / "deploy" / "customers" / "demo.yaml"
CONNECTION = "nl"
KEY_BYTES = 32


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
    """Migrate, set the secrets, log in; PartError quotes the command that failed."""
    _must(stack.command("migrate"))
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
    _log_in(stack)


def _log_in(stack: Stack) -> None:
    """Play the user: open the consent page, log in, hand the address that the browser ends on to `exactbi login`."""
    url = stack.asked("login", "--connection", CONNECTION, "--start")["url"]
    user = stack.exact.ready["users"][0]
    answer = httpx.post(url, data=user, follow_redirects=False, trust_env=False)
    if not answer.is_redirect:
        raise PartError(f"exact-emulator: the consent page answered {answer.status_code}")
    redirected = _private(stack.folder / "redirected", answer.headers["location"])
    _must(stack.command("login", "--connection", CONNECTION, "--redirected-url-file", str(redirected)))
    redirected.unlink()


def _private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        command = " ".join(done.args[2:])
        raise PartError(f"`{command}` ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
