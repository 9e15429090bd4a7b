"""``config check``: shows the configuration that a process would start with."""

from datetime import timedelta

import click
from pydantic import SecretStr

from entrypoints.bootstrap import check
from entrypoints.bootstrap.files import PlatformFile, check_files, platform_files
from entrypoints.bootstrap.token_keys import token_keys
from entrypoints.config.settings import PREFIX, Settings, read_settings

SHOWN = {"log_level", "metrics", "allow_http"}
"""Settings of text, or yes and no, that never hold a secret. Numbers are always shown."""


@click.group()
def config() -> None:
    """The configuration."""


@config.command("check", epilog="Example:  fangate config check && fangate serve")
def check_config() -> None:
    """Read variables and files, and print what each is. It connects to nothing and shows no secrets.

    When `serve` would not start, the exit status is 1 and standard error has one line.
    """
    settings = read_settings()
    check(settings)
    token_keys(settings)
    for name in type(settings).model_fields:
        click.echo(f"{_variable(name)}  {_shown(settings, name)}")
    for file in platform_files(settings):
        click.echo(f"{file.path}  {_content(file)}")
    check_files(settings)
    click.echo("ok")


def _variable(name: str) -> str:
    return name.upper() if name.startswith("aws_") else f"{PREFIX}{name.upper()}"


def _shown(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    origin = "set" if name in settings.model_fields_set else "default"
    if value is None or value == "" or (isinstance(value, SecretStr) and not value.get_secret_value()):
        return "not set"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} seconds ({origin})"
    if isinstance(value, int) or name in SHOWN:
        return f"{str(value).lower()} ({origin})"
    if isinstance(value, str) and _is_url(name):
        return f"{value.partition(':')[0]}: ({origin})"
    return f"({origin})"


def _is_url(name: str) -> bool:
    """Of a URL only the scheme is shown: the rest may hold a password."""
    default = Settings.model_fields[name].default
    return isinstance(default, str) and ":" in default


def _content(file: PlatformFile) -> str:
    if file.reason:
        return f"cannot be read: {file.reason}"
    wrong = f", {file.unreadable} of them unreadable" if file.unreadable else ""
    return f"{file.records} records{wrong} ({file.variable})"
