"""Times that are typed into a form. The browser's field knows no zone: without JavaScript, it means UTC."""

from datetime import UTC, datetime


def as_instant(text: str) -> str:
    """For the query of an operation, which refuses what is no time."""
    read = _read(text)
    return text if read is None else read.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_field(text: str) -> str:
    """The value of the field. What is no time is left out."""
    read = _read(text)
    return "" if read is None else f"{read.astimezone(UTC):%Y-%m-%dT%H:%M}"


def _read(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
        read = read if read.tzinfo else read.replace(tzinfo=UTC)
        read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return read
