"""The command line: quick to answer, clear about errors, honest in its exit codes. And `import colorlib` itself."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers.cli import call, error_line

# --- colorlib ---


def test_help_lists_the_commands():
    result = call("--help")
    assert result.exit_code == 0
    for command in ("train", "colorize", "evaluate", "info"):
        assert command in result.stdout
        assert call(command, "--help").exit_code == 0


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "colorlib", "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "Usage: colorlib" in done.stdout


def test_wrong_usage_is_exit_code_2():
    assert call("colorise").exit_code == 2
    assert call("colorize", "x.jpg").exit_code == 2
    assert call("colorize", "x.jpg", "--out", "y", "--size", "many").exit_code == 2


# --- train ---


@pytest.fixture
def recipes(monkeypatch):
    """Stand-ins for the rooms that read and run recipes, which note how they are called."""
    calls = []

    def load_recipe(name, variant, seed):
        if name == "misspelt":
            raise ValueError("misspelt.toml: unknown key 'epoch'; did you mean 'epochs'?")
        return SimpleNamespace(name=name, variant=variant, seed=seed, folder=Path(name).stem)

    def run_recipe(recipe, out, resume=True, minutes=None):
        calls.append((recipe.name, recipe.variant, recipe.seed, out, resume, minutes))

    monkeypatch.setattr("colorlib.experiments.recipe.load_recipe", load_recipe)
    monkeypatch.setattr("colorlib.experiments.run.run_recipe", run_recipe)
    return calls


def test_train_runs_the_recipe(recipes, tmp_path):
    assert call("train", "quick", "--out", tmp_path).exit_code == 0
    result = call("train", "my/own.toml", "--variant", "l1", "--seed", 3, "--no-resume", "--minutes", 2.5)
    assert result.exit_code == 0
    assert "runs/own" in result.stdout
    assert recipes == [
        ("quick", None, None, tmp_path, True, None),
        ("my/own.toml", "l1", 3, Path("runs/own"), False, 2.5),
    ]


def test_a_bad_recipe_is_one_line(recipes):
    assert "did you mean 'epochs'?" in error_line(call("train", "misspelt"))
    assert recipes == []


# --- info ---


def test_info_tells_versions_device_and_weights():
    result = call("info")
    assert result.exit_code == 0, result.output
    for word in ("colorlib", "torch", "fastai", "device", "AMX", "profile", "weights"):
        assert word in result.stdout
