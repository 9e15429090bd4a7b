"""Warnings of settings that work, but are seldom intended."""

from collections.abc import Sequence

import structlog

from entrypoints.bootstrap.files import PlatformFile

log = structlog.get_logger()


def warn_of_files(missing: Sequence[PlatformFile]) -> None:
    for file in missing:
        log.warning("file.unreadable", variable=file.variable, path=str(file.path), reason=file.reason)
