"""Statements of the documents about the code that a test can check."""

import json
import re
import tomllib
import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.mongo.schema import DOCUMENTS as STORED
from adapters.platform.records import read_campaigns, read_fans
from entrypoints.config.settings import PREFIX, Settings
from entrypoints.http.operations import OPERATIONS
from tests.support.paths import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
NAMES = [str(document.relative_to(ROOT)) for document in DOCUMENTS]

VARIABLES = {
    f"{PREFIX}{name.upper()}": field.default
    for name, field in Settings.model_fields.items()
    if field.validation_alias is None
}
FOR_TESTS = {
    f"{PREFIX}TEST_{name}"
    for name in ("MONGODB_URL", "AWS_URL", "KINESIS_URL", "SQS_URL", "KAFKA_SERVERS", "BROWSER", "PICTURES")
}

LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
FLOOR = r"(?:adapters|deploy|docs|domain|entrypoints|ports|requirements|tests|\.ci|\.github)"
PATH = re.compile(rf"`((?:{FLOOR}/|[\w.-]+/)*[\w.*-]+\.(?:py|md|toml|yml|yaml|json|txt|svg)|{FLOOR}/[\w./*-]+)`")
MODULE = re.compile(r"`((?:adapters|domain|entrypoints|ports|tests)(?:\.[a-z]\w*)+)`")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
SVG = "{http://www.w3.org/2000/svg}"
VARIABLE = re.compile(rf"(?<!_){PREFIX}[A-Z_]+[A-Z](?![A-Z_])")


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_links_lead_somewhere(document: Path) -> None:
    links = [(target, heading) for target, heading in LINK.findall(document.read_text()) if "://" not in target]
    places = [((document.parent / target) if target else document, heading) for target, heading in links]
    assert [place for place, heading in places if not place.exists()] == []
    assert [heading for place, heading in places if heading and heading not in headings(place)] == []


