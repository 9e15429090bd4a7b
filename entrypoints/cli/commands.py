"""The command ``fangate`` and its subcommands. It is imported late: see entrypoints/cli/main.py."""

import sys

import click

from domain.model.errors import DomainError
from entrypoints.cli.codes import codes
from entrypoints.cli.config import config
from entrypoints.cli.demo.command import demo
from entrypoints.cli.errors import in_words
from entrypoints.cli.events import events
from entrypoints.cli.running import migrate, serve, worker
from entrypoints.cli.token import token
from entrypoints.config.settings import ConfigurationError

EXAMPLES = """Examples:

\b
  fangate config check
  fangate serve --port 8000
  fangate token --sub staff --supreme
  fangate codes import codes.csv --campaign spring --type tm
  eval "$(_FANGATE_COMPLETE=bash_source fangate)"   completion, zsh_source and fish_source likewise

Each command has examples of its own: fangate serve --help."""


@click.group(epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fangate")
def fangate() -> None:
    """The back end that gives scarce tickets to real fans. Configured by FANGATE_… variables."""


for command in (serve, worker, migrate, token, codes, events, config, demo):
    fangate.add_command(command)


def run() -> None:
    """Run the command of this process's arguments."""
    try:
        fangate(standalone_mode=True)
    except ConfigurationError as error:
        sys.exit(f"fangate: {error}")
    except DomainError as error:
        sys.exit(f"fangate: {in_words(error)}")
