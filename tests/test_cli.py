"""The command line: quick to answer, clear about errors, honest in its exit codes. And `import colorlib` itself."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

import colorlib
from colorlib.cli import app
from colorlib.models import UNet, build_generator
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
    late = {"torch", "fastai", "matplotlib", "av", "cv2", "scenedetect"}
    assert fresh_python(f"import sys, colorlib, colorlib.cli; print({late} & set(sys.modules))") == "set()"


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


def results(out):
    """The coloured copies in a folder, without report and contact sheet."""
    names = (path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.startswith(("report", "contact-sheet", ".colorlib/")))


def test_colorize_a_folder(album, weights, tmp_path):
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 0, result.output
    assert "2 colorized" in result.stderr
    for name in ("one.jpg", "deep/er/two.png"):
        with Image.open(tmp_path / "out" / name) as image:
            assert image.size == (60, 50)
            assert image.mode == "RGB"
    again = call("colorize", album, "--out", tmp_path / "out", "--weights", weights)
    assert again.exit_code == 0
    assert "0 colorized, 2 skipped" in again.stderr
    never = call("colorize", album, "--out", tmp_path / "out", "--weights", weights, "--no-resume")
    assert never.exit_code == 1
    assert "0 colorized, 2 failed" in never.stderr


def test_report_and_contact_sheet(album, weights, tmp_path):
    call("colorize", album, "--out", tmp_path / "none", "--weights", weights, "--no-report")
    assert sorted(path.name for path in (tmp_path / "none").iterdir()) == [".colorlib", "deep", "one.jpg"]
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights)
    assert f"see {tmp_path / 'out/report.csv'} and {tmp_path / 'out/contact-sheet.html'}" in result.stderr
    table = pd.read_csv(tmp_path / "out/report.csv")
    assert list(table.result) == ["deep/er/two.png", "one.jpg"]
    assert list(table.status) == ["done", "done"]
    assert (table.seconds > 0).all()


def test_colorize_passes_its_options_on(album, weights, tmp_path, monkeypatch):
    """Each option arrives where it is used, in the shape that is expected there."""
    made, painted = [], []

    class Told:
        @classmethod
        def from_pretrained(cls, name, size=None, **options):
            made.append((name, {"size": size, **options}))
            return cls()

        def __call__(self, page, **hints):
            painted.append(hints)
            return np.dstack([page[..., 0]] * 3)

    monkeypatch.setattr("colorlib.colorize.Colorizer", Told)
    out = tmp_path / "out"
    assert call("colorize", album / "one.jpg", "--out", out).exit_code == 0
    assert made == [("natural", {"size": None, "flip": True, "saturation": 1.0, "vividness": None})]
    assert painted == [{}]
    options = ["--size", "192,256", "--no-flip", "--saturation", 0.5, "--weights", "vivid", "--format", "webp"]
    options += ["--vividness", 0.25]
    options += ["--point", "0.4,0.7,#c03020", "--point", "0,1,tomato", "--reference", album / "deep/er/two.png"]
    result = call("colorize", album / "one.jpg", "--out", out, *options)
    assert result.exit_code == 0, result.output
    assert made[1] == ("vivid", {"size": [192, 256], "flip": False, "saturation": 0.5, "vividness": 0.25})
    assert painted[1]["points"] == [(0.4, 0.7, "#c03020"), (0, 1, "tomato")]
    assert painted[1]["reference"].size == (60, 50)
    assert results(out) == ["one.jpg", "one.webp"]


def test_photographs_in_colour_are_left_out_on_request(album, weights, tmp_path):
    Image.new("L", (40, 40), 90).save(album / "grey.png")
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights, "--skip-colour")
    assert result.exit_code == 0
    assert "1 colorized, 2 skipped (already in colour)" in result.stderr
    assert results(tmp_path / "out") == ["grey.png"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_one_bad_file_is_exit_code_1_and_the_others_are_done(album, weights, tmp_path, jobs):
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights, "--jobs", jobs)
    assert result.exit_code == 1
    assert "2 colorized, 1 failed:" in result.stderr
    assert "broken.jpg" in result.stderr
    assert "Traceback" not in result.output
    assert (tmp_path / "out/one.jpg").exists()


def test_colorize_errors_are_one_line(album, weights, tmp_path):
    out = tmp_path / "out"

    def error(*arguments):
        return error_line(call("colorize", *arguments, "--out", out))

    assert "nonsense: no such weights" in error(album, "--weights", "nonsense")
    assert "nowhere.jpg" in error("nowhere.jpg", "--weights", weights)
    assert "w.safetensors" in error(album, "--weights", tmp_path / "w.safetensors")
    assert "as in 192,256,384" in error(album, "--weights", weights, "--size", "256x256")
    assert "at least 8 pixels" in error(album, "--weights", weights, "--size", "256,4")
    assert "unknown format 'jpg'" in error(album, "--weights", weights, "--format", "jpg")
    assert "--point is about one photograph, and there are 2" in error(album, "--point", "0,0,red")
    assert "0;0" in error(album / "one.jpg", "--weights", weights, "--point", "0;0")
    assert "old.jpg" in error(album, "--weights", weights, "--reference", tmp_path / "old.jpg")
    assert "s3://old/photographs: an address needs a cluster" in error("s3://old/photographs")
    assert "give another --out" in error_line(call("colorize", album, "--out", album, "--weights", weights))
    weights.with_suffix(".json").unlink()
    assert "tiny.json is missing" in error(album, "--weights", weights)
    assert not out.exists()


def test_ctrl_c_says_what_was_done(album, weights, tmp_path, monkeypatch):
    done = []

    def interrupted(self, page):
        if done:
            raise KeyboardInterrupt
        done.append(page)
        return np.zeros((50, 60, 3), np.uint8)

    monkeypatch.setattr("colorlib.colorize.Colorizer.__call__", interrupted)
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights, "--jobs", 1)
    assert result.exit_code == 130
    assert "1 colorized" in result.stderr
    assert "call the same command again" in result.stderr
    assert results(tmp_path / "out") == ["deep/er/two.png"]
    assert len(pd.read_csv(tmp_path / "out/report.csv")) == 1


def test_colorizing_imports_no_training(album, tmp_path):
    """What trains, measures and draws takes seconds to import, and colouring a photograph needs none of it."""
    weights = save_weights(build_generator("light", pretrained=False), tmp_path / "light.safetensors", "light", {}, {})
    heavy = ["fastai", "timm", "matplotlib", "pandas", "skimage", "sklearn", "torchvision", "torchmetrics", "ray"]
    code = f"""
