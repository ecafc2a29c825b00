"""The command line: quick to answer, clear about errors, honest in its exit codes. And `import colorlib` itself."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

import colorlib
from colorlib.cli import app
from colorlib.models import UNet
from colorlib.weights import save_weights

ARGUMENTS = {"downs": 3, "filters": 4}


@pytest.fixture
def weights(tmp_path):
    return save_weights(UNet(**ARGUMENTS), tmp_path / "tiny.safetensors", "unet", ARGUMENTS, {"size": 32})


@pytest.fixture
def album(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("one.jpg", "deep/er/two.png"):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(rng.integers(0, 255, (5, 6, 3), dtype=np.uint8))
        small.resize((60, 50), Image.Resampling.BICUBIC).save(path)
    return tmp_path / "album"


def call(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def fresh_python(code):
    """Run code in a new interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def error_line(result):
    """The one line on stderr of a call that failed, without a traceback."""
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


# --- import colorlib ---


def test_neither_the_package_nor_the_command_imports_torch():
    code = "import sys, colorlib, colorlib.cli; print(any(m in sys.modules for m in ('torch', 'fastai', 'matplotlib')))"
    assert fresh_python(code) == "False"


def test_profile_is_the_function_in_any_order_of_imports():
    orders = [
        "import colorlib",
        "from colorlib.profile import set_seed; import colorlib",
        "import colorlib.profile, colorlib",
        "import importlib, colorlib; importlib.import_module('colorlib.profile')",
        "from colorlib import profile; import colorlib; assert profile is colorlib.profile",
    ]
    for order in orders:
        assert fresh_python(f"{order}; print(type(colorlib.profile).__name__)") == "function", order
    assert colorlib.profile("quick").name == "quick"


def test_rooms_and_names_come_when_asked_for():
    """Asked of the function itself: another test may have imported the rooms already."""
    come = colorlib.__getattr__
    assert come("photos").__name__ == "colorlib.photos"
    assert come("models").UNet is UNet
    assert come("train").learner.__name__ == "learner"
    assert come("show").picture_grid.__name__ == "picture_grid"
    assert come("Colorizer") is come("colorize").Colorizer
    assert fresh_python("import colorlib; print(colorlib.photos.PHOTO_SUFFIXES >= {'.jpg'})") == "True"


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = colorlib.nonsense
    assert not hasattr(colorlib, "_private")
    assert colorlib.__version__[0].isdigit()
    assert {"profile", "Colorizer", "color", "photos"} <= set(dir(colorlib))


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


# --- colorize ---


def test_colorize_a_folder(album, weights, tmp_path):
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 0, result.output
    assert "2 colorized" in result.stderr
    for name in ("one.jpg", "deep/er/two.png"):
        with Image.open(tmp_path / "out" / name) as image:
            assert image.size == (60, 50)
            assert image.mode == "RGB"
    again = call("colorize", album, "--out", tmp_path / "out", "--weights", weights, "--size", 64)
    assert again.exit_code == 0
    assert "0 colorized, 2 skipped" in again.stderr


def test_one_bad_file_is_exit_code_1_and_the_others_are_done(album, weights, tmp_path):
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 1
    assert "2 colorized, 1 failed:" in result.stderr
    assert "broken.jpg" in result.stderr
    assert "Traceback" not in result.output
    assert (tmp_path / "out/one.jpg").exists()


def test_colorize_errors_are_one_line(album, weights, tmp_path):
    out = tmp_path / "out"
    assert "train some with `colorlib train" in error_line(call("colorize", album, "--out", out))
    assert "nowhere.jpg" in error_line(call("colorize", "nowhere.jpg", "--out", out, "--weights", weights))
    assert "give another --out" in error_line(call("colorize", album, "--out", album, "--weights", weights))
    assert "w.safetensors" in error_line(call("colorize", album, "--out", out, "--weights", tmp_path / "w.safetensors"))
    weights.with_suffix(".json").unlink()
    assert "tiny.json is missing" in error_line(call("colorize", album, "--out", out, "--weights", weights))
    assert not out.exists()


def test_ctrl_c_says_what_was_done(album, weights, tmp_path, monkeypatch):
    done = []

    def interrupted(self, image):
        if done:
            raise KeyboardInterrupt
        done.append(image)
        return Image.new("RGB", (60, 50))

    monkeypatch.setattr("colorlib.colorize.Colorizer.__call__", interrupted)
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 130
    assert "1 colorized" in result.stderr
    assert "call the same command again" in result.stderr
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["two.png"]


# --- evaluate ---


def test_evaluate_beside_grey_and_truth(album, weights, tmp_path):
    result = call("evaluate", weights, album, "--csv", tmp_path / "table.csv")
    assert result.exit_code == 0, result.output
    assert "2 photographs at 32 x 32" in result.stdout
    table = pd.read_csv(tmp_path / "table.csv", index_col=0)
    assert list(table.index) == ["model", "grey", "truth"]
    assert table.loc["truth", "ab_l1"] == pytest.approx(0)
    assert table.loc["grey", "colourfulness"] < table.loc["truth", "colourfulness"]
    for row in table.index:
        assert row in result.stdout


def test_evaluate_counts_what_it_leaves_out(album, weights):
    Image.new("L", (40, 40), 90).save(album / "grey.png")
    (album / "broken.png").write_bytes(b"\x89PNG")
    result = call("evaluate", weights, album)
    assert result.exit_code == 1
    assert "2 photographs" in result.stdout
    assert "1 grey" in result.stderr
    assert "broken.png" in result.stderr


def test_evaluate_errors_are_one_line(album, weights, tmp_path):
    assert "nowhere" in error_line(call("evaluate", weights, tmp_path / "nowhere"))
    assert "make it first" in error_line(call("evaluate", weights, album, "--csv", tmp_path / "no/such/table.csv"))
    assert "x.safetensors" in error_line(call("evaluate", tmp_path / "x.safetensors", album))
    (tmp_path / "greys").mkdir()
    Image.new("L", (40, 40), 90).save(tmp_path / "greys/grey.png")
    assert "give photographs in colour" in error_line(call("evaluate", weights, tmp_path / "greys"))


# --- train ---


@pytest.fixture
def recipes(monkeypatch):
    """Stand-ins for the rooms that read and run recipes, which note how they are called."""
    calls = []

    def load_recipe(name):
        if name == "misspelt":
            raise ValueError("misspelt.toml: unknown key 'epoch'; did you mean 'epochs'?")
        return f"recipe {name}"

    def run_recipe(recipe, out, resume=True, minutes=None):
        calls.append((recipe, out, resume, minutes))

    monkeypatch.setattr("colorlib.recipes.load_recipe", load_recipe)
    monkeypatch.setattr("colorlib.experiments.run_recipe", run_recipe)
    return calls


def test_train_runs_the_recipe(recipes, tmp_path):
    assert call("train", "quick", "--out", tmp_path).exit_code == 0
    result = call("train", "my/own.toml", "--no-resume", "--minutes", 2.5)
    assert result.exit_code == 0
    assert "runs/own" in result.stdout
    assert recipes == [("recipe quick", tmp_path, True, None), ("recipe my/own.toml", Path("runs/own"), False, 2.5)]


def test_a_bad_recipe_is_one_line(recipes):
    assert "did you mean 'epochs'?" in error_line(call("train", "misspelt"))
    assert recipes == []


# --- info ---


def test_info_tells_versions_device_and_weights():
    result = call("info")
    assert result.exit_code == 0, result.output
    for word in ("colorlib", "torch", "fastai", "device", "AMX", "profile", "weights"):
        assert word in result.stdout
