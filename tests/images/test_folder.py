"""Nothing is left out in silence: every file of the inputs is coloured, failed by name, or counted by reason."""

import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colorlib.images.folder import THUMBNAILS
from helpers.album_files import CONTENTS, DNG, HEIC, JPEG, PNG, go, grow, regular


def told(report):
    """How many regular files a report accounts for."""
    paths = [outcome.job.source for outcome in report.outcomes]
    paths += [Path(path) for names in report.left_out.names.values() for path in names]
    assert len(paths) == len(set(paths))
    return sum(not path.is_symlink() and path.is_file() for path in paths)


@pytest.fixture
def everything(tmp_path, monkeypatch):
    """A folder with every kind of file."""
    files = {
        f"sub {kind}/{kind}{suffix}": data
        for kind, data in CONTENTS.items()
        for suffix in ("", ".jpg", ".HEIC", ".dat")
    }
    files |= {".hidden.jpg": JPEG, ".DS_Store": b"\0\0\0\1Bud1", "._photo.jpg": b"\0\5\x16\7", "Thumbs.db": b"\xd0\xcf"}
    files |= {f"{THUMBNAILS}/a-before.jpg": JPEG, "photo.jpg~": JPEG, "photo.heic": HEIC, "a.dng": DNG, "b.psd": b""}
    files |= {".git/objects/ab": b"x\x9c", ".cache/photo.png": PNG, "BM": b"BMW", "caf\udce9": JPEG, "new\nline": PNG}
    folder = grow(tmp_path / "album", files)
    grow(tmp_path / "elsewhere", {"1950/a.jpg": JPEG})
    (folder / "1950").symlink_to(tmp_path / "elsewhere/1950")
    (folder / "loop").symlink_to(folder)
    (folder / "a link").symlink_to(tmp_path / "elsewhere/1950/a.jpg")
    (folder / "nowhere.jpg").symlink_to("gone.jpg")
    (folder / "nowhere").symlink_to("gone")
    (folder / "itself.jpg").symlink_to("itself.jpg")
    os.mkfifo(folder / "pipe.jpg")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as plug:
        monkeypatch.chdir(folder)  # its path may be too long for a socket
        plug.bind("plug")
    return folder


# --- the invariant ---


def test_every_file_is_coloured_or_counted(everything, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    before = {path: path.read_bytes() for path in everything.rglob("*") if path.is_file() and not path.is_symlink()}
    for out in (tmp_path / "out", everything / "out", everything / "sub jpeg/out"):
        for _ in range(2):
            expected = regular(everything)
            report = go([everything], out)
            assert told(report) == expected
            # jpeg, png, tiff, avif, jp2: four each; and photo.jpg~, .cache/photo.png, the two odd names, the link
            good = report.of("done") + report.of("skipped")
            assert len([o for o in good if "/out/" not in str(o.job.source)]) >= 25
            left = report.left_out
            assert (left.count("hidden"), left.count("thumbnail"), left.count("linked folder")) == (3, 1, 2)
            assert left.count("no file") == 3  # pipe, plug, nowhere
            assert list(left.names["unreadable"]) == [str(everything / "itself.jpg")]
    assert before == {path: path.read_bytes() for path in before}


KINDS = st.sampled_from([*CONTENTS])
PARTS = st.sampled_from(["a", "b", ".c", "out", THUMBNAILS, "d.jpg", "=e", "f\x1b"])
SUFFIXES = st.sampled_from(["", ".jpg", ".HEIC", ".dng", ".txt", ".JFIF", ".psd"])
TREES = st.dictionaries(
    st.tuples(st.lists(PARTS, max_size=3), st.text("xyz.=:[]é\n", min_size=1, max_size=3), SUFFIXES).map(
        lambda t: "/".join([*t[0], f"{t[1]}_{t[2]}"])
    ),
    KINDS,
    min_size=1,
    max_size=12,
)


@given(TREES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_folder_adds_up(tmp_path_factory, tree):
    folder = tmp_path_factory.mktemp("tree")
    try:
        grow(folder, {name: CONTENTS[kind] for name, kind in tree.items()})
    except OSError:  # a file where another needs a folder
        return
    expected = regular(folder)
    try:
        report = go([folder], folder / "out")
    except ValueError as error:
        if "no photographs" not in str(error):
            raise
        return
    assert told(report) == expected
    for outcome in report.of("done"):
        assert outcome.job.name.startswith(outcome.job.source.relative_to(folder).as_posix())
