"""What each rule of the entry-service is tested by.

REQ-001 ``test_confirming``; REQ-002 ``test_one_number_one_fan``; REQ-003 ``test_changing_the_phone``; REQ-004
``test_refusing_registrations``; REQ-005 ``test_market_preferences`` and ``test_transferring``; REQ-006
``test_scoring``; REQ-008 ``test_registering``; REQ-009 ``test_blocked_numbers``; REQ-010 ``test_events``. Use
cases do not know who is staff (REQ-007): the HTTP tests promise that.
"""

import pytest

from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.states import a_pool


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
async def pool(scene: Scene) -> dict[str, Fan]:
    """Five fans who are eligible, and three who are not."""
    return await a_pool(scene)
