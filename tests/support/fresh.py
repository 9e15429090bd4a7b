"""Names that no other test uses: tests share services, and what is remembered of numbers outlives a campaign."""

import itertools
import uuid
from typing import Final

_NUMBERS: Final = itertools.count(1)


def new_id(prefix: str) -> str:
    return f"{prefix}-{next(_NUMBERS)}"


def new_campaign_id() -> str:
    """Of no test in another process either."""
    return f"c-{uuid.uuid4().hex[:12]}"


def new_phone() -> str:
    return f"+1212{4_560_000 + next(_NUMBERS)}"
