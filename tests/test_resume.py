"""A result that is there is skipped only if it is what the run would make; what differs is named, nothing is lost."""

import json
import os
import shutil
import threading
import time

import numpy as np
import pytest
from PIL import Image

from colorlib import fingerprint, resume
from colorlib.contact import ALREADY_THERE, thumbnails
from colorlib.files import Painter, Report, plan, run
from colorlib.ledger import FOLDER, Ledger

SETTINGS = {"weights": {"name": "natural", "sha256": "1" * 64}, "size": [256], "saturation": 1.0, "flip": True}


def make(path, level=100, side=16):
    """Write a small grey picture; its level is the mark that survives colouring."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (24, side), level).save(path)
    return path


def paint(page):
    return np.dstack([page] * 3)


def level(path):
    with Image.open(path) as image:
        return round(float(np.asarray(image.convert("L")).mean()))


def go(inputs, out, settings=SETTINGS, paint=paint, workers=1, **options):
    """One run into a folder; what became of each photograph, by the name of its result."""
    report = Report()
    painter = Painter(paint, out, settings=settings, **options)
    for _ in run(painter, plan(inputs, out), report, workers):
        pass
    return {outcome.job.name: outcome for outcome in report.outcomes}


def only(outcomes):
    (outcome,) = outcomes.values()
    return outcome


@pytest.fixture
def hashed(monkeypatch):
    """The files whose contents are compared with a record, in order."""
    paths = []
    monkeypatch.setattr(resume, "sha256", lambda path: paths.append(path) or fingerprint.sha256(path))
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
    assert record.sha256 == fingerprint.sha256(source)
    assert record.made_sha256 == fingerprint.sha256(tmp_path / "out/sub/ä\n.jpg")
    assert record.version[0].isdigit()
    (journal,) = (tmp_path / "out" / FOLDER).iterdir()
    assert all(json.loads(line) for line in journal.read_text().splitlines() if line)


# --- a source that changes ---


def book(path, levels):
    pages = [Image.new("L", (30, 20), value) for value in levels]
    path.parent.mkdir(parents=True, exist_ok=True)
    pages[0].save(path, save_all=True, append_images=pages[1:])


@pytest.mark.parametrize("how", ["replaced", "rewritten", "removed", "touched", "replaced at the last page"])
def test_a_photograph_that_changes_while_it_is_read_fails(tmp_path, how):
    source, out, pages = tmp_path / "album/book.tif", tmp_path / "out", []
    book(source, [10, 20, 30])
    os.utime(source, (1e9, 1e9))

    def changing(page):
        pages.append(page)
        if len(pages) == (3 if "last" in how else 1):
            if how.startswith("replaced"):
                book(tmp_path / "other.tif", [110, 120, 130])
                os.utime(tmp_path / "other.tif", (1e9, 1e9))
                os.replace(tmp_path / "other.tif", source)
            elif how == "rewritten":
                book(source, [110, 120, 130])
            elif how == "removed":
                source.unlink()
            else:
                os.utime(source)
        return paint(page)

    outcome = only(go([source], out, paint=changing))
    assert outcome.status == "failed"
    assert f"{source} was changed meanwhile" in outcome.reason
    assert [path for path in out.rglob("*") if path.is_file()] == []


def test_a_change_within_one_tick_of_the_clock_is_noticed(tmp_path, monkeypatch):
    """Size, time and place are the same; the file was written a moment ago, so its content is looked at."""
    source = make(tmp_path / "album/a.bmp", 50)
    real = fingerprint._identity(source)
    monkeypatch.setattr(fingerprint, "_identity", lambda path: real)
    monkeypatch.setattr(time, "time_ns", lambda: real[-2] + 1000)

    def changing(page):
        make(source, 60)
        return paint(page)

    outcome = only(go([source], tmp_path / "out", paint=changing))
    assert (outcome.status, "was changed meanwhile" in outcome.reason) == ("failed", True)


def test_a_result_that_is_edited_while_it_is_made_anew_stays(tmp_path):
    source, out = make(tmp_path / "album/a.bmp", 50), tmp_path / "out"
    go([source], out)

    def meanwhile(page):
        make(out / "a.bmp", 70)
        return paint(page)

    outcome = only(go([source], out, SETTINGS | {"flip": False}, meanwhile, redo=True))
    assert (outcome.status, level(out / "a.bmp")) == ("failed", 70)


# --- many ---


def test_long_names_that_begin_alike_and_several_workers(tmp_path):
    """Each result is of its own photograph."""
    long = "Photographs of the estate, third box, page"
    for number in range(40):
        make(tmp_path / f"album/{long} {number:03}.png", 5 * number + 20)

    def slow(page):
        time.sleep(0.01 * (page[0, 0] % 3))
        return paint(page)

    outcomes = go([tmp_path / "album"], tmp_path / "out", paint=slow, workers=4)
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    for number in range(40):
        assert level(tmp_path / f"out/{long} {number:03}.png") == 5 * number + 20
        before, after = thumbnails(tmp_path / "out", f"{long} {number:03}.png")
        assert abs(level(before) - 5 * number - 20) < 3
        assert abs(level(after) - 5 * number - 20) < 3


def test_two_runs_at_once_of_albums_with_the_same_names(tmp_path):
    """One of them has the result and the thumbnails, the other is told."""
    barrier, became = threading.Barrier(2), {}

    def wait(page):
        barrier.wait()
        return paint(page)

    def one(album, value):
        source = make(tmp_path / album / "0001.png", value)
        became[value] = only(go([source], tmp_path / "out", paint=wait))

    threads = [threading.Thread(target=one, args=pair) for pair in (("x", 50), ("y", 200))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [value for value in became if became[value].status == "done"]
    (lost,) = [value for value in became if became[value].status == "failed"]
    assert "already there and not overwritten" in became[lost].reason
    assert level(tmp_path / "out/0001.png") == won
    assert all(abs(level(path) - won) < 3 for path in thumbnails(tmp_path / "out", "0001.png"))
    again = only(go([tmp_path / ("x" if lost == 50 else "y")], tmp_path / "out"))
    assert "is of another photograph" in again.reason


def test_a_file_that_appears_while_its_name_is_worked_on_stays(tmp_path):
    source = make(tmp_path / "album/a.png", 50)

    def meanwhile(page):
        make(tmp_path / "out/a.png", 99)
        return paint(page)

    outcome = only(go([source], tmp_path / "out", paint=meanwhile))
    assert (outcome.status, level(tmp_path / "out/a.png")) == ("failed", 99)
    assert f"{tmp_path / 'out/a.png'}: already there and not overwritten" in outcome.reason


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
