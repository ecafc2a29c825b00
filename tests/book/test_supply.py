"""What a reader is told to install, and what the workflow runs, is what it is meant to be."""

import re
from pathlib import Path

import pytest
import yaml

from colorlib.settings import install_hint

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    path
    for pattern in (
        "README.md",
        "CONTRIBUTING.md",
        "colorlib/**/*.py",
        "book/**/*.md",
        "book/**/*.py",
        "notebooks/*.ipynb",
    )
    for path in sorted(ROOT.glob(pattern))
]


def test_an_extra_comes_from_the_address_in_the_metadata(tools):
    assert install_hint("archive") == f"pip install 'colorlib-book[archive] @ git+{tools.address()}'"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nobody_is_told_to_install_a_name_that_anybody_could_register(path):
    told = r"""pip3? install[^\n]*?[ '"](colorlib(?:-book)?(?:\[[^\]\n]*\])?)(?= |'|"|`|$)( @ git\+)?"""
    assert not [found[1] for found in re.finditer(told, path.read_text("utf8")) if not found[2]]


def test_actions_are_pinned_by_commit():
    for path in (ROOT / ".github" / "workflows").iterdir():
        text = path.read_text("utf8")
        used = re.findall(r"uses: (\S+)(.*)", text)
        steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"] if "uses" in step]
        assert len(used) == len(steps) > 0
        for action, comment in used:
            assert re.fullmatch(r"[\w-]+/[\w./-]+@[0-9a-f]{40}", action), f"{path.name}: {action}"
            assert re.fullmatch(r" +# v\d+\.\d+\.\d+", comment), f"{path.name}: {action} in a comment's words"
