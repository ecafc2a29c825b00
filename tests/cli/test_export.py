"""What `cli.export` promises, and what other commands do with its file."""

import json

import onnx
import pandas as pd
from PIL import Image

from helpers.cli import call, error_line
from helpers.onnx_networks import pixelwise


def test_export_and_colour_with_the_file(album, weights, tmp_path):
    made = call("export", weights, tmp_path / "tiny.onnx")
    assert made.exit_code == 0, made.output
    assert "tiny.onnx holds" in made.stdout
    assert onnx.load(tmp_path / "tiny.onnx").metadata_props[0].key == "colorlib"
    arguments = ["colorize", album, "--out", tmp_path / "out", "--weights", tmp_path / "tiny.onnx"]
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    assert "2 colorized" in result.stderr
    with Image.open(tmp_path / "out" / "one.jpg") as image:
        assert (image.size, image.mode) == ((60, 50), "RGB")
    assert list(pd.read_csv(tmp_path / "out/report.csv").status) == ["done", "done"]
    assert "0 colorized, 2 skipped" in call(*arguments).stderr
    assert "no vividness to choose" in error_line(call(*arguments, "--vividness", 0.5))


def test_somebody_elses_network_colours_an_album(album, tmp_path):
    path = pixelwise(tmp_path / "dd.onnx", [[0] * 3] * 2, [30, 20], [1, 3, 32, 32], {"preset": "ddcolor"})
    result = call("colorize", album, "--out", tmp_path / "out", "--weights", path, "--size", 64)
    assert result.exit_code == 0, result.output
    red, _, blue = Image.open(tmp_path / "out" / "one.jpg").convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert red > blue + 30
    path.with_suffix(".json").write_text(json.dumps({"preset": "ddcolor", "scale": 0.5}))
    again = call("colorize", album, "--out", tmp_path / "out", "--weights", path, "--size", 64)
    assert "weights" in again.stderr, "another card is another network: the results that are there are of others"


def test_errors_are_one_line(album, weights, tmp_path):
    assert r"end the name in .onnx" in error_line(call("export", weights, tmp_path / "tiny.pt"))
    assert "nonsense: no such weights" in error_line(call("export", "nonsense", tmp_path / "x.onnx"))
    path = pixelwise(tmp_path / "net.onnx", [[1]] * 2, [0, 0], ["b", 1, "h", "w"])
    assert "it has no card" in error_line(call("colorize", album, "--out", tmp_path / "out", "--weights", path))
    path.with_suffix(".json").write_text('{"preset": "ddcolor"}')
    assert "give a .safetensors file" in error_line(call("export", path, tmp_path / "x.onnx"))
