"""The configuration: environment variables with the prefix ``FANGATE_``, read once.

A wrong value is a ConfigurationError. Its one line names the variable and never shows a secret.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from entrypoints.config.kafka import KafkaAccess, kafka_access
from entrypoints.config.stream_urls import check_stream
from entrypoints.config.validators import (
    WHOLE,
    Seconds,
    is_issuer,
    is_plain_http,
    is_web_address,
    names_bucket,
    names_claim,
    names_queue,
    scheme,
)
from entrypoints.config.variables import PREFIX, unknown_variables

__all__ = ["PREFIX", "ConfigurationError", "Settings", "read_settings"]

MIN_SECRET_BYTES: Final = 32
"""RFC 7518: an HS256 key is at least as long as the hash."""
MIN_CONFIRMATION_SECRET_BYTES: Final = 16
"""Keys of full length are derived from the secret."""
MAX_RATE: Final = 60_000
"""One token each millisecond: stores keep times in milliseconds."""


NEIGHBOURS: Final = (
    "campaigns", "users", "fanscore", "fraud", "sms", "receipts", "sfmc_auth_url", "realtime", "jwt_jwks_url",
    "kafka_token_url", "beacon", "oidc_issuer",
)  # fmt: skip
"""The neighbours that can be reached over HTTP."""


class ConfigurationError(Exception):
    """One line for the operator."""


class Settings(BaseSettings):
    # An empty variable counts as not set: a compose file makes one from ``${NAME:-}``.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    store: Annotated[str, scheme("memory", "mongodb", "mongodb+srv")] = "memory:"
    objects: Annotated[str, scheme("file", "memory", "s3"), AfterValidator(names_bucket)] = "file:./objects"
    jwt_secret: SecretStr | None = None
    jwt_jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_supreme_claim: Annotated[str, AfterValidator(names_claim)] = "supreme"
    """The claim that makes an administrator: its name, or the dotted path to a nested claim."""
    console: Literal["on", "off"] = "on"
    """The pages for the people of a ticket office."""
    oidc_issuer: str | None = None
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    campaigns: Annotated[str, scheme("file", "http", "https"), WHOLE] = "file:./campaigns.json"
    users: Annotated[str, scheme("file", "http", "https"), WHOLE] = "file:./users.json"
    fanscore: Annotated[str, scheme("none", "http", "https"), WHOLE] = "none:"
    fraud: Annotated[str, scheme("none", "http", "https"), WHOLE] = "none:"
    sms: Annotated[str, scheme("log", "sns", "http", "https"), WHOLE] = "log:"
    queue: Annotated[str, scheme("memory", "sqs"), AfterValidator(names_queue)] = "memory:"
    score_attempts: Annotated[int, Field(ge=2, le=1_000)] = 5
    """How often fanscore is asked before a retry becomes a dead letter. At least 2, because SQS may count a
    delivery that no worker received; at most 1,000, because SQS counts no further."""
    receipts: Annotated[str, scheme("log", "http", "https"), WHOLE] = "log:"
    sfmc_auth_url: str = ""
    sfmc_client_id: str = ""
    sfmc_client_secret: SecretStr = SecretStr("")
    sfmc_definition_key: str = ""
    realtime: Annotated[str, scheme("none", "http", "https"), WHOLE] = "none:"
    appsync_api_key: SecretStr = SecretStr("")
    stream: Annotated[str, AfterValidator(check_stream)] = "memory:"
    beacon: Annotated[str, scheme("none", "https", "http"), WHOLE] = "https://api.drand.sh"
    draw_notice: Seconds = timedelta(seconds=3_600)
    """From the announcement of a draw to its randomness, at least."""
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """The worker withdraws registrations of campaigns that closed so many days ago. 0: it keeps them."""
    event_personal: Literal["full", "none"] = "full"
    """``none``: events carry no phone, mail address, name or attribute."""
    kafka_user: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_password_file: str = ""
    kafka_ca: str = ""
    kafka_cert: str = ""
    kafka_key: str = ""
    kafka_token_url: str = ""
    kafka_token_scope: str = ""
    confirmation_secret: SecretStr | None = None
    confirmation_ttl: Seconds = timedelta(seconds=600)
    phone_block_ttl: Seconds = timedelta(seconds=86_400)
    sms_per_hour: Annotated[int, Field(ge=1, le=1_000)] = 5
    sms_per_day: Annotated[int, Field(ge=1, le=10_000)] = 10
    sms_per_fan: Annotated[int, Field(ge=1, le=1_000)] = 10
    numbers_per_day: Annotated[int, Field(ge=1, le=1_000)] = 10
    rate_writes_per_minute: Annotated[int, Field(ge=0, le=MAX_RATE)] = 600
    """0 means no limit, here and in the next two."""
    rate_reads_per_minute: Annotated[int, Field(ge=0, le=MAX_RATE)] = 0
    rate_address_per_minute: Annotated[int, Field(ge=0, le=MAX_RATE)] = 0
    reservation_ttl: Seconds = timedelta(seconds=86_400)
    sweep_interval: Seconds = timedelta(seconds=5)
    worker_metrics_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """The port on which the worker serves its metrics; 0: none."""
    max_connections: Annotated[int, Field(ge=1, le=1_000_000)] = 1_024
    """At the same time, in each process of the service."""
    max_requests: Annotated[int, Field(ge=1, le=100_000)] = 100
    """At the same time, in each lane of each process of the service."""
    upload_limit: Annotated[int, Field(ge=1, le=80 * 1024**3)] = 268_435_456
    """The most bytes of an uploaded file."""
    shutdown_delay: Annotated[int, Field(ge=0, le=300)] = 0
    """After a stop signal: the seconds from failing ``/readyz`` to taking no more connections."""
    relay_lease: Seconds = timedelta(seconds=30)
    """How long a dead worker still holds its partitions."""
    metrics: Literal["on", "off"] = "on"
    """``off``: requests are not counted."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    allow_http: bool = False
    """Allow plain HTTP to neighbours on other machines."""
    aws_region: str | None = Field(None, validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"))
    aws_endpoint_url: str | None = Field(None, validation_alias="AWS_ENDPOINT_URL")
    """The AWS library reads it. It is here so that a wrong value stops the start."""

    @model_validator(mode="after")
    def _check_keys(self) -> "Settings":
        if self.jwt_secret and self.jwt_jwks_url:
            raise ValueError(f"{PREFIX}JWT_SECRET and {PREFIX}JWT_JWKS_URL exclude each other: set one")
        _check_length("JWT_SECRET", self.jwt_secret, MIN_SECRET_BYTES)
        _check_length("CONFIRMATION_SECRET", self.confirmation_secret, MIN_CONFIRMATION_SECRET_BYTES)
        if self.jwt_jwks_url and not is_web_address(self.jwt_jwks_url):
            raise ValueError(f"{PREFIX}JWT_JWKS_URL must be an http:// or https:// URL")
        for name, url in (("SMS", self.sms), ("QUEUE", self.queue), ("STREAM", self.stream)):
            if url.startswith(("sns:", "sqs:", "kinesis:")) and not self.aws_region:
                raise ValueError(f"{PREFIX}{name}={url.partition(':')[0]}: needs AWS_REGION")
        if self.aws_endpoint_url and not is_web_address(self.aws_endpoint_url):
            raise ValueError("AWS_ENDPOINT_URL must be an http:// or https:// URL")
        return self

    @model_validator(mode="after")
    def _check_encrypted(self) -> "Settings":
        """Requests to neighbours carry phones, one-time codes and keys."""
        plain = [name for name in NEIGHBOURS if is_plain_http(getattr(self, name) or "")]
        if plain and not self.allow_http:
            names = ", ".join(f"{PREFIX}{name.upper()}" for name in plain)
            raise ValueError(f"{names}: must be https://, or set {PREFIX}ALLOW_HTTP=true")
        return self

    @model_validator(mode="after")
    def _check_receivers(self) -> "Settings":
        """Mailers and live updates over HTTP need keys."""
        if not self.receipts.startswith("log:"):
            names = ("sfmc_auth_url", "sfmc_client_id", "sfmc_client_secret", "sfmc_definition_key")
            _check_given("RECEIPTS", {name: getattr(self, name) for name in names})
        if not self.realtime.startswith("none:"):
            _check_given("REALTIME", {"appsync_api_key": self.appsync_api_key})
        if self.sfmc_auth_url and not is_web_address(self.sfmc_auth_url):
            raise ValueError(f"{PREFIX}SFMC_AUTH_URL must be an http:// or https:// URL")
        return self

    @model_validator(mode="after")
    def _check_oidc(self) -> "Settings":
        """All three, or none: half a configuration would quietly be a sign-in by token."""
        names = ("oidc_client_id", "oidc_client_secret")
        given = {name: getattr(self, name) for name in names}
        if self.oidc_issuer is None:
            for name in (name for name, value in given.items() if value):
                raise ValueError(f"{PREFIX}{name.upper()} needs {PREFIX}OIDC_ISSUER")
            return self
        if not is_issuer(self.oidc_issuer):
            raise ValueError(f"{PREFIX}OIDC_ISSUER must be an http:// or https:// URL without ? and #")
        _check_given("OIDC_ISSUER", given)
        return self

    @model_validator(mode="after")
    def _check_kafka(self) -> "Settings":
        given = self._kafka_variables()
        if given or self.stream.startswith("kafka"):
            kafka_access(self.stream, given)
        if self.kafka_token_url and not is_web_address(self.kafka_token_url):
            raise ValueError(f"{PREFIX}KAFKA_TOKEN_URL must be an http:// or https:// URL")
        return self

    def _kafka_variables(self) -> dict[str, str]:
        named = {name: getattr(self, name) for name in type(self).model_fields if name.startswith("kafka_")}
        texts = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in named.items()
        }
        return {name.upper(): text for name, text in texts.items() if text}

    def __repr_args__(self) -> Iterator[tuple[None, str]]:
        """The names of the variables that were set. Values may hold secrets, URLs too."""
        yield from ((None, name) for name in sorted(self.model_fields_set))

    @property
    def kafka(self) -> KafkaAccess:
        """Where ``stream`` is one of Kafka's URLs."""
        return kafka_access(self.stream, self._kafka_variables())

    @property
    def in_memory(self) -> bool:
        """The data ends with the process, and no other process can see it."""
        return self.store.startswith("memory:")


