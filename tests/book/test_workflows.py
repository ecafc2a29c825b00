"""What runs on every push, each week and for a release: well-formed, without known weaknesses, and in agreement."""

import re
import shutil
import subprocess
import sysconfig
from importlib import import_module
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
SCHEMAS = {
    "github-workflows": sorted((GITHUB / "workflows").glob("*.yml")),
    "dependabot": [GITHUB / "dependabot.yml"],
    "github-issue-forms": sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml")),
    "citation-file-format": [ROOT / "CITATION.cff"],
}


def run(*command):
    """Run a tool of this environment from the repository's root."""
    tool, *rest = map(str, command)
    found = shutil.which(tool, path=sysconfig.get_path("scripts")) or shutil.which(tool)
    assert found, f"{tool} is not installed"
    return subprocess.run([found, *rest], cwd=ROOT, capture_output=True, text=True)


def jobs(name):
    """The jobs of a workflow."""
    return yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text("utf8"))["jobs"]


def commands(job):
    """What a job runs, in one text."""
    return "\n".join(step["run"] for step in job["steps"] if "run" in step)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_file_is_as_its_reader_wants_it(schema):
    assert SCHEMAS[schema]
    result = run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *SCHEMAS[schema])
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_workflows_have_no_known_weakness():
    result = run("zizmor", "--offline", "--no-progress", GITHUB)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_weakness_would_be_found(tmp_path):
    text = (GITHUB / "workflows" / "release.yml").read_text("utf8")
    weak = text.replace('"$GITHUB_REF_NAME" > notes.md', "${{ github.head_ref }} > notes.md")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "release.yml").write_text(weak, "utf8")
    assert run("zizmor", "--offline", "--no-progress", tmp_path).returncode != 0


def test_style_comes_first_and_every_python_and_system_after():
    package = jobs("checks")["package"]
    assert package["needs"] == "style"
    matrix = package["strategy"]["matrix"]
    assert {name.partition("-")[0] for name in matrix["system"]} == {"ubuntu", "macos", "windows"}
    assert matrix["python"] == ["3.11", "3.12", "3.13"]


@pytest.mark.parametrize(("workflow", "job"), [("book", "test"), ("weekly", "links"), ("weekly", "speed")])
def test_what_make_is_asked_for_exists(workflow, job):
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = {line.split()[0] for line in listed.stdout.splitlines()}
    asked = re.findall(r"\bmake ([a-z]+)", commands(jobs(workflow)[job]))
    assert asked
    assert set(asked) <= targets


@pytest.mark.parametrize("workflow", ["checks", "weekly"])
def test_the_folders_that_pytest_leaves_out_are_there(workflow):
    left_out = [name for job in jobs(workflow).values() for name in re.findall(r"--ignore=(\S+)", commands(job))]
    assert left_out
    assert all((ROOT / name).is_dir() for name in left_out)


CHANGES = "# Changelog\n\n## Unreleased\n\n## 0.2.0\n\n### Added\n\n- A.\n\n## [0.1.0] - 2026-01-01\n\n- B.\n"


def project(version):
    """A pyproject.toml of this version."""
    return f'[project]\nversion = "{version}"\n'


def test_a_release_is_announced_with_its_part_of_the_changelog():
    notes = import_module("changelog").notes
    assert notes("v0.2.0", CHANGES, project("0.2.0")) == "### Added\n\n- A.\n"
    assert notes("v0.1.0", CHANGES, project("0.1.0")) == "- B.\n"
    with pytest.raises(ValueError, match="must agree"):
        notes("v0.2.0", CHANGES, project("0.3.0"))
    with pytest.raises(ValueError, match=r"says nothing under the heading 0\.3\.0"):
        notes("v0.3.0", CHANGES, project("0.3.0"))
