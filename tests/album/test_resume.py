"""A result that is there is skipped only if it is what the run would make; what differs is named, nothing is lost."""

import json
import os
import shutil
import time

import pytest
from PIL import Image

from colorlib._atomic import ALREADY_THERE, sha256_of
from colorlib.album import fingerprint, resume
from colorlib.album.contact_sheet import thumbnails
from colorlib.album.ledger import FOLDER, Ledger
from helpers.albums import SETTINGS, go, level, make, only


@pytest.fixture
def hashed(monkeypatch):
    """The files whose contents are compared with a record, in order."""
    paths = []
    monkeypatch.setattr(resume, "sha256_of", lambda path: paths.append(path) or sha256_of(path))
    return paths


# --- the same ---


def test_what_is_the_same_is_skipped_at_a_glance(tmp_path, hashed):
    for name in ("a.jpg", "sub/b.png"):
        make(tmp_path / "album" / name)
    assert [o.status for o in go([tmp_path / "album"], tmp_path / "out").values()] == ["done"] * 2
    again = go([tmp_path / "album"], tmp_path / "out")
    assert [(o.status, o.reason) for o in again.values()] == [("skipped", ALREADY_THERE)] * 2
    assert hashed == []


def test_a_moved_album_is_compared_once_and_not_coloured_again(tmp_path, hashed):
    make(tmp_path / "album/a.jpg")
    go([tmp_path / "album"], tmp_path / "out")
    shutil.copytree(tmp_path / "album", tmp_path / "copy", copy_function=shutil.copyfile)
    shutil.rmtree(tmp_path / "album")
    for compared in (1, 0):
        hashed.clear()
        assert only(go([tmp_path / "copy"], tmp_path / "out")).status == "skipped"
        assert len(hashed) == compared


def test_results_that_were_copied_are_compared_once(tmp_path, hashed):
    make(tmp_path / "album/a.jpg")
    go([tmp_path / "album"], tmp_path / "out")
    shutil.copytree(tmp_path / "out", tmp_path / "moved", copy_function=shutil.copyfile)
    for compared in (1, 0):
        hashed.clear()
        assert only(go([tmp_path / "album"], tmp_path / "moved")).status == "skipped"
        assert len(hashed) == compared


def test_a_photograph_that_was_touched_is_the_same(tmp_path):
    source = make(tmp_path / "album/a.jpg")
    go([source], tmp_path / "out")
    os.utime(source)
    assert only(go([source], tmp_path / "out")).status == "skipped"


def test_a_result_that_was_deleted_is_made_again(tmp_path):
    source = make(tmp_path / "album/a.jpg")
    go([source], tmp_path / "out")
    (tmp_path / "out/a.jpg").unlink()
    assert only(go([source], tmp_path / "out")).status == "done"
    assert only(go([source], tmp_path / "out")).status == "skipped"


def test_weights_are_known_by_their_content(tmp_path):
    source = make(tmp_path / "album/a.jpg")
    go([source], tmp_path / "out")
    named = SETTINGS | {"weights": {"name": "copy.safetensors", "sha256": "1" * 64}}
    assert only(go([source], tmp_path / "out", named)).status == "skipped"


# --- what differs ---


def test_another_album_with_the_same_names(tmp_path):
    x, y, out = make(tmp_path / "x/0001.jpg", 50), make(tmp_path / "y/0001.jpg", 200), tmp_path / "out"
    go([x.parent], out)
    before = (out / "0001.jpg").read_bytes()
    for options in ({}, {"redo": True}):
        outcome = only(go([y.parent], out, **options))
        assert outcome.status == "failed"
        assert f"the result there is of another photograph: {x}" in outcome.reason
        assert (out / "0001.jpg").read_bytes() == before
    x.unlink()
    assert only(go([y.parent], out)).status == "failed"
    assert only(go([y.parent], out, redo=True)).status == "done"
    assert abs(level(out / "0001.jpg") - 200) < 3


