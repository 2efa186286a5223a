"""What commands that call a vendor are built from."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from exactbi.cli.frame import settings
from exactbi.clock import Scale, SystemClock
from exactbi.config.customer import Customer
from exactbi.connections.budgets import Budgets
from exactbi.connections.custodian import Custodian
from exactbi.connections.exact_gateway import ExactGateway
from exactbi.connections.journal import Journal
from exactbi.connections.power_bi_gateway import Place, PowerBiGateway
from exactbi.connections.vault import Vault
from exactbi.errors import KEY_MISSING, ConfigurationError
from exactbi.power_bi.client import PowerBiClient
from exactbi.secrets import Keyring


@dataclass(frozen=True)
class ExactParts:
    """What calls Exact; close the gateway."""

    custodian: Custodian
    gateway: ExactGateway


def keyring() -> Keyring:
    """Of the key file; ConfigurationError (KEY_MISSING) where there is none."""
    key_file = settings().key_file
    if key_file is None:
        raise ConfigurationError(KEY_MISSING, "EXACTBI_KEY_FILE is not set")
    return Keyring.from_file(key_file)


def exact(pool: asyncpg.Pool) -> ExactParts:
    """Under the settings' key, scale and limits."""
    used, clock = settings(), SystemClock()
    scale, vault = Scale(used.scale), Vault(pool, keyring())
    journal = Journal(used.token_journal) if used.token_journal else None
    custodian = Custodian(pool, used.dsn, vault, clock, scale, used.exact_url, journal)
    budgets = Budgets(pool, clock, scale, off=used.limits == "off")
    return ExactParts(custodian, ExactGateway(pool, used, vault, custodian, budgets, clock, scale))


def power_bi(pool: asyncpg.Pool, customer: Customer, client: PowerBiClient) -> PowerBiGateway:
    """Under the settings' key, scale and limits; `client` is the caller's to close."""
    used, clock = settings(), SystemClock()
    scale = Scale(used.scale)
    place = Place(customer.id, customer.power_bi, used.login_url, used.powerbi_url)
    budgets = Budgets(pool, clock, scale, off=used.limits == "off")
    return PowerBiGateway(place, Vault(pool, keyring()), budgets, client, clock, scale)
