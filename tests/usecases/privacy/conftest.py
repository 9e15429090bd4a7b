import pytest

from tests.usecases.registrations.scene import Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()
