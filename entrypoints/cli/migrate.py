"""``migrate``: makes the store and the queues ready. It runs before ``serve`` and ``worker``."""

import asyncio
import sys

import click

from entrypoints.config.settings import read_settings

MIGRATE = """Example:  fangate migrate && fangate serve"""


@click.command(epilog=MIGRATE)
def migrate() -> None:
    """Build the indexes of the store and the queues of fanscore retries; shard. Can be repeated at any time."""
    settings = read_settings()
    # A wrong setting is reported before the use cases are imported.
    from entrypoints import bootstrap  # noqa: PLC0415  # see above
    from entrypoints.telemetry.logs import configure_command_logs  # noqa: PLC0415  # see above

    configure_command_logs(settings.log_level)
    migrated = asyncio.run(bootstrap.migrate(settings))
    built = migrated.built
    click.echo(f"built {len(built)}: {', '.join(built)}" if built else "nothing to do")
    for advice in migrated.advice:
        click.echo(advice, err=True)
    for difference in migrated.differing:
        click.echo(f"fangate: {difference}", err=True)
    sys.exit(bool(migrated.differing))
