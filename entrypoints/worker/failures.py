"""How the worker reports an error that it did not expect."""

import structlog

log = structlog.get_logger()


def chore_failed(event: str, error: Exception, **names: str | int) -> None:
    """Log the kind of the error and its number. Its message stays out: a driver quotes what is stored."""
    cause = error.__cause__ or error
    log.error(event, error=type(cause).__name__, number=getattr(cause, "code", None), **names)
