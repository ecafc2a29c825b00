"""A disk that fills in the middle of a picture: a short result is never called done, in any format."""

import numpy as np
import pytest
from PIL import Image

from colorlib.album.run import AlbumColorizer, Report, plan, run

resource = pytest.importorskip("resource", reason="Windows sets no limits")
FORMATS = {".jpg": "L", ".png": "L", ".tif": "L", ".webp": "RGB", ".gif": "L", ".bmp": "L"}


def colour(page):
    """Colour nothing: the picture as RGB."""
    return page[..., :1].repeat(3, 2) if page.ndim == 3 else page[..., None].repeat(3, 2)


def status(source, out, most):
    """What becomes of a photograph when no file may be larger than `most` bytes."""
    report, limits = Report(), resource.getrlimit(resource.RLIMIT_FSIZE)
    jobs = plan([source], out)
    jobs = getattr(jobs, "jobs", jobs)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        list(run(AlbumColorizer(colour, out, thumbnails=False), jobs, report))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    return report.outcomes[0].status


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("short", [1, 200, 5000])
def test_a_result_that_lost_its_end_is_no_result(tmp_path, suffix, short):
    noise = np.random.default_rng(1).integers(0, 255, (120, 160), np.uint8)
    (tmp_path / "in").mkdir()
    Image.fromarray(noise).convert(FORMATS[suffix]).save(tmp_path / f"in/a{suffix}")
    assert status(tmp_path / "in", tmp_path / "whole", resource.RLIM_INFINITY) == "done"
    size = (tmp_path / f"whole/a{suffix}").stat().st_size
    assert status(tmp_path / "in", tmp_path / "cut", size - short) == "failed"
    assert not (tmp_path / f"cut/a{suffix}").exists()
