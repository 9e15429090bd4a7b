"""A form that changes something works once: Back, Reload and a double click repeat nothing."""

import hashlib
import secrets
from typing import Final

from entrypoints.application import Application
from entrypoints.console.request import Fields
from entrypoints.console.signatures import is_signed, signature
from entrypoints.console.text import text
from entrypoints.http.response.problems import Problem

FIELD: Final = "once"
_NONCE: Final = 22


def new_form(token: str) -> str:
    """The value of the field. It is bound to the token of the session."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{signature(token, f'form {nonce}')}"


async def take(app: Application, token: str, form: Fields, path: str) -> None:
    """Raises a Problem: 403 for a field that this session did not get, 409 for a form that was sent before.

    The same form with other values is another one: after a value that was refused, it can be corrected.
    """
    nonce, _, given = form.one(FIELD)[:128].partition(".")
    if len(nonce) != _NONCE or not is_signed(token, f"form {nonce}", given):
        raise Problem(
            403,
            "console.form_unknown",
            text("The form is not one of this session."),
            detail=text("open the page again and send the form from there; nothing was changed"),
        )
    sent = repr((nonce, path, form.pairs)).encode(errors="surrogatepass")
    if not await app.take_once(hashlib.sha256(sent).hexdigest()):
        raise Problem(409, "console.form_sent", text("This form was sent before. Nothing was repeated."))
