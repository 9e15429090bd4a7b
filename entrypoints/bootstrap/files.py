"""The files that the settings name, checked when a process starts: campaigns, fans, certificates of Kafka."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.outgoing.breaker import NoAnswer
from adapters.platform.records import read_campaigns, read_fans
from entrypoints.config.pem import check_authority, check_certificate, check_text
from entrypoints.config.settings import PREFIX, ConfigurationError, Settings


@dataclass(frozen=True, slots=True)
class PlatformFile:
    variable: str
    path: Path
    wanted: bool
    """The operator named it: it is not the default."""
    records: int = 0
    unreadable: int = 0
    """How many of the records."""
    reason: str | None = None
    """Why the file cannot be used at all."""


def platform_files(settings: Settings) -> Iterator[PlatformFile]:
    for name, read in _READERS.items():
        scheme, _, path = str(getattr(settings, name)).partition(":")
        if scheme == "file":
            yield _checked(f"{PREFIX}{name.upper()}", Path(path), name in settings.model_fields_set, read)


def check_files(settings: Settings) -> list[PlatformFile]:
    """Raises ConfigurationError if a file that the operator named cannot be read. Returns the other unreadable
    files."""
    unfit = [file for file in platform_files(settings) if file.reason]
    if wanted := [f"{file.variable}: {file.path}: {file.reason}" for file in unfit if file.wanted]:
        raise ConfigurationError("; ".join(wanted))
    return unfit


def check_kafka_files(settings: Settings) -> None:
    """Raises ConfigurationError for a file that cannot be used now."""
    if not settings.stream.startswith("kafka"):
        return
    access = settings.kafka
    try:
        if access.ca is not None:
            check_authority(f"{PREFIX}KAFKA_CA", access.ca)
        if access.cert is not None:
            check_certificate(f"{PREFIX}KAFKA_CERT", access.cert, f"{PREFIX}KAFKA_KEY", access.key)
        if access.password_file is not None:
            check_text(f"{PREFIX}KAFKA_PASSWORD_FILE", access.password_file)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _checked(variable: str, path: Path, wanted: bool, read: Callable[[bytes], tuple[int, int]]) -> PlatformFile:
    try:
        records, unreadable = read(path.read_bytes())
    except OSError as error:
        return PlatformFile(variable, path, wanted, reason=error.strerror or type(error).__name__)
    except NoAnswer as error:
        return PlatformFile(variable, path, wanted, reason=f"not a JSON list of records ({error.reason})")
    return PlatformFile(variable, path, wanted, records, unreadable)


def _campaigns(content: bytes) -> tuple[int, int]:
    found = read_campaigns(content)
    return len(found.found), len(found.problems)


def _fans(content: bytes) -> tuple[int, int]:
    found = read_fans(content)
    return len(found.found), len(found.problems)


_READERS: Final[Mapping[str, Callable[[bytes], tuple[int, int]]]] = {"campaigns": _campaigns, "users": _fans}
