"""A scene for each test: whom it kills and breaks is nobody else's."""

from collections.abc import Iterator

import pytest

from tests.acceptance_queues.scene import Scene, a_scene


@pytest.fixture
def scene(database_url: str, aws_environment: dict[str, str]) -> Iterator[Scene]:
    with a_scene(database_url, aws_environment) as running:
        yield running
