"""The configuration: environment variables with the prefix ``FANGATE_``, read once.

A wrong value is a ConfigurationError whose one line names the variable and never shows a secret.
"""

import re
from datetime import timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "FANGATE_"
MIN_SECRET_BYTES: Final = 32
"""RFC 7518 asks an HS256 key to be at least as long as the hash."""
MIN_CONFIRMATION_SECRET_BYTES: Final = 16
"""Keys of full length are derived from it."""
LONGEST: Final = timedelta(days=366)
_WEB: Final = re.compile(r"(?i:https?)://[^\s\x00-\x1f\x7f]+\Z")
_BUCKET: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/?")


class ConfigurationError(Exception):
    """One line for the operator."""


def _seconds(value: object) -> object:
    """Durations are plain numbers of seconds."""
    if isinstance(value, timedelta):
        return value
    try:
        return timedelta(seconds=float(str(value)))
    except (ValueError, OverflowError):
        raise ValueError("must be a number of seconds") from None


def _scheme(*allowed: str) -> BeforeValidator:
    def check(value: object) -> object:
        scheme, colon, _ = str(value).partition(":")
        if not colon or scheme not in allowed:
            raise ValueError(f"must begin with one of {', '.join(f'{name}:' for name in allowed)}")
        return value

    return BeforeValidator(check)


def _names_bucket(url: str) -> str:
    if url.startswith("s3:") and not _BUCKET.fullmatch(url):
        raise ValueError("must name a bucket: s3://bucket")
    return url


def _whole(url: str) -> str:
    """Nothing that the scheme asks for may be missing, and nothing that it ignores may be there."""
    scheme, _, rest = url.partition(":")
    if scheme in {"http", "https"}:
        if not _is_web_address(url):
            raise ValueError(f"must be a web address: {scheme}://host")
    elif scheme == "file":
        if not rest:
            raise ValueError("must name a file: file:path")
    elif rest:
        raise ValueError(f"must be {scheme}: and nothing more")
    return url


def _sensible(value: timedelta) -> timedelta:
    if not timedelta(0) < value <= LONGEST:
        raise ValueError(f"must be more than 0 and at most {LONGEST.total_seconds():.0f} seconds")
    return value


_WHOLE: Final = AfterValidator(_whole)

Seconds = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_sensible)]


class Settings(BaseSettings):
    # An empty variable counts as one that is not set: that is what ``${NAME:-}`` in a compose file gives.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    store: Annotated[str, _scheme("memory", "mongodb", "mongodb+srv")] = Field("memory:", repr=False)
    """May hold a password, so it is not shown."""
    objects: Annotated[str, _scheme("file", "memory", "s3"), AfterValidator(_names_bucket)] = "file:./objects"
    jwt_secret: SecretStr | None = None
    jwt_jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    campaigns: Annotated[str, _scheme("file", "http", "https"), _WHOLE] = Field(
        "file:./campaigns.json", repr=False
    )
    """May hold a key, as may the next four, so it is not shown."""
    users: Annotated[str, _scheme("file", "http", "https"), _WHOLE] = Field("file:./users.json", repr=False)
    fanscore: Annotated[str, _scheme("none", "http", "https"), _WHOLE] = Field("none:", repr=False)
    fraud: Annotated[str, _scheme("none", "http", "https"), _WHOLE] = Field("none:", repr=False)
    sms: Annotated[str, _scheme("log", "sns", "http", "https"), _WHOLE] = Field("log:", repr=False)
    confirmation_secret: SecretStr | None = None
    confirmation_ttl: Seconds = timedelta(seconds=600)
    phone_block_ttl: Seconds = timedelta(seconds=86_400)
    sms_per_hour: Annotated[int, Field(ge=1, le=1_000)] = 5
    sms_per_day: Annotated[int, Field(ge=1, le=10_000)] = 10
    reservation_ttl: Seconds = timedelta(seconds=86_400)
    sweep_interval: Seconds = timedelta(seconds=5)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    aws_region: str | None = Field(None, validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"))
    aws_endpoint_url: str | None = Field(None, validation_alias="AWS_ENDPOINT_URL")
    """Read by the AWS library itself; here only so that a wrong one stops the start."""

    @model_validator(mode="after")
    def _check_keys(self) -> "Settings":
        if self.jwt_secret and self.jwt_jwks_url:
            raise ValueError(f"{PREFIX}JWT_SECRET and {PREFIX}JWT_JWKS_URL exclude each other: set one")
        _check_length("JWT_SECRET", self.jwt_secret, MIN_SECRET_BYTES)
        _check_length("CONFIRMATION_SECRET", self.confirmation_secret, MIN_CONFIRMATION_SECRET_BYTES)
        if self.jwt_jwks_url and not _is_web_address(self.jwt_jwks_url):
            raise ValueError(f"{PREFIX}JWT_JWKS_URL must be an http:// or https:// URL")
        if self.sms == "sns:" and not self.aws_region:
            raise ValueError(f"{PREFIX}SMS=sns: needs AWS_REGION")
        if self.aws_endpoint_url and not _is_web_address(self.aws_endpoint_url):
            raise ValueError("AWS_ENDPOINT_URL must be an http:// or https:// URL")
        return self

    @property
    def in_memory(self) -> bool:
        """Nothing outlives the process, and no other process can see it."""
        return self.store.startswith("memory:")


def _check_length(name: str, secret: SecretStr | None, minimum: int) -> None:
    if secret and len(secret.get_secret_value().encode()) < minimum:
        raise ValueError(f"{PREFIX}{name} must have at least {minimum} bytes")


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(_WEB.match(url) and parts.hostname) and parts.port != 0
    except ValueError:  # a port or an address that is none
        return False


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
