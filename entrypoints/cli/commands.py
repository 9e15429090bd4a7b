"""The command ``fangate`` and its subcommands. It is imported late: see entrypoints/cli/main.py."""

import sys
from importlib import import_module
from typing import Final, cast

import click

from domain.model.errors import DomainError
from entrypoints.cli.errors import in_words
from entrypoints.config.settings import ConfigurationError

COMMANDS: Final = {
    "serve": "entrypoints.cli.serve",
    "worker": "entrypoints.cli.worker",
    "migrate": "entrypoints.cli.migrate",
    "token": "entrypoints.cli.token",
    "codes": "entrypoints.cli.codes",
    "events": "entrypoints.cli.events",
    "privacy": "entrypoints.cli.privacy",
    "draws": "entrypoints.cli.draws",
    "config": "entrypoints.cli.config",
    "demo": "entrypoints.cli.demo.command",
}
"""Each command by name, and its module, where it has the same name."""

EXAMPLES = """Examples:

\b
  fangate config check
  fangate serve --port 8000
  fangate token --sub staff --supreme
  fangate codes import codes.csv --campaign spring --type tm
  eval "$(_FANGATE_COMPLETE=bash_source fangate)"   completion, zsh_source and fish_source likewise

Each command has examples of its own: fangate serve --help."""


class _Commands(click.Group):
    """Imports a command when it is asked for: ``token`` does not wait for the web framework."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        return cast(click.Command, getattr(import_module(module), cmd_name)) if module else None


@click.group(cls=_Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fangate")
def fangate() -> None:
    """The back end that gives scarce tickets to real fans. Configured by FANGATE_… variables."""


def run() -> None:
    """Run the command of this process's arguments."""
    try:
        fangate(standalone_mode=True)
    except ConfigurationError as error:
        sys.exit(f"fangate: {error}")
    except DomainError as error:
        sys.exit(f"fangate: {in_words(error)}")
