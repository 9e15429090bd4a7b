"""``events parked|retry``: messages that were refused too often."""

import asyncio
from collections.abc import Collection, Sequence

import click
import msgspec

from domain.model.cloud_events import type_of
from domain.model.ids import CAMPAIGN_ID_RULE, CampaignId, UserId, is_campaign_id
from domain.model.messaging.messages import instant
from domain.model.messaging.relaying import Parked
from domain.usecases.messaging import audited
from entrypoints.bootstrap import application
from entrypoints.cli.caller import BY, caller
from entrypoints.config.settings import ConfigurationError, Settings, read_settings
from entrypoints.telemetry.logs import configure_command_logs

COLUMNS = ("id", "type", "subject", "revision", "attempts", "since", "reason")


@click.group()
def events() -> None:
    """Messages that the stream or the mailer refused."""


@events.command(epilog="Example:  fangate events parked --campaign spring --json")
@click.option("--campaign", default=None, help="Only the messages of this campaign.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def parked(campaign: str | None, limit: int, as_json: bool) -> None:
    """List parked messages, the longest parked first. Their content is not shown."""
    if campaign is not None and not is_campaign_id(campaign):
        raise click.BadParameter(CAMPAIGN_ID_RULE, param_hint="--campaign")
    found = asyncio.run(_list(_settings(), CampaignId(campaign) if campaign else None, limit))
    if not as_json:
        click.echo("\t".join(COLUMNS))
    for one in map(_shown, found):
        click.echo(msgspec.json.encode(one).decode() if as_json else "\t".join(map(str, one.values())))


@events.command(epilog="Example:  fangate events retry --all")
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every parked message.")
@click.option("--by", default=None, help=BY)
def retry(ids: tuple[str, ...], everything: bool, by: str | None) -> None:
    """Put parked messages back, by their IDs. A worker passes them on before the other messages of their
    entries."""
    if bool(ids) == everything:
        raise click.UsageError("name IDs, or --all")
    put_back = set(asyncio.run(_retry(_settings(), None if everything else ids, caller(by))))
    click.echo(f"put back {len(put_back)}")
    if missing := [id for id in ids if id not in put_back]:
        raise click.ClickException(f"not parked: {', '.join(missing)}")


def _settings() -> Settings:
    settings = read_settings()
    configure_command_logs(settings.log_level)
    if settings.in_memory:
        raise ConfigurationError("FANGATE_STORE=memory: is in another process: this command cannot see it")
    return settings


def _shown(parked: Parked) -> dict[str, object]:
    message = parked.message
    return {
        "id": message.id,
        "type": type_of(message.about),
        "subject": f"{message.campaign_id}/{message.user_id}",
        "revision": message.revision,
        "attempts": message.attempts,
        "since": instant(parked.since),
        "reason": parked.reason,
    }


async def _list(settings: Settings, campaign_id: CampaignId | None, limit: int) -> Sequence[Parked]:
    async with application(settings) as app:
        return (await app.messaging.list_parked(campaign_id, limit)).messages


async def _retry(settings: Settings, ids: Collection[str] | None, by: UserId) -> Sequence[str]:
    async with application(settings) as app:
        retry_parked = app.messaging.retry_parked
        return await app.record_change(audited.RETRY_PARKED, ids, retry_parked, by=by, campaign_id=None)