def test_a_photograph_that_was_edited(tmp_path):
    source, out = make(tmp_path / "album/a.bmp", 50), tmp_path / "out"
    go([source], out)
    times = os.stat(source).st_atime_ns, os.stat(source).st_mtime_ns
    size = source.stat().st_size
    make(source, 60)
    os.utime(source, ns=times)  # as careful tools do
    assert source.stat().st_size == size
    outcome = only(go([source], out))
    assert outcome.status == "failed"
    assert f"{source} was changed since the result was made; give --redo" in outcome.reason
    assert level(out / "a.bmp") == 50
    assert only(go([source], out, redo=True)).status == "done"
    assert level(out / "a.bmp") == 60
    assert [level(path) for path in thumbnails(out, "a.bmp")] == [60, 60]
    assert only(go([source], out)).status == "skipped"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"saturation": 1.4}, "saturation 1.0, now 1.4"),
        ({"flip": False}, "flip on, now off"),
        ({"size": [192, 256]}, "size 256, now 192,256"),
        ({"weights": {"name": "vivid", "sha256": "2" * 64}}, "weights natural, now vivid"),
        ({"weights": {"name": "natural", "sha256": "2" * 64}}, "weights natural, now others of that name"),
        ({"reference": {"name": "aunt.jpg", "sha256": "3" * 64}}, "reference none, now aunt.jpg"),
        ({"points": ["0.5,0.5,red"]}, "points none, now 0.5,0.5,red"),
    ],
)
def test_other_settings(tmp_path, change, told):
    source, out = make(tmp_path / "album/a.jpg"), tmp_path / "out"
    go([source], out)
    outcome = only(go([source], out, SETTINGS | change))
    assert outcome.status == "failed"
    assert f"{out / 'a.jpg'}: was made with other settings: {told}; give --redo" in outcome.reason
    assert only(go([source], out)).status == "skipped"
    assert only(go([source], out, SETTINGS | change, redo=True)).status == "done"
    assert only(go([source], out, SETTINGS | change, redo=True)).status == "skipped"
    assert only(go([source], out)).status == "failed"


def test_a_result_that_was_edited_is_named_and_never_replaced(tmp_path):
    source, out = make(tmp_path / "album/a.bmp", 50), tmp_path / "out"
    go([source], out)
    times = os.stat(out / "a.bmp").st_mtime_ns
    make(out / "a.bmp", 70)
    for options in ({}, {"redo": True}, {"redo": True, "settings": SETTINGS | {"saturation": 2.0}}):
        outcome = only(go([source], out, **options))
        assert (outcome.status, "was changed since it was made" in outcome.reason) == ("failed", True)
    # With its old size and time put back a glance is deceived, but nothing is replaced on a glance.
    Image.new("RGB", (24, 16), (70, 70, 70)).save(out / "a.bmp")
    os.utime(out / "a.bmp", ns=(times, times))
    assert only(go([source], out, SETTINGS | {"saturation": 2.0}, redo=True)).status == "failed"
    assert level(out / "a.bmp") == 70


@pytest.mark.parametrize("content", ["text", "picture", "half", "empty", "folder", "link", "dangling"])
def test_what_colorlib_has_not_made_is_named_and_never_replaced(tmp_path, content):
    source, out, theirs = make(tmp_path / "album/a.jpg", 50), tmp_path / "out", tmp_path / "theirs.jpg"
    target = out / "a.jpg"
    out.mkdir()
    make(theirs, 99)
    if content == "text":
        target.write_text("my notes")
    elif content == "picture":
        make(target, 99)
    elif content == "half":
        target.write_bytes(theirs.read_bytes()[:200])
    elif content == "empty":
        target.touch()
    elif content == "folder":
        target.mkdir()
    else:
        target.symlink_to(theirs if content == "link" else tmp_path / "nowhere")
    before = target.read_bytes() if target.is_file() else None
    for redo in (False, True):
        outcome = only(go([source], out, redo=redo))
        assert outcome.status == "failed"
        assert str(target) in outcome.reason
        expected = "is in the way" if content in ("folder", "dangling") else "there is no record that colorlib made it"
        assert expected in outcome.reason
    assert (target.read_bytes() if target.is_file() else None) == before
    assert level(theirs) == 99


