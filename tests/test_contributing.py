"""The workflow, the hooks, the forms and `make help` for contributors agree with the files that they name."""

import os
import re
import subprocess
import tomllib
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.support.paths import ROOT
from tests.support.servers.backends import unavailable

GITHUB: Final = ROOT / ".github"
MAKEFILE: Final = (ROOT / "Makefile").read_text()
DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *GITHUB.glob("*.md")])
FORMS: Final = sorted(form for form in GITHUB.glob("ISSUE_TEMPLATE/*.yml") if form.name != "config.yml")


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


WORKFLOW: Final[Mapping[Any, Any]] = read(".github/workflows/ci.yml")
JOBS: Final[Mapping[str, Mapping[str, Any]]] = WORKFLOW["jobs"]
STEPS: Final[list[Mapping[str, Any]]] = [step for job in JOBS.values() for step in job["steps"]]
HOOKS: Final[list[Mapping[str, Any]]] = [
    hook for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]
]
EXCLUDED: Final = re.compile(read(".pre-commit-config.yaml")["exclude"])
PICTURE: Final = ".png"


def targets() -> set[str]:
    """The targets of the Makefile that are commands, not files."""
    names = re.findall(r"^([^\s:#=]+):(?!=)", MAKEFILE, re.MULTILINE)
    return {name for name in names if "/" not in name and not name.startswith(".")}


def needed_by(target: str) -> set[str]:
    rule = re.search(rf"^{target}:([^#\n]*)", MAKEFILE, re.MULTILINE)
    assert rule is not None
    return set(rule[1].split())


def test_the_workflow_runs_on_every_python_that_the_package_accepts() -> None:
    accepted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    bounds = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", accepted)
    assert bounds is not None
    minors = range(int(bounds[1]), int(bounds[2]))
    assert JOBS["check"]["strategy"]["matrix"] == {"python": [f"3.{minor}" for minor in minors]}


def test_the_workflow_runs_the_script_of_ci_the_audit_and_no_other_command() -> None:
    commands = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in JOBS.items()}
    assert commands == {"check": [".ci/run"], "audit": ["make audit", "make sbom"]}
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert (ROOT / ".ci/run").read_text().splitlines()[-1] == "make check"


def test_the_workflow_takes_node_in_the_versions_of_the_package() -> None:
    assert [step["with"]["node-version-file"] for step in STEPS if "setup-node@" in step.get("uses", "")] == [
        "package.json"
    ]


def test_actions_are_pinned_by_commit_and_name_their_version() -> None:
    uses = re.findall(r"uses: (.+)", (GITHUB / "workflows/ci.yml").read_text())
    assert len(uses) == 5
    assert [use for use in uses if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


def test_the_workflow_may_only_read_and_has_a_time_limit() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all("permissions" not in job and job["timeout-minutes"] <= 120 for job in JOBS.values())
    assert WORKFLOW["concurrency"].keys() == {"group", "cancel-in-progress"}


def test_dependabot_leaves_the_lock_files_to_make_lock() -> None:
    assert [update["package-ecosystem"] for update in read(".github/dependabot.yml")["updates"]] == [
        "github-actions"
    ]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_runs_what_the_project_has_pinned(hook: Mapping[str, Any]) -> None:
    assert hook["language"] == "system", "any other language installs a version of its own"
    if hook["entry"].startswith("make "):
        assert hook["entry"].removeprefix("make ") in targets() & needed_by("check")
    else:
        tool = Path(hook["entry"])
        assert tool.parent == Path(".venv/bin")
        assert entry_points(group="console_scripts", name=tool.name)


def test_text_files_end_with_one_newline_and_no_line_ends_with_a_space() -> None:
    names = [name for name in tracked() if not EXCLUDED.match(name) and not name.endswith(PICTURE)]
    texts = {name: (ROOT / name).read_bytes().decode() for name in names}
    assert len(texts) > 400
    assert [name for name, text in texts.items() if text and not re.search(r"(?<!\n)\n\Z", text)] == []
    assert [name for name, text in texts.items() if re.search(r"[ \t\r]$", text, re.MULTILINE)] == []


def tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        unavailable("a clone: what belongs to the project is what git knows")
    known = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in known.stdout.split("\0") if name and (ROOT / name).is_file()]


def faults(form: Mapping[str, Any]) -> list[str]:
    """The faults for which GitHub would refuse an issue form."""
    fields = [field for field in form.get("body", ()) if field.get("type") != "markdown"]
    texts = [field for field in form.get("body", ()) if field.get("type") == "markdown"]
    found = [f"no {key}" for key in ("name", "description", "body") if not form.get(key)]
    found += ["no field"] if not fields else []
    found += [f"type {field.get('type')}" for field in fields if field.get("type") not in {"input", "textarea"}]
    found += [f"no label: {field}" for field in fields if not field.get("attributes", {}).get("label")]
    found += [f"no id: {field}" for field in fields if not re.fullmatch(r"[a-zA-Z0-9_-]+", field.get("id", ""))]
    found += ["an id twice"] if len({field.get("id") for field in fields}) < len(fields) else []
    return found + [f"no value: {text}" for text in texts if not text.get("attributes", {}).get("value")]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_an_issue_form_is_valid_for_github(form: Path) -> None:
    assert faults(yaml.safe_load(form.read_text())) == []


def test_there_is_a_form_for_bugs_and_one_for_features() -> None:
    assert [form.name for form in FORMS] == ["bug.yml", "feature.yml"]


def test_a_form_that_github_would_refuse_is_noticed() -> None:
    field = {"type": "textbox", "attributes": {}}
    assert faults({"name": "Bug", "body": [field, field, {"type": "markdown"}]}) == [
        "no description",
        *["type textbox"] * 2,
        *[f"no label: {field}"] * 2,
        *[f"no id: {field}"] * 2,
        "an id twice",
        "no value: {'type': 'markdown'}",
    ]


def test_make_help_has_a_line_for_every_target() -> None:
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = [line.split(maxsplit=1) for line in shown.splitlines()]
    assert {name for name, *_ in lines} == targets()
    assert all(len(line) == 2 for line in lines)
    assert needed_by(".PHONY") == targets()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_a_document_names_only_targets_that_exist(document: Path) -> None:
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", document.read_text(), re.MULTILINE)) <= targets()
