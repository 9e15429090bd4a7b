"""A client generated from the OpenAPI document, as integrators make one, and what can be done with it."""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.support.paths import EXAMPLES
from tests.support.scene import Fan, Scene
from tests.support.servers.service import Service
from tests.support.tokens import token

PACKAGE: Final = "fangate_client"
CONFIG: Final = EXAMPLES / "openapi-python-client.yml"


class Generated:
    """The package's operations and models by their names."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.models: Any = importlib.import_module(f"{PACKAGE}.models")

    def ask(self, operation: str, campaign: str, bearer: str, **arguments: Any) -> Any:
        """The answer, as the client reads it."""
        client = importlib.import_module(f"{PACKAGE}.client").AuthenticatedClient(self._url, bearer)
        called = importlib.import_module(f"{PACKAGE}.api.{operation}")
        with client:
            return called.sync(campaign, client=client, **arguments)

    @property
    def modules(self) -> list[str]:
        package = importlib.import_module(f"{PACKAGE}.api")
        return [found.name for found in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.api.")]


@pytest.fixture(scope="module")
def generated(running: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    folder = tmp_path_factory.mktemp("generated")
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    done = subprocess.run(
        [
            *generator,
            "--url",
            f"{running.url}/openapi.json",
            "--config",
            CONFIG,
            "--output-path",
            folder / PACKAGE,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "warning" not in done.stdout.lower()
    sys.path.insert(0, str(folder))
    yield Generated(running.url)
    sys.path.remove(str(folder))


def test_every_operation_can_be_imported(generated: Generated) -> None:
    assert len(generated.modules) > 20
    for module in generated.modules:
        importlib.import_module(module)


def registered(generated: Generated, ann: Fan) -> Any:
    models = generated.models
    request = models.RegisterRequest(phone=ann.phone, markets=["nyc", "bos"])
    entry = generated.ask("entries.register", ann.scene.campaign, token(ann.id, supreme=False), body=request)
    assert isinstance(entry, models.EntryBody)
    assert entry.status is models.EntryStatus.PENDING_CONFIRMATION
    return entry


def test_a_fan_registers_confirms_and_gets_a_code(generated: Generated, scene: Scene) -> None:
    ann, staff, models = scene.fan("ann"), token(), generated.models
    entry = registered(generated, ann)
    proof = models.ConfirmRequest(token=entry.confirmation.token, code=ann.codes()[-1])
    confirmed = generated.ask("entries.confirm_phone", scene.campaign, token(ann.id, supreme=False), body=proof)
    assert confirmed.status is models.EntryStatus.CONFIRMED

    key = scene.platform.put_file(f"codes/{scene.campaign}/tm/batch.csv", b"AAA-1\nBBB-2\n")
    imported = generated.ask("codes.import_codes", scene.campaign, staff, body=models.ImportRequest(key=key))
    assert imported.inserted == 2
    wanted = models.ReserveRequest(type_=models.CodeType.TM, count=1)
    held = generated.ask("codes.reserve_codes", scene.campaign, staff, body=wanted)
    given = models.AssignmentBody(code=held.codes[0], user_id=ann.id)
    request = models.AssignRequest(reserve_id=held.reserve_id, assignments=[given])
    assigned = generated.ask("codes.assign_codes", scene.campaign, staff, body=request)
    assert [(one.code, one.user_id) for one in assigned.assigned] == [(held.codes[0], ann.id)]
    assert assigned.rejected == []


def test_problems_come_as_what_they_are(generated: Generated, scene: Scene) -> None:
    ann, models = scene.fan("ann"), generated.models
    mine, too_many = token(ann.id, supreme=False), models.ReserveRequest(type_=models.CodeType.TM, count=3)
    entry = registered(generated, ann)
    guess = models.ConfirmRequest(token=entry.confirmation.token, code=ann.wrong_code())
    wrong = generated.ask("entries.confirm_phone", scene.campaign, mine, body=guess)
    assert isinstance(wrong, models.ConfirmationWrongCodeProblem)
    assert wrong.attempts_left == 4
    exhausted = generated.ask("codes.reserve_codes", scene.campaign, token(), body=too_many)
    assert isinstance(exhausted, models.CodesExhaustedProblem)
    assert exhausted.available == 0
    forbidden = generated.ask("codes.reserve_codes", scene.campaign, mine, body=too_many)
    assert isinstance(forbidden, models.AuthForbiddenProblem)


def test_scores_are_uploaded_line_by_line(generated: Generated, scene: Scene) -> None:
    ann = scene.fan("ann")
    ann.confirmed()
    line = f'{{"userId": "{ann.id}", "score": 97.5}}\n'.encode()
    types = importlib.import_module(f"{PACKAGE}.types")
    scored = generated.ask("entries.score_entries", scene.campaign, token(), body=types.File(payload=line))
    assert (scored.received, scored.upserted) == (1, 1)