NUMBERED = re.compile(r"\[(?:[Dd]ecision\s+)?(\d+)\]\([^)]*?(\d{4})-[^)]*\)")
LISTED = re.compile(r"^\d+\. \[([^\]]+)\]\(decisions/([^)]+)\)", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_a_link_to_a_decision_has_its_number(document: Path) -> None:
    assert [link for link in NUMBERED.findall(document.read_text()) if int(link[0]) != int(link[1])] == []


def headings(document: Path) -> set[str]:
    """As links name them."""
    return {
        re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in HEADING.findall(document.read_text())
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_paths_and_modules_that_are_named_exist(document: Path) -> None:
    text = FENCED.sub("", document.read_text())
    assert [path for path in PATH.findall(text) if not any(ROOT.glob(path))] == []
    modules = [ROOT / module.replace(".", "/") for module in MODULE.findall(text)]
    assert [module for module in modules if not module.is_dir() and not module.with_suffix(".py").exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_only_variables_that_exist_are_named(document: Path) -> None:
    assert set(VARIABLE.findall(document.read_text())) <= VARIABLES.keys() | FOR_TESTS


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_the_readme_lists_every_variable_and_its_default(variable: str) -> None:
    row = re.search(rf"^\| `{variable}` \|([^|]*)\|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert row is not None
    default = VARIABLES[variable]
    if isinstance(default, timedelta):
        default = f"{default.total_seconds():.0f}"
    if isinstance(default, bool):
        default = str(default).lower()
    assert row[1].strip("` ") == ("" if default is None else str(default))


def test_the_readme_lists_every_operation_and_no_other() -> None:
    rows = re.findall(r"^\| (`.+?`(?: `.+?`)*) \|", section("README.md", "### All operations"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    there = {
        operation.path if operation.public else f"{operation.method} {operation.path}"
        for operation in OPERATIONS
        if not operation.path.startswith("/docs/")  # The files of the documentation page.
    }
    assert documented == there - {"GET /{campaignId}/reserve"}  # Deprecated: a GET that writes.


def section(document: str, heading: str) -> str:
    """The text under a heading, until the next heading of the same or a higher level."""
    rest = (ROOT / document).read_text().partition(f"\n{heading}\n")[2]
    return re.split(rf"^#{{1,{heading.index(' ')}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def test_the_walk_through_works_with_the_files_that_are_there() -> None:
    shown = re.search(r"^```json\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert shown is not None
    content = (ROOT / "docs/examples/campaigns.json").read_bytes()
    assert json.loads(shown[1]) == json.loads(content)
    (campaign,) = read_campaigns(content).found.values()
    (fan,) = read_fans((ROOT / "docs/examples/users.json").read_bytes()).found.values()
    assert campaign is not None
    assert fan is not None
    assert campaign.closed_gates(fan, None) == ["gate.invite_required"]
    assert campaign.closed_gates(fan, "VIP-1") == []


@pytest.mark.parametrize("document", STORED, ids=lambda document: str(document.Settings.name))
def test_the_architecture_lists_what_is_stored_and_its_indexes(document: type) -> None:
    settings = document.Settings  # type: ignore[attr-defined]  # every Beanie document has it
    row = re.search(rf"^\| `{settings.name}` \|.*", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE)
    assert row is not None
    indexes = [index.document["name"] for index in getattr(settings, "indexes", ())]
    assert [name for name in indexes if f"`{name}`" not in row[0]] == []


def test_the_page_of_roles_lists_the_scopes_of_every_operation() -> None:
    rows = re.findall(r"^\| (`.+`) \| (`fangate:.+`) \|$", section("docs/roles.md", "## Scopes"), re.MULTILINE)
    documented = {
        name: set(re.findall(r"`([^`]+)`", row[1])) for row in rows for name in re.findall(r"`(\w+)`", row[0])
    }

    declared = {one.id: set(map(str, one.scopes)) for one in OPERATIONS if not one.public}
    assert documented == declared, "docs/roles.md"


def test_the_operations_guide_lists_every_logged_event_and_no_other() -> None:
    rows = re.findall(r"^\| (`.+?`) \|", section("docs/operations.md", "## Logs"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`([a-z_.]+)`", row)}
    sources = "".join(
        path.read_text() for floor in ("adapters", "entrypoints") for path in (ROOT / floor).rglob("*.py")
    )
    logged = set(re.findall(r"\b_?log\.[a-z]+\(\s*\"([a-z_.]+)\"", sources))
    assert len(logged) > 20
    assert logged - documented == set()
    assert {name for name in documented if f'"{name}"' not in sources} == set()


def test_the_changelog_begins_with_this_version_and_keeps_to_its_form() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    text = (ROOT / "CHANGELOG.md").read_text()
    releases = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", text, re.MULTILINE)
    assert releases[0][0] == version == json.loads((ROOT / "docs/asyncapi.json").read_text())["info"]["version"]
    assert releases == sorted(releases, key=lambda release: release[1], reverse=True)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(releases) == len(headings) - headings.count("[Unreleased]")
    assert "[Unreleased]" not in headings[1:]
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(decision.name[:4]) for decision in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.name)
def test_a_decision_has_its_three_parts(decision: Path) -> None:
    text = decision.read_text()
    assert text.startswith(f"# {int(decision.name[:4])}. ")
    parts = [text.find(f"\n## {part}\n") for part in ("Context", "Decision", "Consequences")]
    assert parts == sorted(parts)
    assert parts[0] > 0


def test_the_architecture_lists_every_decision() -> None:
    listed = LISTED.findall((ROOT / "docs/architecture.md").read_text())
    titles = {decision.name: decision.read_text().partition("\n")[0].partition(". ")[2] for decision in DECISIONS}
    assert [(" ".join(title.split()), name) for title, name in listed] == [
        (one, name) for name, one in titles.items()
    ]


TABLE_ROW = re.compile(r"^\|(?!-).*\|$", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_no_row_of_a_table_is_there_twice(document: Path) -> None:
    """Such a row is left over from two changes that were merged."""
    for table in re.findall(r"(?:^\|.*\n)+", FENCED.sub("", document.read_text()), re.MULTILINE):
        rows = [tuple(cell.strip() for cell in row.split(" | ")) for row in TABLE_ROW.findall(table)]
        alike = [(row[0], row[-1]) for row in rows if row[-1].strip("| ")]
        assert sorted(alike) == sorted(set(alike))


PICTURED = {
    "entrypoints": "entrypoints/*/__init__.py",
    "ports": "ports/*.py",
    "usecases": "domain/usecases/*/__init__.py",
    "model": "domain/model/*/__init__.py",
    "adapters": "adapters/*/__init__.py",
}


@pytest.mark.parametrize("group", PICTURED)
def test_the_picture_shows_what_is_there_and_nothing_else(group: str) -> None:
    found = ROOT.glob(PICTURED[group])
    there = {path.parent.name if group != "ports" else path.stem for path in found}
    assert sorted(pictured(group)) == sorted(there - {"__init__"}), "each once"


def pictured(group: str) -> list[str]:
    """The names in one group of the architecture's picture."""
    picture = ET.parse(ROOT / "docs/hexagon.svg").getroot()
    texts = picture.iterfind(f".//{SVG}g[@id='{group}']/{SVG}text[@class='name']")
    return [name for text in texts for name in (text.text or "").split(" · ")]
