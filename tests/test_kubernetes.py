"""deploy/kubernetes, as far as it can be judged without a cluster."""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from typing import Any, Final

import click
import jsonschema
import pytest
import yaml
from pydantic import SecretStr

from entrypoints.bootstrap import check
from entrypoints.cli.commands import fangate
from entrypoints.config.settings import PREFIX, VARIABLES, Settings
from entrypoints.http.operations import OPERATIONS
from tests.support.paths import DATA, ROOT

SCHEMA: Final = json.loads((DATA / "kubernetes-1.37.json").read_text())
VERSION: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
KUBERNETES: Final = ROOT / "deploy/kubernetes"
BASE: Final = KUBERNETES / "base"
EXAMPLE: Final = KUBERNETES / "overlays/example"
FOLDERS: Final = (BASE, EXAMPLE)
OPERATIONS_GUIDE: Final = (ROOT / "docs/operations.md").read_text()

KUSTOMIZATION: Final = {
    "apiVersion", "kind", "namespace", "resources", "configMapGenerator", "images", "patches",
}  # fmt: skip
"""The keys that these files may have."""
SECRETS: Final = {"store": "mongodb://mongo/fangate?replicaSet=rs0", "confirmation_secret": "x" * 16}
"""What the Secret has, for tests."""


def documents(path: Path) -> Iterator[Any]:
    yield from yaml.safe_load_all(path.read_text())


def kustomization(folder: Path) -> Mapping[str, Any]:
    (found,) = documents(folder / "kustomization.yaml")
    assert isinstance(found, dict)
    return found


MANIFESTS: Final[list[Mapping[str, Any]]] = [
    manifest
    for path in sorted(BASE.glob("*.yaml"))
    if path.stem != "kustomization"
    for manifest in documents(path)
]
WORKLOADS: Final = {
    manifest["metadata"]["name"]: manifest for manifest in MANIFESTS if manifest["kind"] in {"Deployment", "Job"}
}
SERVICE: Final = "fangate-service"
WORKER: Final = "fangate-worker"


def names(manifest: Mapping[str, Any]) -> str:
    return f"{manifest['kind']}-{manifest['metadata']['name']}"


