"""The reads over all campaigns. On a sharded cluster each of them asks every shard.

Everything else that is sent to codes, entries and scoring names what it is sharded by; tests fail where it does
not. These reads are the exceptions, all of them. Their names are sent as the comment of the command, so MongoDB's
log and profiler show them. None of them writes: a write of one document must be sent to one shard.
"""

from collections.abc import Mapping
from typing import Final

RELAY_DUE: Final = "fangate: messages that are due"
RELAY_STANDING: Final = "fangate: messages that wait"
SWEEP: Final = "fangate: campaigns with reserved codes"
CAMPAIGNS: Final = "fangate: campaigns"
ADOPTED_MESSAGES: Final = "fangate: messages without a partition"
PHONE_KEYS: Final = "fangate: phones and their keys"
PERSON: Final = "fangate: everything of one person"
EARLIER_CALLERS: Final = "fangate: callers in histories of codes"
PHONE_DOUBLES: Final = "fangate: phone keys of two fans"

READS_OF_ALL_CAMPAIGNS: Final[Mapping[str, str]] = {
    RELAY_DUE: (
        "The relay takes the oldest messages of its partitions, whichever campaign they are of. Each shard reads "
        "at most a batch from a partial index. Hundreds of campaigns would be hundreds of reads several times a "
        "second, most of them for nothing."
    ),
    RELAY_STANDING: "A worker counts for its metrics what waits. Each shard counts keys of a partial index.",
    SWEEP: "The sweeper asks which campaigns have reserved codes, and goes on campaign by campaign.",
    CAMPAIGNS: "The list of campaigns: each shard reads one index key for each of its campaigns.",
    ADOPTED_MESSAGES: "fangate migrate looks through all entries for what earlier releases stored.",
    PHONE_KEYS: "fangate migrate looks through all entries for what earlier releases stored.",
    PERSON: (
        "An export or an erasure looks for a person in all campaigns. Entries and scores have an index for it; "
        "codes are "
        "read whole for a person of staff."
    ),
    EARLIER_CALLERS: "fangate migrate looks through all codes for callers of earlier releases.",
    PHONE_DOUBLES: "fangate migrate asks this when the unique index of telephones cannot be built.",
}
"""Why each of them is not made campaign by campaign."""
