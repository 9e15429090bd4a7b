"""How the work behind the service goes."""

from datetime import datetime

from entrypoints.console.attention import attention
from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.console.text import text
from entrypoints.http.background import OperationsBody, read_operations
from entrypoints.http.parked import list_parked
from entrypoints.http.response.answers import Reply


@Page(path="/operations", operation=read_operations, or_else=list_parked, menu=text("Operations"))
async def overview(desk: Desk) -> Reply:
    if not desk.may(read_operations):
        return desk.go(desk.to("operations", "parked"))
    return _shown(desk, "operations.html", await desk.ask(read_operations, OperationsBody))


@Page(path="/operations/now", operation=read_operations)
async def now_part(desk: Desk) -> Reply:
    """Again every few seconds."""
    return _shown(desk, "operations_now.html", await desk.ask(read_operations, OperationsBody))


def _shown(desk: Desk, template: str, found: OperationsBody) -> Reply:
    wrong, may_see_parked = list(attention(found)), desk.may(list_parked, "")
    return desk.show(template, found=found, wrong=wrong, may_see_parked=may_see_parked, seconds=_seconds)


def _seconds(earlier: str, later: str) -> int:
    return max(0, round((datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()))
