"""``privacy purge``: what belongs to campaigns that closed long ago."""

import asyncio

import click

from domain.model.ids import UserId
from domain.usecases.privacy import audited
from domain.usecases.privacy.purge_closed import PurgeCommand, Purged
from entrypoints.bootstrap import application
from entrypoints.cli.caller import BY, caller
from entrypoints.config.settings import ConfigurationError, Settings, read_settings
from entrypoints.telemetry.logs import configure_command_logs


@click.group()
def privacy() -> None:
    """Personal data that is kept no longer."""


@privacy.command(epilog="Example:  fangate privacy purge --closed-for 90 --dry-run")
@click.option(
    "--closed-for", required=True, type=click.IntRange(1, 36_500), help="Days since the campaign closed."
)
@click.option("--dry-run", is_flag=True, help="Count only.")
@click.option("--by", default=None, help=BY)
def purge(closed_for: int, dry_run: bool, by: str | None) -> None:
    """Withdraw the registrations of campaigns that closed so many days ago. Can be interrupted and repeated."""
    settings = read_settings()
    configure_command_logs(settings.log_level)
    if settings.in_memory:
        raise ConfigurationError("FANGATE_STORE=memory: is in another process: this command cannot see it")
    command = PurgeCommand(days=closed_for, dry_run=dry_run)
    purged = asyncio.run(_purge(settings, command, caller(by)))
    done = "would be withdrawn" if dry_run else "withdrawn"
    click.echo(f"{done}: {purged.entries} registrations of {purged.campaigns} campaigns")
    if purged.unknown:
        click.echo(f"campaigns that campaign-service does not know, left alone: {purged.unknown}", err=True)


async def _purge(settings: Settings, command: PurgeCommand, by: UserId) -> Purged:
    async with application(settings) as app:
        return await app.record_change(audited.PURGE, command, app.privacy.purge, by=by, campaign_id=None)