def test_a_damaged_record_is_no_traceback(tmp_path):
    """As a crash leaves it, or a curious editor; what can be read counts."""
    for name in ("a.jpg", "b.jpg"):
        make(tmp_path / "album" / name)
    go([tmp_path / "album"], tmp_path / "out")
    (journal,) = (tmp_path / "out" / FOLDER).iterdir()
    lines = journal.read_bytes()
    for cut in range(len(lines) - 400, len(lines)):
        journal.write_bytes(lines[:cut])
        outcomes = go([tmp_path / "album"], tmp_path / "out")
        assert outcomes["a.jpg"].status == "skipped"
        assert outcomes["b.jpg"].status == "failed"
        assert "no record" in outcomes["b.jpg"].reason
    journal.write_bytes(lines)
    strange = [b"\xff\xfe", b"[" * 100000, b"{}", b"[1]", b'{"by": 1}', b"null", b'{"settings": 3, "name": []}']
    (journal.parent / "strange.jsonl").write_bytes(b"\n".join(strange) + b'\n{"result": "a.jpg"')
    (journal.parent / "folder.jsonl").mkdir()
    assert {o.status for o in go([tmp_path / "album"], tmp_path / "out").values()} == {"skipped"}


def test_a_record_says_how_the_result_was_made(tmp_path):
    source = make(tmp_path / "album/sub/ä\n.jpg")
    go([tmp_path / "album"], tmp_path / "out")
    ledger = Ledger(tmp_path / "out")
    ledger.refresh()
    (record,) = ledger.of("sub/ä\n.jpg")
    assert (record.source, record.settings) == (str(source), SETTINGS)
    assert record.sha256 == sha256_of(source)
    assert record.made_sha256 == sha256_of(tmp_path / "out/sub/ä\n.jpg")
    assert record.version[0].isdigit()
    (journal,) = (tmp_path / "out" / FOLDER).iterdir()
    assert all(json.loads(line) for line in journal.read_text().splitlines() if line)


def test_twenty_thousand_results_are_planned_and_skipped_in_seconds(tmp_path, hashed):
    """As many links to one photograph and one result, with the records that a run would have left."""
    count, source, out = 20_000, make(tmp_path / "album/0/00000.jpg"), tmp_path / "out"
    go([tmp_path / "album"], out, thumbnails=False)
    ledger = Ledger(out)
    ledger.refresh()
    (record,) = ledger.of("0/00000.jpg")
    for number in range(1, count):
        name = f"{number % 50}/{number:05}.jpg"
        for folder, original in ((tmp_path / "album", source), (out, out / "0/00000.jpg")):
            (folder / name).parent.mkdir(exist_ok=True)
            os.link(original, folder / name)
    stamp = fingerprint.stamp(source)  # a link is a change
    names = [f"{number % 50}/{number:05}.jpg" for number in range(count)]
    one = record.__class__
    with (out / FOLDER / "made.jsonl").open("wb") as file:
        for name in names:
            about = (record.sha256, record.made, record.made_sha256, record.settings, record.version)
            file.write(one(name, str(tmp_path / "album" / name), stamp, *about).lines())
    start = time.process_time()
    outcomes = go([tmp_path / "album"], out, thumbnails=False)
    took = time.process_time() - start
    assert {outcome.status for outcome in outcomes.values()} == {"skipped"}
    assert (len(outcomes), hashed) == (count, [])
    assert took < 10  # seconds of this process; 4 here
