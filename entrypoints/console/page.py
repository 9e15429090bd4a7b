"""A page of the console, declared once at its handler. Routes, menu and authorization read the declaration."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from litestar.response import Stream

from entrypoints.console.desk import Desk
from entrypoints.http.authorization import NO_CAMPAIGN
from entrypoints.http.operation import Operation
from entrypoints.http.response.answers import Reply

Handler = Callable[[Desk], Awaitable[Reply | Stream]]
ROOT: Final = "/console"


async def _no_handler(_: Desk) -> Reply:
    raise NotImplementedError("the declaration of a page decorates its handler")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Page:
    """Who may open it is not said here: its operation says that."""

    path: str
    """Below ``/console``."""
    method: str = "GET"
    operation: Operation | None = None
    """The token must allow this operation. None: every member of staff may open the page."""
    or_else: Operation | None = None
    """Another operation that is enough, for a page that shows what the token allows."""
    menu: str = ""
    """The name in the menu: of the campaign, where the path names one. Empty: it is not in a menu."""
    changes: bool = False
    """A form that changes something: it is taken once."""
    reads_body: bool = True
    """False where the handler reads the body itself: an upload."""
    handler: Handler = _no_handler

    def __call__(self, handler: Handler) -> "Page":
        """The declaration decorates the handler, and together they are the page."""
        return replace(self, handler=handler)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Each of them is enough."""
        return tuple(one for one in (self.operation, self.or_else) if one is not None)

    def offered(self, desk: Desk) -> bool:
        """In a menu. A page that is of no campaign is not offered to a token for some campaigns."""
        campaign = desk.campaign_id if self.of_campaign else NO_CAMPAIGN
        return not self.operations or any(desk.may(operation, campaign) for operation in self.operations)

    @property
    def route(self) -> str:
        return f"{ROOT}{self.path}"

    @property
    def of_campaign(self) -> bool:
        return "{campaignId}" in self.path
