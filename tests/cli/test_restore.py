"""What `colorlib video --stills`, `--references` and `--into` promise."""

import numpy as np
import pytest
from PIL import Image

from colorlib.data.sources import package_photographs
from colorlib.film.clips import write_clip
from colorlib.film.synthetic import camera_clip, joined
from helpers.cli import call, error_line
from helpers.video import pictures_of


@pytest.fixture
def film(tmp_path):
    photographs = package_photographs()
    clip = joined(*(camera_clip(photographs[name], "pan", 10, (48, 64)) for name in ("chelsea", "coffee")))
    write_clip(clip.grey, tmp_path / "grey.mp4", rate=20, crf=8)
    return tmp_path / "grey.mp4"


def test_the_loop(film, weights, tmp_path):
    stills, coloured, better = tmp_path / "stills", tmp_path / "coloured.mp4", tmp_path / "better.mp4"
    assert call("video", film, coloured, "--weights", weights).exit_code == 0
    done = call("video", film, "--stills", stills, "--weights", weights)
    assert (done.exit_code, done.stderr.strip()) == (0, f"2 stills are in {stills}")
    assert "2 were there" in call("video", film, "--stills", stills, "--weights", weights).stderr
    _, second = sorted(stills.iterdir())
    with Image.open(second) as still:
        grey = np.asarray(still.convert("L"))
    Image.fromarray(np.dstack([grey, grey, grey // 2])).save(second)
    into = call("video", film, better, "--into", coloured, "--references", stills, "--weights", weights)
    assert into.exit_code == 0, into.output
    assert "1 of 2 stills are as they were written" in into.stderr
    assert into.stderr.splitlines()[-1] == f"10 frames are in {better}"
    before, after = (np.stack(pictures_of(path)).astype(int) for path in (coloured, better))
    assert np.array_equal(before[:10], after[:10])
    yellow = after[10:, ..., 0] - after[10:, ..., 2]
    assert yellow.mean() > 20 + (before[10:, ..., 0] - before[10:, ..., 2]).mean()
    whole = call("video", film, tmp_path / "whole.mp4", "--references", stills, "--weights", weights)
    assert whole.exit_code == 0, whole.output
    assert np.abs((np.stack(pictures_of(tmp_path / "whole.mp4")) - after)[10:].mean(axis=(1, 2))).max() < 2


def test_choices_that_contradict_each_other(film, weights, tmp_path):
    def says(*options):
        return error_line(call("video", film, *options, "--weights", weights))

    out = tmp_path / "out.mp4"
    assert "give OUT, the film to write, or --stills" in says()
    assert "give OUT, the film to write, or --stills" in says(out, "--stills", tmp_path / "s")
    assert "--stills comes before --references" in says("--stills", tmp_path / "s", "--references", tmp_path)
    assert "--into needs to know what" in says(out, "--into", film)
    assert "leave --start and --end out" in says(out, "--into", film, "--references", tmp_path, "--start", 1)
    assert "--into and --preview" in says(out, "--into", film, "--preview", "--end", 1)
    assert "no pictures in it" in says(out, "--references", tmp_path / "..")
