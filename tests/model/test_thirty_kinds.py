"""Thirty further kinds of files, names and sequences: each picture has its own result, or is named."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from marks import Mark, stamp, tint_weights
from model_albums import LONG, Source, read_result
from PIL import Image
from zygote import Call

MARK = Mark(5)


def saved(mode, format, **options):
    """The bytes of the marked picture in some mode and format."""
    file, image = io.BytesIO(), Image.fromarray(stamp(MARK))
    if mode == "I;16B":
        image = Image.fromarray(stamp(MARK, np.uint16).astype(">u2"), "I;16B")
    elif mode == "1":  # black and white alone, which a mark is but for its two greys
        image = image.point(lambda value: 255 * (value > 128)).convert("1")
    elif mode == "CMYK":
        image = Image.merge("CMYK", [*[Image.new("L", image.size)] * 3, image.point(lambda value: 255 - value)])
    else:
        image = image.convert(mode)
    image.save(file, format, **options)
    return file.getvalue()


def oriented(value, turns):
    """A JPEG that is stored turned."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = value
    Image.fromarray(np.rot90(stamp(MARK), turns)).save(file, "JPEG", exif=exif)
    return file.getvalue()


FILES = {  # name of the file -> its bytes
    "one-bit.png": lambda: saved("1", "PNG"),
    "fax.tif": lambda: saved("1", "TIFF", compression="group4"),
    "palette.tif": lambda: saved("P", "TIFF"),
    "print.jpg": lambda: saved("CMYK", "JPEG", quality=95),
    "packbits.tiff": lambda: saved("L", "TIFF", compression="packbits"),
    "deflate.tif": lambda: saved("RGB", "TIFF", compression="tiff_deflate"),
    "jpeg in.tif": lambda: saved("RGB", "TIFF", compression="jpeg", quality=95),
    "big.tif": lambda: saved("L", "TIFF", big_tiff=True),
    "lossless.webp": lambda: saved("RGB", "WEBP", lossless=True),
    "clear.webp": lambda: saved("RGBA", "WEBP", lossless=True),
    "indexed.bmp": lambda: saved("P", "BMP"),
    "interleaved.jpg": lambda: saved("RGB", "JPEG", subsampling=2, quality=90),
    "tables.jpg": lambda: saved("L", "JPEG", optimize=True, restart_marker_blocks=1),
    "left.jpg": lambda: oriented(8, 3),
    "half turn.jpg": lambda: oriented(3, 2),
    "photo.avif": lambda: saved("RGB", "AVIF", quality=90),
    "photo.jp2": lambda: saved("L", "JPEG2000"),
    "photo.jfif": lambda: saved("L", "JPEG"),
    "IMG_0001.HEIC": lambda: saved("L", "JPEG"),
    "scan.dat": lambda: saved("L", "TIFF"),
    "picture.txt": lambda: saved("L", "PNG"),
    "n" * 251 + ".jpg": lambda: saved("L", "JPEG"),
    "\U0001f469‍\U0001f467" * 14 + ".png": lambda: saved("L", "PNG"),
    "CON.jpg": lambda: saved("L", "JPEG"),
    "a b\t.png": lambda: saved("L", "PNG"),
    "photo.jpg.png": lambda: saved("L", "PNG"),
    "no-text-\udce9.jpg": lambda: saved("L", "JPEG"),
    "comma, 'quote'.gif": lambda: saved("L", "GIF"),
    "$(touch x).tif": lambda: saved("L", "TIFF"),
    "report.csv.png": lambda: saved("L", "PNG"),
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tint_weights(tmp_path_factory.mktemp("weights") / "warm.safetensors", "warm")


def call(tmp_path, weights, *inputs, **more):
    arguments = [
        "colorize",
        *map(str, inputs),
        "--out",
        str(tmp_path / "out"),
        "--weights",
        str(weights),
        "--jobs",
        "4",
    ]
    return Call(arguments, watched=str(tmp_path / "out"), **more)


def hidden_or_ours(path, out):
    name = path.relative_to(out).as_posix()
    return name.startswith((".colorlib/", "contact-sheet")) or name in ("report.csv", "left-out.csv")


@pytest.mark.parametrize("name", FILES, ids=lambda name: name.encode("ascii", "replace").decode()[:20])
def test_a_picture_of_any_kind_has_its_own_result(tmp_path, zygote, weights, name):
    (tmp_path / "in").mkdir()
    content = FILES[name]()
    (tmp_path / "in" / name).write_bytes(content)
    answer = zygote.run(call(tmp_path, weights, tmp_path / "in"))[0]
    assert answer.code == 0, answer
    found = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    (result,) = [path for path in found if not hidden_or_ours(path, tmp_path / "out")]
    assert result.name.startswith(name.rpartition(".")[0][:200]), result
    read = read_result(result)
    assert read.marks == [MARK], read
    assert read.tints[0] is not None or "one-bit" in name or "fax" in name
    assert (tmp_path / "in" / name).read_bytes() == content


@pytest.mark.parametrize("how", ["fifo", "dangling", "folder", "loop", "device"])
def test_what_is_no_file_is_named_and_not_waited_for(tmp_path, zygote, weights, how):
    Source("in", "q001z.jpg", "jpeg", 1).write(tmp_path)
    path = tmp_path / "in" / "q002z.jpg"
    make = {
        "fifo": lambda: os.mkfifo(path), "dangling": lambda: path.symlink_to("nowhere"),
        "folder": path.mkdir, "loop": lambda: path.symlink_to(path.name),
        "device": lambda: path.symlink_to("/dev/zero"),
    }  # fmt: skip
    make[how]()
    answer = zygote.run(call(tmp_path, weights, tmp_path / "in"))[0]
    assert "1 colorized" in answer.output, answer
    assert how == "folder" or ("q002z" in answer.output and answer.code == 1), answer


@pytest.mark.parametrize("pages", [2, 40])
def test_equal_process_ids_in_two_containers_mix_nothing(tmp_path, zygote, weights, pages):
    """As two workers of a Ray cluster in containers, or two machines: process id and host name say nothing."""
    start = (LONG * 5)[:190]
    sources = [Source("xy"[i % 2], f"{start}q{i:03}z.png", "png", i) for i in range(pages)]
    for source in sources:
        source.write(tmp_path)
    calls = [call(tmp_path, weights, tmp_path / folder, pid=7) for folder in "xy"]
    answers = zygote.run(*calls)
    wrong = [s for s in sources if not read_result(tmp_path / "out" / s.name).is_of(s, "warm", 1.0)]
    said = "".join(answer.output for answer in answers)
    assert not [source for source in wrong if source.token not in said], answers
    assert wrong or [answer.code for answer in answers] == [0, 0], answers
    assert not wrong, f"{wrong}\n{answers}"
