"""What `cli.colorize` promises."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from colorlib.models.registry import build_generator
from colorlib.models.weights import save_weights
from helpers.cli import call, error_line, fresh_python

# --- colorize ---


def results(out):
    """The coloured copies in a folder, without report and contact sheet."""
    names = (path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.startswith(("report", "left-out", "contact-sheet", ".colorlib/")))


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
    assert (table.seconds >= 0).all()


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
            return np.dstack([page[..., 0], page[..., 0] // 2, page[..., 0] // 2])

    monkeypatch.setattr("colorlib.colorize.colorizer.Colorizer", Told)
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
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights, "--skip-color")
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
    for size in ("256,4", "256,5000", "99999999"):
        assert "the network needs 8 to 4096 pixels" in error(album, "--weights", weights, "--size", size)
    assert call("colorize", album, "--out", out, "--saturation", "100000").exit_code == 2
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
        return np.full((50, 60, 3), (200, 80, 80), np.uint8)

    monkeypatch.setattr("colorlib.colorize.colorizer.Colorizer.__call__", interrupted)
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", weights, "--jobs", 1)
    assert result.exit_code == 130
    assert "1 colorized" in result.stderr
    assert "call the same command again" in result.stderr
    assert results(tmp_path / "out") == ["deep/er/two.png"]
    assert len(pd.read_csv(tmp_path / "out/report.csv")) == 1


def test_colorizing_imports_no_training(album, tmp_path):
    """What trains, measures and draws takes seconds to import, and colouring a photograph needs none of it."""
    weights = save_weights(build_generator("light", pretrained=False), tmp_path / "light.safetensors", "light", {}, {})
    heavy = [
        "fastai",
        "timm",
        "matplotlib",
        "pandas",
        "skimage",
        "sklearn",
        "torchvision",
        "torchmetrics",
        "ray",
    ]
    code = f"""
import sys
from typer.testing import CliRunner
from colorlib.cli import app
call = ["colorize", {str(album)!r}, "--out", {str(tmp_path / "out")!r}, "--weights", {str(weights)!r}, "--size", "64"]
assert CliRunner().invoke(app, call).exit_code == 0
print([name for name in {heavy} if name in sys.modules])
"""
    assert fresh_python(code) == "[]"


def test_results_say_that_their_colours_are_predicted(album, weights, tmp_path):
    from colorlib.images.label import SOURCE_TYPE

    out = tmp_path / "out"
    assert call("colorize", album, "--out", out, "--weights", weights).exit_code == 0
    with Image.open(out / "one.jpg") as image:
        assert SOURCE_TYPE.encode() in image.info["xmp"]
        software = image.getexif()[0x0131]
    assert weights.name in software
    assert str(weights.parent) not in software, "where somebody keeps weights is nobody's business"
    shown = call("colorize", album, "--out", out, "--weights", weights, "--caption", "--keep-grey", "--redo")
    assert "2 colorized" in shown.stderr
    with Image.open(out / "one.jpg") as image:
        assert image.width == 120
        assert image.height > 50
    differs = call("colorize", album, "--out", out, "--weights", weights)
    assert "was made with other settings: caption on, now none, keep_grey on, now none" in differs.stderr
