"""The folder of a study: it gives no method away, strange names are harmless, misfits are refused."""

import hashlib
import json
import re
from collections import Counter
from importlib import resources

import numpy as np
import pytest
from PIL import Image

from colorlib.study.design import DESIGNS
from colorlib.study.pictures import false_colors, same_size
from colorlib.study.site import new_study


def published(folder):
    """Every file that participants can see."""
    return [path for path in (folder / "site").rglob("*") if path.is_file()]


@pytest.mark.parametrize("design", DESIGNS)
def test_nothing_that_is_published_gives_a_method_or_a_picture_away(make_study, methods, design):
    folder, key = make_study(design)
    assert sorted(path.name for path in folder.iterdir()) == ["key.json", "site"]
    words = [*methods, "alpha", "beta", "rose", "boat", "onclick=alert", "onerror", key["token"]]
    for path in published(folder):
        name, content = path.name.lower(), path.read_bytes()
        assert not any(word.lower() in name for word in words), path
        if path.suffix == ".jpg":
            content = bytes(content[:400])  # beyond the head there are pixels
        if path.name != "jspsych.min.js":
            assert not [word for word in words if word.encode() in content], path
    data = (folder / "site" / "data.js").read_text()
    assert "check" not in data
    assert "original" not in data


def test_pictures_look_alike_from_outside(make_study, methods):
    folder, key = make_study()
    files = sorted((folder / "site" / "pictures").iterdir())
    assert [path.name for path in files] == sorted(key["pictures"])
    assert {path.stat().st_mtime for path in files} == {0}
    for path in files:
        assert re.fullmatch(r"[0-9a-f]{16}\.jpg", path.name)
        with Image.open(path) as image:
            assert image.format == "JPEG"
            assert not image.getexif()
            assert {"exif", "comment", "icc_profile"}.isdisjoint(image.info)
            assert image.size == (360, 240)
    saved = Counter(entry["method"] for entry in key["pictures"].values())
    assert all(saved[method] >= 4 for method in methods)
    assert saved["check"] == saved["original"] == 1


def test_the_page_knows_what_the_key_knows_by_number_only(make_study):
    folder, key = make_study(seconds=3.0)
    text = (folder / "site" / "data.js").read_text()
    data = json.loads(text.removeprefix("window.STUDY = ").removesuffix(";\n"))
    assert data["id"] == key["study"]
    assert data["seconds"] == 3.0
    for slot, planned in zip(data["slots"], key["slots"], strict=True):
        shown = [[data["pictures"][place] for place in places] for _, places in slot]
        assert shown == [files for _, files in planned]
        assert [bool(practice) for practice, _ in slot] == [kind == "practice" for kind, _ in planned]
    assert (folder / "key.json").stat().st_mode & 0o077 == 0


def test_the_page_fetches_nothing_and_needs_nobody(make_study):
    folder, _ = make_study()
    page = (folder / "site" / "index.html").read_text()
    there = {path.name for path in published(folder)}
    assert set(re.findall(r'(?:src|href)="([^":]+)"', page)) <= there
    assert "http" not in page
    assert "<script>" not in page
    script = (folder / "site" / "study.js").read_text()
    assert re.findall(r"fetch\((.+?),", script) == ["SERVER.answers"]


def test_consent_is_text(make_study):
    folder, _ = make_study(consent="Hello <script>alert(1)</script>\n\nand {{ design }}")
    page = (folder / "site" / "index.html").read_text()
    assert "<p>Hello &lt;script&gt;alert(1)&lt;/script&gt;</p>" in page
    assert "<p>and {{ design }}</p>" in page


def test_a_picture_that_a_method_lacks_is_left_out_and_said(folders, tmp_path):
    some = tmp_path / "some"
    some.mkdir()
    for name in ("rose", "boat", "tree"):
        (some / f"{name}.png").write_bytes((folders / "alpha" / f"{name}.png").read_bytes())
    options = {"practice": 0, "checks": 0, "participants": 2}
    plan, notes = new_study(tmp_path / "s", folders / "truth", {"A": some}, DESIGNS[0], **options)
    assert {s.picture for s in plan.stimuli} == {"rose", "boat", "tree"}
    assert "deep/inside is left out: there is none from A" in notes
    Image.new("RGB", (9, 9)).save(tmp_path / "other.png")
    with pytest.raises(ValueError, match="has a version from every method"):
        new_study(tmp_path / "t", tmp_path, {"A": folders / "beta"}, DESIGNS[0], **options)


def test_two_files_of_one_name_are_refused(folders, tmp_path):
    for suffix in (".png", ".jpg"):
        Image.new("RGB", (120, 80)).save(tmp_path / f"rose{suffix}")
    with pytest.raises(ValueError, match=r"rose\.jpg and rose\.png have one name"):
        new_study(tmp_path / "s", folders / "truth", {"A": tmp_path}, DESIGNS[0])


def test_sizes_are_reconciled_downwards_or_refused():
    versions = {"original": Image.new("RGB", (2400, 1600)), "A": Image.new("RGB", (1500, 1001))}
    assert {image.size for image in same_size(versions, "x").values()} == {(1000, 667)}
    small = {"original": Image.new("RGB", (240, 160)), "A": Image.new("RGB", (120, 80))}
    assert {image.size for image in same_size(small, "x").values()} == {(120, 80)}
    square = {"original": Image.new("RGB", (240, 160)), "A": Image.new("RGB", (256, 256))}
    with pytest.raises(ValueError, match="x: A is 256 x 256 pixels and original 240 x 160, another shape"):
        same_size(square, "x")


def test_false_colours_are_far_from_any_photograph():
    grey = Image.fromarray(np.full((10, 20, 3), 128, dtype=np.uint8))
    false = np.asarray(false_colors(grey)).astype(int)
    assert (false[:, :10, 0] - false[:, :10, 1]).min() > 100
    assert (false[:, 10:, 1] - false[:, 10:, 0]).min() > 100


def test_a_study_appears_whole_or_not_at_all(folders, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("rose", "boat"):
        (broken / f"{name}.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="cannot be read"):
        new_study(tmp_path / "s", folders / "truth", {"A": broken}, DESIGNS[0], practice=0, checks=0)
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]
    with pytest.raises(FileExistsError, match="is there already"):
        new_study(broken, folders / "truth", {"A": broken}, DESIGNS[0])
    assert len(list(broken.iterdir())) == 2


def test_what_is_vendored_is_what_its_note_says():
    static = resources.files("colorlib.study") / "static"
    for entry in json.loads((static / "vendored.json").read_text("utf8")):
        content = (static / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert f"{entry['package']}@{entry['version']}".encode() in content[-200:]
        assert "MIT License" in (static / entry["license_file"]).read_text("utf8")
        assert entry["license"] == "MIT"
