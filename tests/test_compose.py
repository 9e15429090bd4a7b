"""docker-compose.yml and the Dockerfile, as far as they can be judged without starting a container."""

import json
import re
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from adapters.sqs.provision import build_queues
from entrypoints.bootstrap import check
from entrypoints.config.settings import PREFIX, Settings
from tests.support.paths import DATA, ROOT
from tests.support.servers.aws import aws_server, environment
from tests.support.servers.starting import inherited

SCHEMA = json.loads((DATA / "compose-spec.json").read_text())
COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()

ONE_SHOT = {"migrate"}
OURS = {"service", "worker", "migrate"}
PINNED = re.compile(r"[a-z0-9/]+:\d+\.\d+\.\d+(-[a-z]+)*(?P<digest>@sha256:[0-9a-f]{64})?")


def test_is_a_compose_file() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(COMPOSE)


def test_a_misspelt_key_would_be_noticed() -> None:
    wrong = {"services": {"mongo": {"image": "mongo:8.0.20", "healthchek": {}}}}
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(wrong))


def test_has_everything_the_project_needs() -> None:
    assert {"service", "worker", "migrate", "mongo", "aws", "kafka"} <= SERVICES.keys()


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONE_SHOT))
def test_every_long_running_service_has_a_health_check(name: str) -> None:
    health = SERVICES[name]["healthcheck"]
    assert health["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= health.keys()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_waits_until_what_it_needs_is_healthy(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"
        assert how["condition"] == wanted, needed


def test_a_service_that_runs_once_is_not_restarted() -> None:
    assert all(SERVICES[name]["restart"] == "no" for name in ONE_SHOT)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_pinned(name: str) -> None:
    assert PINNED.fullmatch(SERVICES[name]["image"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_image_has_this_version(name: str) -> None:
    assert SERVICES[name]["image"] == f"fangate:{VERSION}"


def test_base_images_are_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert all(PINNED.fullmatch(base) for base in bases)


def test_digests_pin_all_images_or_none() -> None:
    pulled = [service["image"] for name, service in SERVICES.items() if name not in OURS]
    pulled += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    by_digest = [image for image in pulled if "@" in image]
    assert by_digest in ([], pulled), "make pin-images writes all of them"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_port_is_published_beyond_this_machine(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


def test_our_image_is_built_once_and_never_pulled() -> None:
    (builder,) = [name for name in SERVICES if "build" in SERVICES[name]]
    assert SERVICES[builder]["build"] == "."
    for name in OURS - {builder}:
        assert SERVICES[name]["pull_policy"] == "never"
        assert builder in SERVICES[name]["depends_on"]


@pytest.mark.parametrize("name", sorted(OURS | {"aws"}))
def test_process_1_passes_sigterm_on_while_python_still_starts(name: str) -> None:
    assert SERVICES[name]["init"] is True


def test_the_image_shows_no_port_since_the_worker_has_none() -> None:
    assert not re.search(r"^EXPOSE ", DOCKERFILE, re.MULTILINE)
    assert not {"ports", "expose"} & SERVICES["worker"].keys()


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_services_are_configured_with_valid_values(name: str) -> None:
    given = {
        variable.removeprefix(PREFIX).lower(): value
        for variable, value in SERVICES[name]["environment"].items()
        if variable.startswith(PREFIX)
    }
    assert given.keys() <= Settings.model_fields.keys()
    secret = given.pop("jwt_secret")
    assert secret.startswith(f"${{{PREFIX}JWT_SECRET:?"), "no secret in the file; without one, nothing starts"
    check(Settings(**given, jwt_secret="x" * 32, aws_region=SERVICES[name]["environment"]["AWS_REGION"]))


@pytest.mark.parametrize("variable", [f"{PREFIX}CAMPAIGNS", f"{PREFIX}USERS"])
@pytest.mark.parametrize("name", sorted(OURS))
def test_our_services_see_the_files_that_they_read(name: str, variable: str) -> None:
    path = Path(SERVICES[name]["environment"][variable].removeprefix("file:"))
    mounts = [volume.split(":") for volume in SERVICES[name]["volumes"]]
    assert any((ROOT / here / path.relative_to(there)).is_file() for here, there, _ in mounts)


def test_the_service_is_healthy_only_when_ready() -> None:
    assert "/readyz" in SERVICES["service"]["healthcheck"]["test"][-1]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_worker_is_unhealthy_if_process_1_is_not_the_worker() -> None:
    _, _, *arguments = SERVICES["worker"]["healthcheck"]["test"]
    store = SERVICES["worker"]["environment"]["FANGATE_STORE"]
    ran = subprocess.run(
        [sys.executable, *arguments], env={"FANGATE_STORE": store}, capture_output=True, check=False, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (1, b"")


def test_the_image_runs_fangate_without_rights_and_from_hashed_packages() -> None:
    build, final = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    assert "--require-hashes -r requirements/runtime.txt" in build
    user = re.search(r"^USER (\d+)", final, re.MULTILINE)
    assert user is not None
    assert int(user[1]) > 0
    assert re.search(r'^ENTRYPOINT \["fangate"\]$', final, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", final, re.MULTILINE)


def test_the_build_context_has_the_copied_files_and_no_others() -> None:
    copied: set[str] = set()
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        copied |= set(sources.split())
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert copied == {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / source).exists() for source in copied)


def test_the_service_needs_no_package_that_the_image_lacks() -> None:
    uninstalled = re.search(r" uninstall .*--disable-pip-version-check ([a-z ]+)", DOCKERFILE)
    assert uninstalled is not None
    lines = (
        "import sys",
        f"sys.modules.update(dict.fromkeys({uninstalled[1].split()!r}))  # An import of one of them fails.",
        "from litestar.testing import TestClient",
        "from entrypoints.config.settings import Settings",
        "from entrypoints.service import service_app",
        "import entrypoints.cli.serving, entrypoints.cli.working",
        "with TestClient(service_app(Settings(jwt_secret='x' * 32))) as client:",
        "    client.get('/openapi.json').raise_for_status()",
    )
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr


async def test_the_emulators_health_check_makes_the_bucket_and_the_queues_after_each_restart() -> None:
    service, emulator = SERVICES["service"]["environment"], SERVICES["aws"]["environment"]
    settings = Settings(
        objects=service["FANGATE_OBJECTS"], queue=service["FANGATE_QUEUE"], aws_region=service["AWS_REGION"]
    )
    for _ in range(2):  # It forgets everything in between.
        with aws_server() as url:
            there = emulator | {"AWS_ENDPOINT_URL": url}
            for _ in range(2):
                check_health(SERVICES["aws"], there)
            bucket = settings.objects.removeprefix("s3://")
            urllib.request.urlopen(f"{url}/{bucket}", timeout=10).close()
            with environment(there):
                assert (
                    await build_queues(
                        settings.queue.removeprefix("sqs://"),
                        attempts=settings.score_attempts,
                        region=settings.aws_region,
                    )
                    == []
                )


def check_health(service: Mapping[str, Any], variables: Mapping[str, str]) -> None:
    _, _, *arguments = service["healthcheck"]["test"]
    ran = subprocess.run(
        [sys.executable, *arguments],
        env=inherited() | dict(variables),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_the_example_of_a_proxy_is_an_addition_to_the_compose_file() -> None:
    added = yaml.safe_load((ROOT / "docs/examples/oauth2-proxy.yml").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(added)
    assert added["services"].keys() - SERVICES.keys() == {"oauth2-proxy"}
    variables = added["services"]["service"]["environment"]
    assert {name.removeprefix(PREFIX).lower() for name in variables} <= Settings.model_fields.keys()
    assert all(port.startswith("127.0.0.1:") for port in added["services"]["oauth2-proxy"]["ports"])
