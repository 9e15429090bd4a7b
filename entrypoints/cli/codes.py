"""``codes import``: a file of this machine straight into the store."""

import asyncio
import getpass
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from domain.model.codes import CodeType
from domain.model.errors import DomainError
from domain.model.ids import CAMPAIGN_ID_RULE, USER_ID_RULE, CampaignId, UserId, is_campaign_id, is_user_id
from domain.model.uploads import Import
from domain.usecases.import_codes import ImportCodesCommand
from entrypoints.bootstrap import application, single_file
from entrypoints.cli.errors import in_words
from entrypoints.http.codes.imports import ImportBody
from entrypoints.logs import configure_logs
from entrypoints.settings import Settings, read_settings


@click.group()
def codes() -> None:
    """The inventory of codes."""


@codes.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--campaign", required=True, help="The campaign that gets the codes.")
@click.option("--type", "code_type", required=True, type=click.Choice([type.value for type in CodeType]))
@click.option("--by", default=None, help="Who is named in the history.  [default: cli:<your login>]")
def import_file(file: Path, campaign: str, code_type: str, by: str | None) -> None:
    """Import FILE, a CSV of codes, and print the same summary as the HTTP API."""
    settings = read_settings()
    configure_logs("warning" if settings.log_level == "info" else settings.log_level)
    if not is_campaign_id(campaign):
        raise click.BadParameter(CAMPAIGN_ID_RULE, param_hint="--campaign")
    by = by or f"cli:{getpass.getuser()}"
    if not is_user_id(by):
        raise click.BadParameter(USER_ID_RULE, param_hint="--by")
    command = ImportCodesCommand(
        campaign_id=CampaignId(campaign), key=f"codes/{campaign}/{code_type}/{file.name}", by=UserId(by)
    )
    if settings.in_memory:
        click.echo("FANGATE_STORE=memory: keeps nothing: this is a rehearsal.", err=True)
    try:
        run = asyncio.run(_import(settings, file, file.stat().st_size, command))
    except DomainError as error:
        raise click.ClickException(in_words(error)) from None
    click.echo(msgspec.json.format(msgspec.json.encode(ImportBody.of(run))).decode())


async def _import(settings: Settings, file: Path, size: int, command: ImportCodesCommand) -> Import:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(file.name, total=size)
        source = single_file(file, lambda size: progress.advance(bar, size))
        async with application(settings, objects=source) as app:
            return await app.import_codes(await app.begin_import(command))
