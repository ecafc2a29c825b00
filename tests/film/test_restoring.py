"""What `film.restoring`, `stills`, `scenes` and `passages` promise: a still colours its scene and no other."""

from array import array

import av
import numpy as np
import pytest
from PIL import Image

from colorlib.colorize.colorizer import Colorizer
from colorlib.data.sources import package_photographs
from colorlib.film.clips import write_clip
from colorlib.film.colorize import colorize_video
from colorlib.film.probe import read_film
from colorlib.film.render import frame_lightness, paint_frame
from colorlib.film.restoring import FADE, RestoringColorizer, carried_from, repaint
from colorlib.film.scenes import Scene, Scenes, find_scenes
from colorlib.film.steadiness import chroma
from colorlib.film.steady import SteadyColorizer
from colorlib.film.stills import FilmScenes, Given, read_stills, write_stills
from colorlib.film.synthetic import camera_clip, joined
from colorlib.images.label import Label
from helpers.steady import Boiling
from helpers.video import packets_of, pictures_of

SIZE = (96, 128)
MIDDLE = slice(10, 30)
LABEL = Label("natural", "3a" * 32)


def three_scenes(name="china", move="pan"):
    """A film of three scenes with true colours and exact flow: 10, 20 and 10 frames."""
    photographs = package_photographs()
    ends = [camera_clip(photographs[end], "pan", 10, SIZE) for end in ("flower", "chelsea")]
    return joined(ends[0], camera_clip(photographs[name], move, 20, SIZE), ends[1])


class Frames:
    """Stands for a film file whose frames are at hand."""

    def __init__(self, frames, scenes):
        self.frames, self.scenes = frames, Scenes(None, array("q", range(len(frames))), scenes)

    def pictures(self, first, end):
        return iter(self.frames[first:end])


def errors(frames, truth):
    """The ab error of each frame, CIE units."""
    return np.abs(chroma(np.asarray(frames)) - chroma(truth)).mean(axis=(1, 2, 3))


@pytest.mark.parametrize(("name", "move"), [("china", "pan"), ("coffee", "zoom"), ("astronaut", "rotation")])
def test_colours_of_a_still_arrive_in_its_scene_and_nowhere_else(name, move):
    film, network = three_scenes(name, move), Colorizer.from_pretrained("natural", 96, flip=False)
    automatic = np.stack(list(SteadyColorizer(network).paint(film.grey)))
    scene = Scene(2, 10, 30)
    colorizer = RestoringColorizer(network)
    colorizer.follow([Given(scene.middle, scene, film.frames[scene.middle])], Frames(film.grey, [scene]))
    restored = np.stack(list(colorizer.paint(film.grey)))
    before, after = (errors(frames[MIDDLE], film.frames[MIDDLE]) for frames in (automatic, restored))
    assert after.mean() < before.mean() / 2
    assert (after < before).all(), "every frame of the scene gains"
    for elsewhere in (slice(None, 10), slice(30, None)):
        assert np.array_equal(restored[elsewhere], automatic[elsewhere])


def test_what_does_not_match_stays_automatic():
    """The left half of the still shows something else, the negative: only its right half is believed."""
    film, network = three_scenes(), Colorizer(Boiling(0), size=96, flip=False)
    automatic = np.stack(list(SteadyColorizer(network).paint(film.grey)))
    scene, half = Scene(2, 10, 30), SIZE[1] // 2
    shown = film.grey[scene.middle].copy()
    shown[:, :half] = 255 - shown[:, :half]
    violet = np.broadcast_to(np.float32([40, -40]), (*SIZE, 2))
    still = paint_frame(shown, frame_lightness(shown), violet)
    colorizer = RestoringColorizer(network)
    colorizer.follow([Given(scene.middle, scene, still)], Frames(film.grey, [scene]))
    restored = np.stack(list(colorizer.paint(film.grey)))[scene.middle]
    change = np.linalg.norm(chroma(restored[None]) - chroma(automatic[scene.middle][None]), axis=-1)[0]
    negative = np.abs(film.grey[scene.middle] - 127.5) > 60  # where light and dark are far apart
    assert change[:, : half - 8][negative[:, : half - 8]].mean() < 0.1 * change[:, half + 8 :].mean()


def test_of_a_scene_only_small_views_are_held(monkeypatch):
    held, grey, scene = [], np.zeros((6, *SIZE), np.uint8), Scene(1, 0, 6)

    def looked_at(given, frames):
        held.extend(frame.pixels.nbytes for frame in frames.values())
        return carried_from(given, frames)

    monkeypatch.setattr("colorlib.film.restoring.carried_from", looked_at)
    colorizer = RestoringColorizer(Colorizer(Boiling(0), size=32, flip=False))
    colorizer.follow([Given(3, scene, np.zeros((*SIZE, 3), np.uint8))], Frames(grey, [scene]))
    assert len(list(colorizer.paint(grey))) == 6
    assert held == [0] * 6