import sys
from typer.testing import CliRunner
from colorlib.cli import app
call = ["colorize", {str(album)!r}, "--out", {str(tmp_path / "out")!r}, "--weights", {str(weights)!r}, "--size", "64"]
assert CliRunner().invoke(app, call).exit_code == 0
print([name for name in {heavy} if name in sys.modules])
"""
    assert fresh_python(code) == "[]"


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


def test_evaluate_knows_the_shipped_weights_by_name(album, weights, monkeypatch):
    monkeypatch.setattr("colorlib.weights.SHIPPED", weights.parent)
    result = call("evaluate", "tiny", album)
    assert result.exit_code == 0, result.output
    assert "2 photographs at 32 x 32" in result.stdout


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

    def load_recipe(name, variant, seed):
        if name == "misspelt":
            raise ValueError("misspelt.toml: unknown key 'epoch'; did you mean 'epochs'?")
        return SimpleNamespace(name=name, variant=variant, seed=seed, folder=Path(name).stem)

    def run_recipe(recipe, out, resume=True, minutes=None):
        calls.append((recipe.name, recipe.variant, recipe.seed, out, resume, minutes))

    monkeypatch.setattr("colorlib.recipes.load_recipe", load_recipe)
    monkeypatch.setattr("colorlib.experiments.run_recipe", run_recipe)
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
