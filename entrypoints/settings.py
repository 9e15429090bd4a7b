"""The configuration: environment variables with the prefix ``FANGATE_``, read once.

A wrong value is a ConfigurationError whose one line names the variable and never shows a secret.
"""

from datetime import timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "FANGATE_"
MIN_SECRET_BYTES: Final = 32
"""RFC 7518 asks an HS256 key to be at least as long as the hash."""


class ConfigurationError(Exception):
    """One line for the operator."""


def _seconds(value: object) -> object:
    """Durations are plain numbers of seconds."""
    if isinstance(value, timedelta):
        return value
    return timedelta(seconds=float(str(value)))


def _scheme(*allowed: str) -> BeforeValidator:
    def check(value: object) -> object:
        scheme, colon, _ = str(value).partition(":")
        if not colon or scheme not in allowed:
            raise ValueError(f"must begin with one of {', '.join(f'{name}:' for name in allowed)}")
        return value

    return BeforeValidator(check)


Seconds = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0), le=timedelta(days=366))]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, populate_by_name=True)

    store: Annotated[str, _scheme("memory", "mongodb", "mongodb+srv")] = Field("memory:", repr=False)
    """May hold a password, so it is not shown."""
    objects: Annotated[str, _scheme("file", "memory", "s3")] = "file:./objects"
    jwt_secret: SecretStr | None = None
    jwt_jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    reservation_ttl: Seconds = timedelta(seconds=86_400)
    sweep_interval: Seconds = timedelta(seconds=5)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    aws_region: str | None = Field(None, validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"))

    @model_validator(mode="after")
    def _check_keys(self) -> "Settings":
        if self.jwt_secret and self.jwt_jwks_url:
            raise ValueError(f"{PREFIX}JWT_SECRET and {PREFIX}JWT_JWKS_URL exclude each other: set one")
        if self.jwt_secret and len(self.jwt_secret.get_secret_value().encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"{PREFIX}JWT_SECRET must have at least {MIN_SECRET_BYTES} bytes")
        if self.jwt_jwks_url and urlsplit(self.jwt_jwks_url).scheme not in {"http", "https"}:
            raise ValueError(f"{PREFIX}JWT_JWKS_URL must be an http:// or https:// URL")
        return self

    @property
    def in_memory(self) -> bool:
        """Nothing outlives the process, and no other process can see it."""
        return self.store.startswith("memory:")


def read_settings() -> Settings:
    """The settings of this process. Raises ConfigurationError."""
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("; ".join(_lines(error))) from None


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        reason = problem["msg"].removeprefix("Value error, ")
        name = str(problem["loc"][0]) if problem["loc"] else ""
        variable = name if name.isupper() else f"{PREFIX}{name.upper()}"
        lines.append(f"{variable}: {reason}" if name else reason)
    return lines