def test_where_a_long_scene_is_parted_colours_change_slowly():
    grey = np.repeat(camera_clip(package_photographs()["chelsea"], "pan", 2, SIZE).grey[:1], 80, axis=0)
    parts = [Scene(1, 0, 40, True, False), Scene(2, 40, 80, False, True)]
    network = Colorizer(Boiling(0), size=96, flip=False)
    red, blue = (np.stack([grey[0] // a, grey[0] // b, grey[0] // c], axis=2) for a, b, c in ((1, 3, 3), (3, 3, 1)))

    def mean_chroma(*given):
        colorizer = RestoringColorizer(network)
        colorizer.follow(list(given), Frames(grey, parts))
        return chroma(np.stack(list(colorizer.paint(grey)))).mean(axis=(1, 2))

    automatic = mean_chroma()
    alone = mean_chroma(Given(20, parts[0], red))
    assert np.array_equal(alone[40:], automatic[40:]), "the other part was not repainted"
    steps = np.abs(np.diff(alone, axis=0)).max()
    whole = np.abs(alone[20] - automatic[20]).max()
    assert whole > 5
    assert steps < 2.5 * whole / FADE
    both = mean_chroma(Given(20, parts[0], red), Given(60, parts[1], blue))
    whole = np.abs(both[20] - both[60]).max()
    assert np.abs(np.diff(both, axis=0)).max() < 2.5 * whole / FADE
    assert np.abs(both[[0, 79]] - both[[20, 60]]).max() < 1


@pytest.fixture(scope="module")
def loop(tmp_path_factory):
    """The whole loop, once: a film, its coloured version, stills of which the middle one gets its true colours."""
    folder, film = tmp_path_factory.mktemp("loop"), three_scenes("astronaut", "rotation")
    write_clip(film.grey, folder / "grey.mp4", rate=20, crf=8)
    network = Colorizer.from_pretrained("natural", 96, flip=False)
    colorize_video(folder / "grey.mp4", folder / "coloured.mp4", SteadyColorizer(network), made_by=LABEL)
    scenes = FilmScenes(folder / "grey.mp4")
    assert write_stills(scenes, folder / "stills", RestoringColorizer(network), LABEL) == (3, 0)
    middle = sorted((folder / "stills").iterdir())[1]
    repainted = np.asarray(Image.open(middle)).copy()
    true = film.frames[scenes.scenes.scenes[1].middle]
    assert repainted.shape == true.shape
    Image.fromarray(true).save(middle)
    return folder, film, scenes, network, middle


def colorizer_of(scenes, network, folder):
    given, notes = read_stills(scenes, folder)
    colorizer = RestoringColorizer(network)
    colorizer.follow(given, scenes)
    return colorizer, notes


def test_stills_are_one_a_scene_and_hold_scene_and_time(loop):
    folder, film, scenes, _, _ = loop
    assert [(scene.first, scene.end) for scene in scenes.scenes.scenes] == [(0, 10), (10, 30), (30, 40)]
    names = sorted(path.name for path in (folder / "stills").iterdir())
    assert names == [
        "scene-0001-00h00m00.250s.png",
        "scene-0002-00h00m01.000s.png",
        "scene-0003-00h00m01.750s.png",
    ]
    with Image.open(folder / "stills" / names[0]) as still:
        assert b"compositeWithTrainedAlgorithmicMedia" in still.info["xmp"]
        assert np.abs(np.asarray(still.convert("L")).astype(int) - film.grey[5]).mean() < 4


def test_stills_that_are_there_stay(loop):
    folder, _, scenes, network, middle = loop
    before = middle.read_bytes()
    assert write_stills(scenes, folder / "stills", RestoringColorizer(network), LABEL) == (0, 3)
    assert middle.read_bytes() == before


def test_a_whole_film_with_references(loop, tmp_path):
    folder, film, scenes, network, _ = loop
    colorizer, notes = colorizer_of(scenes, network, folder / "stills")
    assert [given.frame for given in colorizer.given] == [20]
    assert notes == [f"{folder / 'stills'}: 2 of 3 stills are as they were written, and their scenes automatic"]
    colorize_video(folder / "grey.mp4", tmp_path / "out.mp4", colorizer)
    before, after = (errors(pictures_of(path), film.frames) for path in (folder / "coloured.mp4", tmp_path / "out.mp4"))
    assert after[MIDDLE].mean() < before[MIDDLE].mean() / 2
    for elsewhere in (slice(None, 10), slice(30, None)):
        assert np.allclose(after[elsewhere], before[elsewhere], atol=0.3)


def packets(path):
    with av.open(str(path)) as film:
        return [(packet.pts, bytes(packet)) for packet in film.demux(video=0) if packet.size]


def test_into_a_finished_film_other_scenes_unchanged_to_the_byte(loop, tmp_path):
    folder, film, scenes, network, _ = loop
    colorizer, _ = colorizer_of(scenes, network, folder / "stills")
    done = repaint(scenes, folder / "coloured.mp4", tmp_path / "out.mp4", colorizer, made_by=LABEL)
    assert done.frames == 20
    assert done.notes == ["repainted from 0.50 s to 1.50 s, from key frame to key frame"]
    before, after = packets(folder / "coloured.mp4"), packets(tmp_path / "out.mp4")
    assert [time for time, _ in after] == [time for time, _ in before]
    assert after[:10] == before[:10]
    assert after[30:] == before[30:]
    assert after[MIDDLE] != before[MIDDLE]
    assert packets_of(tmp_path / "out.mp4") == packets_of(folder / "coloured.mp4")
    with av.open(str(tmp_path / "out.mp4")) as out:
        assert out.metadata["comment"] == LABEL.statement
    errors_before, errors_after = (
        errors(pictures_of(f / n), film.frames) for f, n in ((folder, "coloured.mp4"), (tmp_path, "out.mp4"))
    )
    assert errors_after[MIDDLE].mean() < errors_before[MIDDLE].mean() / 2
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_a_passage_by_its_times(loop, tmp_path):
    folder, _, scenes, _, _ = loop
    colorizer = RestoringColorizer(Colorizer(Boiling(), size=96, flip=False))
    done = repaint(scenes, folder / "coloured.mp4", tmp_path / "out.mp4", colorizer, start=0.6, end=1.2)
    assert done.frames == 20
    before, after = packets(folder / "coloured.mp4"), packets(tmp_path / "out.mp4")
    assert [a == b for a, b in zip(before, after, strict=True)] == [True] * 10 + [False] * 20 + [True] * 10


@pytest.mark.parametrize(
    ("finished", "out", "says"),
    [
        ("grey.mp4", "out.mkv", "must end as grey.mp4 does"),
        ("grey.mp4", "out.mp4", "was encoded in another way"),
        ("other.mp4", "out.mp4", "other.mp4 has 12 frames, and .*grey.mp4 40"),
        ("coloured.mp4", "coloured.mp4", "already there and not overwritten"),
    ],
)
def test_what_cannot_be_repainted_is_said(loop, tmp_path, finished, out, says):
    folder, film, scenes, _, _ = loop
    if finished == "other.mp4" and not (folder / finished).exists():
        write_clip(film.frames[:12], folder / finished, rate=20)
    target = folder / out if out == "coloured.mp4" else tmp_path / out
    before = target.read_bytes() if target.exists() else None
    colorizer = RestoringColorizer(Colorizer(Boiling(), size=96, flip=False))
    with pytest.raises((ValueError, FileExistsError), match=says):
        repaint(scenes, folder / finished, target, colorizer, start=0.6, end=1.2)
    assert (target.read_bytes() if target.exists() else None) == before


def test_bad_stills_are_named(loop, tmp_path):
    _, film, scenes, _, _ = loop
    with pytest.raises(FileNotFoundError, match="no such folder"):
        read_stills(scenes, tmp_path / "nowhere")
    with pytest.raises(ValueError, match="no pictures in it"):
        read_stills(scenes, tmp_path)
    cases = {
        "mine.png": (film.frames[20], r"mine\.png: no time in its name"),
        "scene-0002-00h00m01.000s.png": (film.frames[5], "differs by .* from what the film shows then"),
        "a-00h00m01.000s.png": (film.frames[20][:, :60], "is 60x96, and the film 128x96"),
    }
    for name, (pixels, says) in cases.items():
        Image.fromarray(pixels).save(tmp_path / name)
        with pytest.raises(ValueError, match=says):
            read_stills(scenes, tmp_path)
        (tmp_path / name).unlink()
    Image.fromarray(film.frames[20]).save(tmp_path / "a-00h09m01.000s.png")
    assert "there is no frame at 541.00 s" in read_stills(scenes, tmp_path)[1][0]


def test_long_scenes_are_parted(tmp_path):
    write_clip(camera_clip(package_photographs()["chelsea"], "pan", 60, SIZE).grey, tmp_path / "in.mp4", rate=25)
    film = read_film(tmp_path / "in.mp4")
    scenes = find_scenes(film, longest=1.0).scenes
    assert [(s.first, s.end, s.cut_before, s.cut_after) for s in scenes] == [
        (0, 20, True, False),
        (20, 40, False, False),
        (40, 60, False, True),
    ]
    part = find_scenes(film, start=0.4, end=1.2)
    assert len(part.times) == 20
    assert float(part.seconds(0)) == pytest.approx(0.4)
    assert part.nearest(0.8) == 10