def pod(workload: str) -> Mapping[str, Any]:
    spec = WORKLOADS[workload]["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


def container(workload: str) -> Mapping[str, Any]:
    (only,) = pod(workload)["containers"]
    assert isinstance(only, dict)
    return only


def environment(folder: Path) -> dict[str, str]:
    lines = (folder / "settings.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def validate(manifest: Mapping[str, Any]) -> None:
    """Against the one definition of the API that is of this kind and version."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    wanted = {"group": group, "version": version, "kind": manifest["kind"]}
    (name,) = (
        name
        for name, definition in SCHEMA["$defs"].items()
        if wanted in definition.get("x-kubernetes-group-version-kind", ())
    )
    jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}).validate(manifest)


@pytest.mark.parametrize("manifest", MANIFESTS, ids=names)
def test_is_what_the_api_of_kubernetes_takes(manifest: Mapping[str, Any]) -> None:
    validate(manifest)


@pytest.mark.parametrize(
    "resource", [path for path in EXAMPLE.glob("*.yaml") if path.stem in {"kafka", "namespace"}]
)
def test_the_resources_of_the_example_are_what_the_api_takes(resource: Path) -> None:
    for manifest in documents(resource):
        validate(manifest)


def test_a_misspelt_key_would_be_noticed() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"selektor": {}}}
    with pytest.raises(jsonschema.ValidationError, match="selektor"):
        validate(wrong)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl renders the files")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_kubectl_renders_is_what_the_api_takes_and_has_this_version(folder: Path) -> None:
    ran = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=True, timeout=60)
    rendered = list(yaml.safe_load_all(ran.stdout))
    assert {manifest["kind"] for manifest in rendered} >= {manifest["kind"] for manifest in MANIFESTS}
    for manifest in rendered:
        validate(manifest)
    assert set(re.findall(r"image: (.+)", ran.stdout)) == {f"fangate:{VERSION}"}
    (configured,) = (manifest["metadata"]["name"] for manifest in rendered if manifest["kind"] == "ConfigMap")
    assert ran.stdout.count(f"name: {configured}\n") == 1 + len(WORKLOADS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_kustomization_lists_every_file_of_its_folder_and_has_known_keys(folder: Path) -> None:
    listed = kustomization(folder)
    patches = [patch["path"] for patch in listed.get("patches", ()) if "path" in patch]
    variables = [name for generator in listed["configMapGenerator"] for name in generator["envs"]]
    named = [*listed["resources"], *patches, *variables]
    assert all((folder / name).exists() for name in named)
    assert {name for name in named if "/" not in name} == {
        path.name for path in folder.iterdir() if path.name != "kustomization.yaml"
    }
    assert listed.keys() <= KUSTOMIZATION
    assert [(image["name"], image["newTag"]) for image in listed["images"]] == [("fangate", VERSION)]


def test_only_variables_that_exist_are_named() -> None:
    texts = [path.read_text() for path in KUBERNETES.rglob("*") if path.is_file()]
    named = {name for text in texts for name in re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", text)}
    # Kubernetes would set it for a Service of this name.
    assert named - {f"{PREFIX}PORT"} <= VARIABLES
    assert named > {f"{PREFIX}STREAM", f"{PREFIX}PORT"}


@pytest.mark.parametrize("folders", [(BASE,), FOLDERS], ids=["base", "example"])
def test_the_settings_are_valid_and_hold_no_secret(folders: tuple[Path, ...]) -> None:
    variables = {name: value for folder in folders for name, value in environment(folder).items()}
    given: dict[str, Any] = {
        name.removeprefix(PREFIX).lower(): value for name, value in variables.items() if name.startswith(PREFIX)
    }
    secret = {
        name for name, field in Settings.model_fields.items() if SecretStr in (field.annotation, *union(field))
    }
    assert {"jwt_secret", "kafka_password"} < secret
    assert given.keys() & (secret | {"store"}) == set()
    assert all("@" not in value for value in given.values())
    if "jwt_jwks_url" not in given:
        given["jwt_secret"] = "x" * 32
    check(Settings(**given | SECRETS, aws_region=variables["AWS_REGION"]))


def union(field: Any) -> tuple[object, ...]:
    return getattr(field.annotation, "__args__", ())


def test_no_secret_is_in_the_repository() -> None:
    assert all(manifest["kind"] != "Secret" for manifest in MANIFESTS)
    assert all("secretGenerator" not in kustomization(folder) for folder in FOLDERS)


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_a_container_reads_the_settings_and_the_secret(workload: str) -> None:
    assert container(workload)["envFrom"] == [
        {"configMapRef": {"name": "fangate"}},
        {"secretRef": {"name": "fangate"}},
    ]
    assert pod(workload)["enableServiceLinks"] is False, "Fangate refuses FANGATE_PORT, which Kubernetes would set"


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_a_container_runs_a_command_that_exists_with_options_that_exist(workload: str) -> None:
    name, *arguments = container(workload)["args"]
    assert name in workload or (name, workload) == ("serve", SERVICE)
    command = fangate.get_command(click.Context(fangate), name)
    assert command is not None
    assert isinstance(command.make_context(name, arguments), click.Context)


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_a_pod_has_no_rights(workload: str) -> None:
    of_pod, of_container = pod(workload)["securityContext"], container(workload)["securityContext"]
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user is not None
    assert of_pod == {
        "runAsNonRoot": True,
        "runAsUser": int(user[1]),
        "runAsGroup": int(user[2]),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert of_container == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod(workload)["automountServiceAccountToken"] is False
    assert [mount["mountPath"] for mount in container(workload)["volumeMounts"]] == ["/tmp"]
    assert [volume.keys() for volume in pod(workload)["volumes"]] == [{"name", "emptyDir"}]


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_a_container_asks_for_processor_and_memory_and_is_limited_in_memory(workload: str) -> None:
    resources = container(workload)["resources"]
    assert resources["requests"].keys() == {"cpu", "memory"}
    assert "memory" in resources["limits"]


@pytest.mark.parametrize(("workload", "port"), [(SERVICE, "8000"), (WORKER, "9100")])
def test_probes_ask_paths_and_ports_that_exist(workload: str, port: str) -> None:
    named = {one["name"]: str(one["containerPort"]) for one in container(workload)["ports"]}
    asked = [probe["httpGet"] for name, probe in container(workload).items() if name.endswith("Probe")]
    assert {probe["path"] for probe in asked} <= {operation.path for operation in OPERATIONS}
    assert {named[probe["port"]] for probe in asked} == {port}
    assert port in (*container(workload)["args"], environment(BASE)[f"{PREFIX}WORKER_METRICS_PORT"])


def test_only_traffic_depends_on_other_services() -> None:
    alive = {"startupProbe": "/livez", "livenessProbe": "/livez"}
    assert probed(SERVICE) == {**alive, "readinessProbe": "/readyz"}
    assert probed(WORKER) == alive


def probed(workload: str) -> dict[str, str]:
    return {
        name: probe["httpGet"]["path"] for name, probe in container(workload).items() if name.endswith("Probe")
    }


@pytest.mark.parametrize("workload", [SERVICE, WORKER])
def test_a_pod_is_given_the_time_that_a_shutdown_needs(workload: str) -> None:
    delay = int(environment(BASE)[f"{PREFIX}SHUTDOWN_DELAY"]) if workload == SERVICE else 0
    assert delay or workload == WORKER
    assert pod(workload)["terminationGracePeriodSeconds"] >= delay + 35


def selectors(value: Any) -> Iterator[Mapping[str, str]]:
    """All selectors of pods inside a manifest. Those of namespaces are not among them."""
    if isinstance(value, list):
        for one in value:
            yield from selectors(one)
    if isinstance(value, dict):
        for key, inside in value.items():
            if key in {"selector", "podSelector", "labelSelector"}:
                yield inside.get("matchLabels", inside)
            elif key != "namespaceSelector":
                yield from selectors(inside)


@pytest.mark.parametrize("manifest", [*MANIFESTS, *documents(EXAMPLE / "kafka.yaml")], ids=names)
def test_what_selects_pods_selects_those_that_it_is_for(manifest: Mapping[str, Any]) -> None:
    found = list(selectors(manifest))
    assert found or manifest["kind"] in {"ServiceAccount", "HorizontalPodAutoscaler", "Job"}
    part = manifest["metadata"]["labels"].get("app.kubernetes.io/component")
    for selector in found:
        chosen = {name for name in WORKLOADS if selector.items() <= labels(name).items()}
        assert chosen
        assert part is None or chosen == {f"fangate-{part}"}


def labels(workload: str) -> Mapping[str, str]:
    found = WORKLOADS[workload]["spec"]["template"]["metadata"]["labels"]
    assert isinstance(found, dict)
    return found


def only(kind: str, name: str) -> Any:
    (found,) = (one["spec"] for one in MANIFESTS if (one["kind"], one["metadata"]["name"]) == (kind, name))
    return found


def test_the_network_is_closed_but_for_what_is_allowed() -> None:
    closed = only("NetworkPolicy", "fangate-deny-all")
    assert closed.keys() == {"podSelector", "policyTypes"}
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert all(closed["podSelector"]["matchLabels"].items() <= labels(name).items() for name in WORKLOADS)


def test_at_least_two_of_each_run_and_one_goes_at_a_time() -> None:
    scaled = only("HorizontalPodAutoscaler", SERVICE)
    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": SERVICE}
    assert 2 <= scaled["minReplicas"] < scaled["maxReplicas"]
    assert "replicas" not in WORKLOADS[SERVICE]["spec"], "an apply would undo the autoscaler's work"
    assert WORKLOADS[WORKER]["spec"]["replicas"] >= 2
    assert {only("PodDisruptionBudget", name)["maxUnavailable"] for name in (SERVICE, WORKER)} == {1}


COSTS: Final = {"service": 2.66, "mongod": 1.42, "worker": 0.06, "event": 0.18}
"""Milliseconds of processor time, as the operations guide states them. ``event``: what publishing costs mongod."""
ROWS: Final = {
    int(cells[0].replace(",", "")): [int(cell) for cell in cells[1:]]
    for cells in re.findall(
        r"^\| ([\d,]+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", OPERATIONS_GUIDE, re.MULTILINE
    )
}


def test_the_operations_guide_computes_how_many_from_the_costs_that_it_states() -> None:
    assert all(f"{cost} ms" in OPERATIONS_GUIDE for cost in COSTS.values())
    assert ROWS.keys() == {100, 500, 2_000}
    for rate, row in ROWS.items():
        service, worker = cores(rate, COSTS["service"]), cores(rate, COSTS["worker"])
        mongod = cores(rate, COSTS["mongod"] + COSTS["event"])
        assert row == [max(2, service), max(2, worker), mongod, cores(rate, 1)], rate


def cores(rate: int, milliseconds: float) -> int:
    return ceil(rate * milliseconds / 1000 / 0.5)


def test_the_example_has_the_numbers_of_the_largest_row() -> None:
    (scaled,) = documents(EXAMPLE / "autoscaling.yaml")
    assert scaled["metadata"]["name"] == SERVICE
    assert scaled["spec"] == {"minReplicas": ROWS[2_000][0], "maxReplicas": 2 * ROWS[2_000][0]}
    metrics = only("HorizontalPodAutoscaler", SERVICE)["metrics"]
    assert [metric["resource"]["target"]["averageUtilization"] for metric in metrics] == [50]
