"""Who makes a change on the command line."""

import getpass
from typing import Final

import click

from domain.model.ids import USER_ID_RULE, UserId, is_user_id

BY: Final = "The user that histories and the audit log name.  [default: cli:<your login>]"


def caller(by: str | None) -> UserId:
    """The named user, or the login of the process. Raises BadParameter for an id that is none."""
    by = by or f"cli:{getpass.getuser()}"
    if not is_user_id(by):
        raise click.BadParameter(USER_ID_RULE, param_hint="--by")
    return UserId(by)