def _check_length(name: str, secret: SecretStr | None, minimum: int) -> None:
    if secret and len(secret.get_secret_value().encode()) < minimum:
        raise ValueError(f"{PREFIX}{name} must have at least {minimum} bytes")


def _check_given(user: str, values: Mapping[str, object]) -> None:
    if missing := [f"{PREFIX}{name.upper()}" for name, value in values.items() if not value]:
        raise ValueError(f"{PREFIX}{user} needs {', '.join(missing)}")


def read_settings() -> Settings:
    """The settings of this process. Raises ConfigurationError."""
    wrong = list(unknown_variables(os.environ, VARIABLES))
    try:
        settings = Settings()
    except ValidationError as error:
        raise ConfigurationError("; ".join(wrong + _lines(error))) from None
    if wrong:
        raise ConfigurationError("; ".join(wrong))
    return settings


VARIABLES: Final = frozenset(
    f"{PREFIX}{name.upper()}" for name, field in Settings.model_fields.items() if field.validation_alias is None
)
"""Fangate's own variables."""


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        reason = problem["msg"].removeprefix("Value error, ")
        name = str(problem["loc"][0]) if problem["loc"] else ""
        variable = name if name.isupper() else f"{PREFIX}{name.upper()}"
        lines.append(f"{variable}: {reason}" if name else reason)
    return lines
