"""The JSON body of a job. Other releases of Fangate can read it."""

from typing import Annotated, Final

import msgspec

from domain.model.ids import CAMPAIGN_ID, USER_ID, CampaignId, UserId
from domain.model.messaging.messages import RequestContext
from ports.messaging import ScoreRetry


class Unreadable(Exception):
    """The body is not a job of Fangate, or is damaged."""


class _Body(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Unknown fields are ignored: a later release may send them."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    campaign_id: Annotated[str, msgspec.Meta(pattern=CAMPAIGN_ID)]
    user_id: Annotated[str, msgspec.Meta(pattern=USER_ID)]
    request_id: str | None = None
    traceparent: str | None = None
    attempt: int = 0
    """How often the job was delivered before it came into this queue."""


_BODY: Final = msgspec.json.Decoder(_Body)


def from_job(job: ScoreRetry, *, attempt: int = 0) -> str:
    body = _Body(
        id=job.id,
        campaign_id=job.campaign_id,
        user_id=job.user_id,
        request_id=job.request.request_id,
        traceparent=job.request.traceparent,
        attempt=attempt,
    )
    return msgspec.json.encode(body).decode()


def to_job(body: str) -> tuple[ScoreRetry, int]:
    """The job, and how often it was delivered before. Raises Unreadable, without content of the body."""
    try:
        read = _BODY.decode(body)
    except (ValueError, RecursionError):  # The errors of msgspec are ValueErrors.
        raise Unreadable from None
    job = ScoreRetry(
        id=read.id,
        campaign_id=CampaignId(read.campaign_id),
        user_id=UserId(read.user_id),
        request=RequestContext(request_id=read.request_id, traceparent=read.traceparent),
    )
    return job, read.attempt
