"""One office for all tests of pages: each test has campaigns of its own."""

from collections.abc import Iterator

import pytest

from tests.console.office import Office, an_office


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with an_office(tmp_path_factory.mktemp("office"), upload_limit=2_000_000) as office:
        yield office
