"""``codes import``: imports a local file into the store."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from domain.model.codes.code import CodeType
from domain.model.codes.files.cells import ACCEPTABLE, Reason
from domain.model.codes.files.layout import MAX_COLUMN, FileOptions
from domain.model.codes.imports import Import, ImportStatus
from domain.model.errors import DomainError
from domain.model.ids import CAMPAIGN_ID_RULE, CampaignId, is_campaign_id
from domain.usecases.codes import audited
from domain.usecases.codes.begin_import import ImportCodesCommand
from entrypoints.bootstrap import application, single_file
from entrypoints.cli.caller import BY, caller
from entrypoints.cli.errors import in_words
from entrypoints.config.settings import Settings, read_settings
from entrypoints.http.codes.import_bodies import ImportBody
from entrypoints.telemetry.logs import configure_command_logs

SOME_LEFT_OUT: Final = 3
"""The status of the command when rows were invalid or conflicting."""
SEPARATORS: Final = {"comma": ",", ",": ",", "semicolon": ";", ";": ";", "tab": "\t", "pipe": "|", "|": "|"}


@click.group()
def codes() -> None:
    """The inventory of codes."""


@codes.command("import", epilog="Example:  fangate codes import codes.csv --campaign spring --type tm")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--campaign", required=True, help="The campaign that gets the codes.")
@click.option("--type", "code_type", required=True, type=click.Choice([type.value for type in CodeType]))
@click.option("--by", default=None, help=BY)
@click.option("--dry-run", is_flag=True, help="Store nothing: print the receipt and a sample.")
@click.option("--column", default=None, help="The column that holds the codes: its number from 1, or its name.")
@click.option(
    "--header/--no-header", default=None, help="Whether the first row names the columns.  [default: detect]"
)
@click.option(
    "--separator", default=None, type=click.Choice([*SEPARATORS]), help="Between columns.  [default: detect]"
)
@click.option(
    "--accept",
    multiple=True,
    type=click.Choice(sorted(reason.value for reason in ACCEPTABLE)),
    help="Accept rows that would be left out for this reason. Can be given several times.",
)
def import_file(file: Path, campaign: str, code_type: str, by: str | None, **wishes: Any) -> None:
    """Import FILE, a CSV of codes, and print the same receipt as the HTTP API.

    The exit status is 3 when rows were invalid, or in the campaign already under the other type. The other rows
    are stored.

    \b
    Examples:
      fangate codes import batch.csv --campaign tour-2026 --type tm --dry-run
      fangate codes import export.csv --campaign tour-2026 --type tm --separator semicolon --column voucher
    """
    settings = read_settings()
    configure_command_logs(settings.log_level)
    if not is_campaign_id(campaign):
        raise click.BadParameter(CAMPAIGN_ID_RULE, param_hint="--campaign")
    command = ImportCodesCommand(
        campaign_id=CampaignId(campaign),
        key=f"codes/{campaign}/{code_type}/{file.name}",
        by=caller(by),
        options=_options(wishes),
    )
    if settings.in_memory:
        click.echo("FANGATE_STORE=memory: keeps nothing: this is a rehearsal.", err=True)
    try:
        run = asyncio.run(_import(settings, file, file.stat().st_size, command, dry_run=wishes["dry_run"]))
    except DomainError as error:
        raise click.ClickException(in_words(error)) from None
    click.echo(msgspec.json.format(msgspec.json.encode(ImportBody.of(run))).decode())
    click.echo(_summary(run), err=True)
    if run.tally.invalid or run.tally.conflicts:
        sys.exit(SOME_LEFT_OUT)


def _options(wishes: Mapping[str, Any]) -> FileOptions:
    column, separator = wishes["column"], wishes["separator"]
    if column is not None and column.isdecimal():
        column = int(column)
        if not 1 <= column <= MAX_COLUMN:
            raise click.BadParameter(f"must be 1 to {MAX_COLUMN}", param_hint="--column")
    return FileOptions(
        separator=SEPARATORS[separator] if separator else None,
        header=wishes["header"],
        column=column,
        accept=frozenset(map(Reason, wishes["accept"])),
    )


def _summary(run: Import) -> str:
    tally = run.tally
    left_out = (
        f"{tally.duplicates} duplicates, {tally.conflicts} conflicts, {tally.invalid} invalid, {tally.blank} blank"
    )
    verb = "would store" if run.status is ImportStatus.CHECKED else "stored"
    return f"{verb} {tally.inserted} of {tally.rows} rows; {left_out}"


async def _import(
    settings: Settings, file: Path, size: int, command: ImportCodesCommand, *, dry_run: bool
) -> Import:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(file.name, total=size)
        source = single_file(file, lambda size: progress.advance(bar, size))
        async with application(settings, objects=source) as app:
            if dry_run:
                return await app.codes.check_file(command)
            return await app.record_change(
                audited.IMPORT, command, app.codes.import_file, by=command.by, campaign_id=command.campaign_id
            )
