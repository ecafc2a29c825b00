"""The files around the library agree with each other: requirements, addresses, set-up cells, folders."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
TEXT = {
    ".py",
    ".md",
    ".ipynb",
    ".toml",
    ".yml",
    ".cff",
    ".txt",
    ".bib",
    ".css",
    ".js",
    ".json",
    ".csv",
    ".cfg",
    ".svg",
    "",
}
SKIP = {".git", ".venv", "_build", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".benchmarks", "runs"}
CONDA_NAMES = {"pytorch-cpu": "torch"}


def project() -> dict:
    """The [project] table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]


def ranges(requirements: list[str]) -> dict[str, str]:
    """Canonical name to version range."""
    parsed = map(Requirement, requirements)
    return {canonicalize_name(r.name): str(r.specifier) for r in parsed}


def pins() -> dict[str, str]:
    """Canonical name to pinned version, from requirements.txt: what it says for this Python and system."""
    lines = (ROOT / "requirements.txt").read_text("utf8").splitlines()
    heads = [Requirement(line.rstrip("\\ ")) for line in lines if "==" in line.partition(" ")[0]]
    here = [head for head in heads if head.marker is None or head.marker.evaluate()]
    return {canonicalize_name(head.name): str(head.specifier).removeprefix("==") for head in here}


def texts() -> dict[str, str]:
    """Every text file of the repository, by its relative name."""
    found = {}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIP and not name.endswith(".egg-info")]
        for name in set(files) - SKIP:
            path = Path(folder, name)
            if path.suffix in TEXT and path.stat().st_size < 3_000_000:
                found[path.relative_to(ROOT).as_posix()] = path.read_text("utf8", errors="ignore")
    return found


def test_conda_and_pip_ask_for_the_same():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text("utf8"))["dependencies"]
    pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    assert "--editable ." in pip
    listed = ranges([entry for entry in pip if not entry.startswith("-")])
    tools = {"python", "pip", "jupyterlab"}
    conda = ranges([re.sub(r"(?<![<>=])=(?!=)", "==", entry) for entry in entries if isinstance(entry, str)])
    listed |= {CONDA_NAMES.get(name, name): span for name, span in conda.items() if name not in tools}
    extras = project()["optional-dependencies"]
    assert "colorlib-book[train]" in extras["book"]
    wanted = [*project()["dependencies"], *extras["train"], *extras["book"]]
    assert listed == ranges([entry for entry in wanted if not entry.startswith("colorlib-book")])


@pytest.mark.skipif(Path(sys.prefix) != ROOT / ".venv", reason="only `make` installs the pinned versions")
def test_the_versions_here_are_the_pinned_ones():
    here = {canonicalize_name(d.name): d.version for d in distributions()}
    different = {name: (version, here[name]) for name, version in pins().items() if here.get(name, version) != version}
    assert not different


def test_the_repository_is_named_once(tools):
    address = tools.address()
    name = address.removeprefix("https://github.com/")
    copies = {"_config.yml": 1, "CITATION.cff": 1, "pyproject.toml": 1}
    for file, text in texts().items():
        count = text.count(name)
        if file.endswith(".ipynb"):
            assert count == 1, f"{file}: only the set-up cell names the repository"
        elif file == "README.md":
            opened = rf"(?:colab\.research\.google\.com/github|welcome\?src=https://github\.com)/{name}/blob/main/"
            assert count == len(re.findall(opened, text)) == 2 * len(list((ROOT / "notebooks").glob("*.ipynb")))
        else:
            assert count == copies.get(file, 0), f"{file} names the repository; _config.yml is the place"


def test_set_up_cells_are_equal_and_chapters_in_order(tools, capsys):
    assert tools.main(["--check"]) == 0, capsys.readouterr().out


def test_the_tool_changes_an_address_everywhere(tools):
    other = "https://github.com/somebody/else"
    assert f'"{other}"' in tools.setup_source(other)
    changed = tools.with_address((ROOT / "README.md").read_text("utf8"), other)
    assert "colab.research.google.com/github/somebody/else/blob/main/notebooks/01" in changed
    assert "kernels/welcome?src=https://github.com/somebody/else/blob/main/notebooks/01" in changed
    assert tools.address().removeprefix("https://github.com/") not in changed
    citation = tools.with_address((ROOT / "CITATION.cff").read_text("utf8"), other)
    assert yaml.safe_load(citation)["repository-code"] == other
    packaging = tools.with_address((ROOT / "pyproject.toml").read_text("utf8"), other)
    assert tomllib.loads(packaging)["project"]["urls"]["Repository"] == other


