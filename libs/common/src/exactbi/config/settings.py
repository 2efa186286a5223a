"""The settings of a process, read from environment variables that begin with `EXACTBI_`."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from exactbi.errors import CONFIG_INVALID, ConfigurationError

ADDRESS: Final = r"^https?://[^\s/,]+[^\s,]*$"


class Settings(BaseSettings):
    """Where everything is. A variable is the field's name in capitals: `EXACTBI_KAFKA`, `EXACTBI_POSTGRES`, ..."""

    model_config = SettingsConfigDict(env_prefix="EXACTBI_", frozen=True, extra="ignore")

    kafka: str = "127.0.0.1:9092"
    """Bootstrap servers."""
    kafka_profile: Literal["embedded", "cluster"] = "cluster"
    topic_prefix: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$")
    postgres: SecretStr = SecretStr("postgresql://exactbi@127.0.0.1:5432/exactbi")
    exact_url: str | None = Field(default=None, pattern=rf"{ADDRESS}|^([a-z]{{2}}=https?://[^\s/,]+[^\s,]*(,|$))*$")
    """Overrides the address of every site of Exact Online; `{site}` stands for the site's name. Or one address a site:
    `nl=http://...,be=http://...`."""
    powerbi_url: str = Field(default="https://api.powerbi.com", pattern=ADDRESS)
    login_url: str = Field(default="https://login.microsoftonline.com", pattern=ADDRESS)
    """Microsoft Entra."""
    scale: float = Field(default=1.0, ge=1.0, le=60.0)
    """How many times shorter every vendor window is."""
    limits: Literal["on", "off"] = "on"
    customers: Path = Path("deploy/customers")
    """The directory of the customers' YAML files."""
    key_file: Path | None = None
    """The key that encrypts the data keys: 32 bytes in base64."""
    token_journal: Path | None = None
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8081, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def dsn(self) -> str:
        """The address of PostgreSQL, password included: not for logs."""
        return self.postgres.get_secret_value()


def read_settings() -> Settings:
    """Of the environment; ConfigurationError (CONFIG_INVALID) names the variables, never their values."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [f"EXACTBI_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise ConfigurationError(CONFIG_INVALID, "; ".join(problems)) from None
