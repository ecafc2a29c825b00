"""A test that is skipped without being foreseen fails the run on continuous integration, and there alone."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.skips import unforeseen

TESTS = Path(__file__).parent
FOUND = "import pytest\nfrom helpers.skips import pytest_sessionfinish, pytest_terminal_summary  # noqa: F401\n"
SKIPPED = "import pytest\ndef test_a(): pytest.skip({!r})\ndef test_b(): pass\n"


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "side by side"])
@pytest.mark.parametrize(
    ("reason", "ci", "code"),
    [("no CUDA device", "true", 0), ("I had no time", "true", 1), ("I had no time", "", 0)],
)
def test_a_run(tmp_path, reason, ci, code, workers):
    (tmp_path / "conftest.py").write_text(FOUND)
    (tmp_path / "test_it.py").write_text(SKIPPED.format(reason))
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "--rootdir", tmp_path, *workers, tmp_path]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(TESTS)}
    result = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == code, result.stdout
    assert f"SKIPPED [1] test_it.py:2: {reason}" in result.stdout
    assert ("does not foresee" in result.stdout) is bool(code)


def test_what_only_other_systems_cannot_do_is_foreseen_there():
    assert unforeseen(["Skipped: Windows has no umask"], "linux") == ["Windows has no umask"]
    assert unforeseen(["Skipped: Windows has no umask"], "win32") == []


def reasons(path: Path) -> list[str]:
    """The reasons that a file gives for skipping by the system it is on."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf8"))) if isinstance(node, ast.Call)]
    by_system = [call for call in calls if ast.unparse(call.func) == "pytest.mark.skipif"]
    given = [keyword.value for call in by_system for keyword in call.keywords if keyword.arg == "reason"]
    return [reason.value for reason in given if isinstance(reason, ast.Constant)]


def test_each_reason_that_depends_on_the_system_is_foreseen_on_another():
    given = {reason for path in TESTS.rglob("test_*.py") for reason in reasons(path)}
    assert len(given) > 5
    assert unforeseen(sorted(given), "win32") == []