def test_no_file_names_a_place_on_one_machine():
    place = re.compile(r"(?<![\w.:/-])(?:/(?:home|Users|root|work|mnt)/[\w.]|~/(?!\.)\w)")
    found = [f"{file}: {match[0]}" for file, text in texts().items() for match in place.finditer(text)]
    assert not found


def test_the_contents_name_every_page():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    named = [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]
    assert len(named) == len(set(named))
    there = {p.relative_to(ROOT).with_suffix("").as_posix() for p in (ROOT / "notebooks").glob("*.ipynb")}
    there |= {p.relative_to(ROOT).with_suffix("").as_posix() for p in (ROOT / "book").rglob("*.md")}
    assert set(named) == there


def test_readme_links_lead_somewhere():
    for file in ("README.md", "CONTRIBUTING.md", "STYLE.md", "CHANGELOG.md"):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / file).read_text("utf8")):
            assert (ROOT / link).exists(), f"{file}: {link}"


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_the_code_is_in_style(command):
    result = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:]


def test_what_is_looked_at_before_a_commit_is_what_the_tests_look_at():
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf8"))["repos"]
    revisions = {Path(entry["repo"]).name: entry["rev"] for entry in repositories if entry["repo"] != "local"}
    assert revisions["ruff-pre-commit"] == f"v{pins()['ruff']}"
    assert all(re.fullmatch(r"v\d+\.\d+\.\d+", revision) for revision in revisions.values()), revisions
    (chapters,) = next(entry["hooks"] for entry in repositories if entry["repo"] == "local")
    _, script, option = chapters["entry"].split()
    assert (ROOT / script).is_file()
    assert option == "--check"


def test_forms_for_issues_ask_something():
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert forms
    for form in forms:
        content = yaml.safe_load(form.read_text("utf8"))
        assert content["name"], form.name
        assert content["description"], form.name
        asked = [field["id"] for field in content["body"]]
        assert len(asked) == len(set(asked)), form.name
        assert all(field["attributes"]["label"] for field in content["body"]), form.name
        assert any(field.get("validations", {}).get("required") for field in content["body"]), form.name


def test_changes_are_written_down_under_headings_of_keep_a_changelog():
    text = (ROOT / "CHANGELOG.md").read_text("utf8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE)[0] == "Unreleased"
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert set(headings) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_what_is_imported_is_declared():
    """Each module that the package imports anywhere is of the standard library, or of a stated requirement."""
    names = packages_distributions()
    wanted = [*project()["dependencies"], *(r for extra in project()["optional-dependencies"].values() for r in extra)]
    declared = {canonicalize_name(Requirement(requirement).name) for requirement in wanted}
    known = {*sys.stdlib_module_names, "colorlib", "fastdownload", "google"}  # fastai's own, and Colab itself
    missing = set()
    for path in (ROOT / "colorlib").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text("utf8"))))
        branches = [node for node in nodes if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
        never_run = {id(node) for branch in branches for part in branch.body for node in ast.walk(part)}
        for node in nodes:
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) else []
            bring = known | {"_typeshed", "typing_extensions"} if id(node) in never_run else known  # mypy's own
            for module in {name.split(".")[0] for name in modules} - bring:
                homes = {canonicalize_name(name) for name in names.get(module, [module])}
                missing |= set() if homes & declared else {f"{path.relative_to(ROOT)} imports {module}"}
    assert not missing


def test_types_are_announced():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["tool"]["setuptools"]["package-data"]
    assert "py.typed" in data["colorlib"]
    assert (ROOT / "colorlib" / "py.typed").is_file()


def test_every_make_target_is_explained():
    result = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    explained = {line.split()[0] for line in result.stdout.splitlines()}
    assert {"book", "test", "bench", "serve", "notebooks", "lock", "clean", "help"} <= explained
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf8")


def test_make_does_nothing_twice(tmp_path):
    """With the environment in place, `make book` only builds: nothing is installed again."""
    installer = "book/tools/install.py"
    (tmp_path / installer).parent.mkdir(parents=True)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    for name in ("Makefile", "pyproject.toml", "requirements.txt", installer):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    plan = ["make", "--dry-run", "book"]
    assert installer in subprocess.run(plan, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    (tmp_path / ".venv" / ".installed").touch()
    assert installer not in subprocess.run(plan, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
