"""What `film.decode` promises."""

import av
import numpy as np
import pytest

from colorlib.film.colorize import colorize_video
from colorlib.film.pixel_formats import to_frame
from colorlib.film.probe import read_film
from helpers.video import Sepia, make, pictures_of, scene, times_of


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_film_on_its_side_is_coloured_and_shown_upright(tmp_path, turn):
    source = make(tmp_path / "in.mp4", frames=3, turn=turn)
    film = read_film(source)
    out = colorize_video(source, tmp_path / "out.mp4", Sepia()).path
    upright = np.rot90(pictures_of(source)[0], turn // 90)
    after = pictures_of(out)[0]
    assert after.shape == upright.shape == (film.height, film.width, 3)
    assert np.abs(after[..., 1].astype(int) - upright[..., 1]).mean() < 3
    assert read_film(out).matrix == (1, 0, 0, 1)


def test_interlaced_frames_are_made_whole(tmp_path):
    """Every second row from the frame before: the comb that this makes at edges is gone, the frames are all there."""
    path = tmp_path / "in.mkv"
    with av.open(str(path), "w") as film:
        options = {"flags": "+ildct+ilme", "x264-params": "tff=1", "crf": "5"}
        shown = film.add_stream("libx264", rate=25, options=options)
        shown.height, shown.width, shown.pix_fmt = 48, 64, "yuv420p"
        for index in range(12):
            woven = scene(2 * index)
            woven[1::2] = scene(2 * index + 1)[1::2]
            frame = to_frame(woven[..., None].repeat(3, 2), "yuv420p", False)
            frame.pts = index
            film.mux(shown.encode(frame))
        film.mux(shown.encode(None))
    with av.open(str(path)) as film:
        assert next(film.decode(video=0)).interlaced_frame
    out = colorize_video(path, tmp_path / "out.mkv", Sepia()).path
    assert times_of(out) == times_of(path)

    def comb(pictures):
        rows = np.stack(pictures)[2:-2, ..., 1].astype(int)
        return np.abs(2 * rows[:, 1:-1] - rows[:, :-2] - rows[:, 2:])[:, 9:17].mean()

    assert comb(pictures_of(out)) < 0.3 * comb(pictures_of(path))
    with av.open(str(out)) as film:
        assert not any(frame.interlaced_frame for frame in film.decode(video=0))
