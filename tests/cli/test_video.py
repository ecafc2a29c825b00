"""What `cli.video` promises."""

import numpy as np
import pytest
import torch

from colorlib.film.probe import read_film
from colorlib.models.export import export_onnx
from colorlib.models.unet import UNet
from colorlib.models.weights import save_weights
from helpers.video import make, packets_of, pictures_of, times_of

# --- the command ---


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    arguments = {"downs": 3, "filters": 4}
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    return save_weights(UNet(**arguments), path, "unet", arguments, {"size": 32})


def call(*arguments):
    """Run `colorlib video` in this process."""
    from typer.testing import CliRunner

    from colorlib.cli import app

    return CliRunner().invoke(app, ["video", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.mark.parametrize("mode", ["flow", "exponential", "off"])
def test_the_command_colours_a_film(tmp_path, weights, mode):
    source, out = make(tmp_path / "in.mkv", sounds=1), tmp_path / "out.mkv"
    result = call(source, out, "--weights", weights, "--mode", mode, "--key-every", 4, "--upscale", 2)
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[-1] == f"24 frames are in {out}"
    assert times_of(out) == times_of(source)
    assert packets_of(out) == packets_of(source)
    assert pictures_of(out)[0].shape == (96, 128, 3)
    again = call(source, out, "--weights", weights)
    assert (again.exit_code, again.stderr.strip()) == (0, f"{out}: the result was already there")
    assert call(source, out, "--weights", weights, "--no-resume").exit_code == 2


def test_a_film_is_the_same_with_the_exported_network(tmp_path):
    arguments = {"downs": 3, "filters": 4}
    generator = UNet(**arguments)
    for parameter in generator.parameters():  # untrained, it paints grey
        torch.nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(parameter.numel()))
    weights = save_weights(generator, tmp_path / "loud.safetensors", "unet", arguments, {"size": 32})
    source, network = make(tmp_path / "in.mkv"), export_onnx(weights, tmp_path / "loud.onnx")
    outs = [tmp_path / "torch.mkv", tmp_path / "onnx.mkv"]
    for out, given in zip(outs, (weights, network), strict=True):
        assert call(source, out, "--weights", given, "--mode", "off").exit_code == 0
    theirs, ours = (np.stack(pictures_of(out)).astype(int) for out in outs)
    assert np.abs(ours - theirs).mean() < 0.5
    assert np.ptp(ours, axis=-1).mean() > 2, "there are colours"


def test_the_command_makes_a_preview_of_a_part(tmp_path, weights):
    source, out = make(tmp_path / "in.mkv", frames=60, colour=True), tmp_path / "out.mp4"
    part = ("--weights", weights, "--start", "0:01", "--end", "1.4", "--preview")
    refused = call(source, out, *part)
    assert refused.exit_code == 2
    assert "give --make-grey" in refused.stderr
    assert call(source, out, *part, "--make-grey", "--crf", 25, "--codec", "libx264").exit_code == 0
    assert [picture.shape for picture in pictures_of(out)] == [(48, 128, 3)] * 10


def test_the_command_says_what_was_wrong_with_a_film_and_colours_the_rest(tmp_path, weights):
    whole = make(tmp_path / "whole.mkv", frames=100)
    source = tmp_path / "half.mkv"
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    result = call(source, tmp_path / "out.mkv", "--weights", weights, "--mode", "off")
    assert result.exit_code == 1
    assert f"{source}: the film should last 4.0 s and ends after" in result.stderr
    assert read_film(tmp_path / "out.mkv").damage == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.mkv", "out.mkv"), "nowhere.mkv: no such file"),
        (("in.mkv", "in.mkv"), "the result would be the film itself"),
        (("in.mkv", "out.mkv", "--start", "soon"), "--start soon: give seconds, or minutes and seconds"),
        (("in.mkv", "out.mkv", "--mode", "magic"), "unknown mode 'magic'"),
        (("in.mkv", "out.mkv", "--codec", "x"), "unknown codec 'x'"),
    ],
)
def test_a_wrong_call_is_one_line(tmp_path, weights, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "in.mkv", frames=2)
    result = call(*arguments, "--weights", weights)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.strip().splitlines()) == 1
    assert message in result.stderr
