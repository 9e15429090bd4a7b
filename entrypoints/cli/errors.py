"""A refusal as one line on the command line."""

from domain.model.errors import DomainError, InvalidValue, Unavailable
from entrypoints.config.settings import PREFIX, Settings


def in_words(error: DomainError) -> str:
    """The cause, and where to fix it."""
    match error:
        case InvalidValue():
            return f"{error.field}: {error.reason}"
        case Unavailable() if error.reason and error.part in Settings.model_fields:
            return f"{PREFIX}{error.part.upper()}: {error.reason}"
    if error.detail:
        return f"{error.message} {error.detail}"
    details = ", ".join(f"{name} {value}" for name, value in error.context.items())
    return f"{error.message} ({details})" if details else error.message
