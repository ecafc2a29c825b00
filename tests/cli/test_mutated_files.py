"""What `cli.mutated_files` promises."""

import time
import warnings

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from colorlib.album.run import AlbumColorizer, plan
from colorlib.colorize.colorizer import Colorizer
from colorlib.images.decode import opened
from colorlib.models.unet import UNet
from helpers.hostile import ARGUMENTS, files

# --- mutated files, through everything that happens to one; in this process, for speed ---


def originals(folder):
    """A small picture in each format, and in the modes that take their own way through the decoders."""
    ramp = np.add.outer(np.arange(12), np.arange(16)) * 9
    grey, rgb = Image.fromarray(ramp.astype(np.uint8)), Image.merge("RGB", [Image.fromarray(ramp.astype(np.uint8))] * 3)
    deep = Image.fromarray((ramp * 257).astype(np.uint16))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a caption"
    saved = {
        "a.jpg": (rgb, {"exif": exif, "dpi": (300, 300)}),
        "b.jpg": (rgb.convert("CMYK"), {}),
        "c.png": (grey.convert("P"), {"transparency": 3}),
        "d.png": (deep, {}),
        "e.tif": (rgb, {"compression": "tiff_lzw", "save_all": True, "append_images": [grey]}),
        "f.tif": (deep, {"compression": "tiff_adobe_deflate"}),
        "g.webp": (rgb.convert("RGBA"), {}),
        "h.gif": (grey, {"save_all": True, "append_images": [grey.rotate(90), grey.rotate(180)]}),
        "i.bmp": (grey, {}),
    }
    for name, (image, options) in saved.items():
        image.save(folder / name, **options)
    return {name: (folder / name).read_bytes() for name in saved}


def test_mutated_files_crash_nothing(tmp_path):
    """Whatever bytes a file has, it is coloured, or it fails with one line that names it; nothing else is left."""
    (tmp_path / "album").mkdir()
    data = originals(tmp_path / "album")
    out, source = tmp_path / "out", tmp_path / "album"
    for path in source.iterdir():
        path.unlink()
    colorizer = AlbumColorizer(Colorizer(UNet(**ARGUMENTS).eval(), size=16), out)
    what = st.sampled_from(["byte", "cut", "double", "word"])
    mutation = st.tuples(st.floats(0, 1), what, st.binary(min_size=4, max_size=4))
    end, statuses = time.process_time() + 20, set()

    @settings(
        max_examples=3000, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(st.sampled_from(sorted(data)), st.lists(mutation, min_size=1, max_size=6))
    def mutate(name, mutations):
        if time.process_time() > end:
            return
        changed = bytearray(data[name])
        for part, what, value in mutations:
            place = int(part * (len(changed) - 1))
            if what == "byte":
                changed[place] = value[0]
            elif what == "word":
                changed[place : place + 4] = value
            elif what == "double":
                changed[place:place] = changed[place : place + 64]
            elif place:
                del changed[place:]
        (source / name).write_bytes(changed)
        try:
            outcome = colorizer(plan([source / name], out)[0])
            statuses.add(outcome.status)
            results = files(out)
            assert results == ([name] if outcome.status == "done" else [])
            if outcome.status == "done":
                with opened(out / name) as image:  # a damaged header may claim more pixels than Pillow alone opens
                    image.load()
            else:
                assert outcome.status == "failed"
                assert name in outcome.reason
                assert "\n" not in outcome.reason
        finally:
            for path in (source / name, out / name):
                path.unlink(missing_ok=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow and ours: damaged EXIF data, a profile that does not fit
        mutate()
    assert statuses == {"done", "failed"}
