"""What the audit log keeps of changes of registrations. No phone is in it: the row names the fan, where one is
known."""

from dataclasses import dataclass, replace
from typing import Any, Final

from domain.model.audit.changes import Audited, Outcome, done
from domain.model.audit.records import Facts, named
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Entry
from domain.model.registrations.score_files import score_key
from domain.model.registrations.scoring import Scored
from domain.usecases.registrations.confirm_phone import Confirmed, ConfirmPhoneCommand
from domain.usecases.registrations.free_phone import FreePhoneCommand
from domain.usecases.registrations.lift_phone_block import LiftPhoneBlockCommand
from domain.usecases.registrations.register_fan import Registered
from domain.usecases.registrations.registration import RegisterFanCommand
from domain.usecases.registrations.select_best import SelectBestCommand
from domain.usecases.registrations.select_entries import Selected, SelectEntriesCommand
from domain.usecases.registrations.transfer_entries import TransferEntriesCommand, Transferred


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreUpload:
    """What is known of an upload of scores before it is read."""

    campaign_id: CampaignId
    key: str | None = None
    records: int | None = None
    content: str | None = None
    """Something that another upload has otherwise: a digest, the length of a stream. None: not known."""


def _score_asked(upload: ScoreUpload) -> Facts:
    """Raises InvalidValue, as the upload itself, for a key that is none: it may be any text."""
    if upload.key is not None:
        return {"key": score_key(upload.key, upload.campaign_id)}
    return {} if upload.records is None else {"records": upload.records}


def _scored(scored: Scored) -> Outcome:
    return done(
        scored.upserted > 0,
        received=scored.received,
        upserted=scored.upserted,
        unchanged=scored.unchanged,
        rejected=scored.rejected,
    )


def _select_asked(command: SelectEntriesCommand) -> Facts | None:
    return None if command.dry_run else {"selection": command.selection.value, **named(command.user_ids)}


def _select_best_asked(command: SelectBestCommand) -> Facts | None:
    """The markets must be known ones, since they are any text before that is checked."""
    if command.dry_run:
        return None
    query = command.query
    return {
        "selection": command.selection.value,
        "top": command.top,
        "minScore": query.min_score,
        "maxScore": query.max_score,
        "markets": query.markets,
        "maxRank": query.max_rank,
        "selections": tuple(one.value for one in query.selections),
    }


def _transfer_asked(command: TransferEntriesCommand) -> Facts | None:
    if command.dry_run:
        return None
    markets: Facts = {"from": command.source, "to": command.target}
    return markets if command.user_ids is None else {**markets, **named(sorted(command.user_ids))}


def _transferred(result: Transferred) -> Outcome:
    return done(
        result.moved + result.merged > 0,
        matched=result.matched,
        moved=result.moved,
        merged=result.merged,
        rejected=result.rejected,
    )


def _registered(result: Registered) -> Outcome:
    entry = result.entry
    return done(result.changed, created=result.created, status=entry.status.value, revision=entry.revision)


def _freed(owner: UserId | None) -> Outcome:
    return done(owner is not None, freed=owner is not None, **({} if owner is None else {"userId": owner}))


REGISTER: Final[Audited[RegisterFanCommand, Registered]] = Audited(
    operation="register", asked=lambda command: {"userId": command.user_id}, outcome=_registered
)
CONFIRM: Final[Audited[ConfirmPhoneCommand, Confirmed]] = Audited(
    operation="confirmPhone",
    asked=lambda command: {"userId": command.user_id},
    outcome=lambda result: done(result.newly, status=result.entry.status.value),
)
VIEW: Final[Audited[UserId, Any]] = Audited(
    operation="viewEntry", asked=lambda user_id: {"userId": user_id}, outcome=lambda _: done()
)
"""A member of staff has looked at a fan's whole registration in the console."""
RESEND: Final[Audited[UserId, Entry]] = Audited(
    operation="resendCode", asked=lambda user_id: {"userId": user_id}, outcome=lambda _: done(changed=True)
)
LIFT_BLOCK: Final[Audited[LiftPhoneBlockCommand, bool]] = Audited(
    operation="liftPhoneBlock", asked=lambda _: {}, outcome=lambda lifted: done(lifted, lifted=lifted)
)
FREE: Final[Audited[FreePhoneCommand, UserId | None]] = Audited(
    operation="freePhone", asked=lambda _: {}, outcome=_freed
)
WITHDRAW: Final[Audited[UserId, None]] = Audited(
    operation="withdrawEntry", asked=lambda user_id: {"userId": user_id}, outcome=lambda _: done()
)
WITHDRAW_OWN: Final = replace(WITHDRAW, operation="withdrawMyEntry")
SCORE: Final[Audited[ScoreUpload, Scored]] = Audited(operation="scoreEntries", asked=_score_asked, outcome=_scored)
SELECT: Final[Audited[SelectEntriesCommand, Selected]] = Audited(
    operation="selectEntries",
    asked=_select_asked,
    outcome=lambda result: done(result.changed > 0, updated=result.updated, rejected=len(result.rejected)),
)
SELECT_BEST: Final[Audited[SelectBestCommand, Selected]] = Audited(
    operation=SELECT.operation, asked=_select_best_asked, outcome=SELECT.outcome
)
TRANSFER: Final[Audited[TransferEntriesCommand, Transferred]] = Audited(
    operation="transferEntries", asked=_transfer_asked, outcome=_transferred
)
