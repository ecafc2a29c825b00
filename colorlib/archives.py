"""The archives of photographs that fastai knows, verified after the download."""

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path

__all__ = ["ARCHIVES", "untar"]

# Our name -> the name of its address in fastai's URLs.
ARCHIVES = {"coco-sample": "COCO_SAMPLE", "imagenette-160": "IMAGENETTE_160", "imagenette-320": "IMAGENETTE_320"}


def untar(name: str) -> Path:
    """Download and unpack one of fastai's archives, verified after the download.

    fastai compares size and hash of an archive it already has; whether what just came over the network is whole
    must not depend on that. A damaged archive is deleted, so that the next call starts afresh.

    Parameters
    ----------
    name : {"coco-sample", "imagenette-160", "imagenette-320"}
        About 3.2 GB, 99 MB and 342 MB.

    Returns
    -------
    Path
        The unpacked folder, where fastai keeps its data.

    Raises
    ------
    ValueError
        For an unknown name, or when the archive is damaged (the message names the file).
    ConnectionError
        When nothing could be downloaded.

    References
    ----------
    Lin et al. 2014 (COCO); Howard and Gugger 2020 (fastai, its sample of COCO, and imagenette).
    """
    if name not in ARCHIVES:
        raise ValueError(f"there is no archive {name!r}: choose one of {', '.join(ARCHIVES)}, or give a folder")
    import fastai.data  # here, because it is slow to import and most runs download nothing
    from fastai.data.external import URLs, fastai_cfg
    from fastdownload import FastDownload, download_url, path_stats

    url = getattr(URLs, ARCHIVES[name])
    store = FastDownload(fastai_cfg(), module=fastai.data, base="~/.fastai")
    archive = store.arch_path() / url.rsplit("/", 1)[1]
    folder = store.data_path("data", archive)
    if folder.exists():
        return folder  # unpacked into a temporary folder and renamed at the end: it is complete
    archive.parent.mkdir(parents=True, exist_ok=True)
    expected = _expected_stats(url)
    remedy = "deleted it; run again to download it anew, or set COLORLIB_DATA to a folder of photographs"
    if not archive.exists() or path_stats(archive) != expected:
        try:
            download_url(url, archive)
        except OSError as error:
            raise ConnectionError(
                f"could not download {url} ({error}): set COLORLIB_DATA to a folder of photographs, or to 'package'"
            ) from error
    if path_stats(archive) != expected:
        size = archive.stat().st_size
        archive.unlink()
        raise ValueError(f"{archive} is damaged ({size} bytes, expected {expected[0]}, or another hash): {remedy}")
    try:
        # The hash covers the first megabyte; gzip's own checksum covers the rest, when everything is read.
        with gzip.open(archive) as whole:
            while whole.read(2**20):
                pass
        return Path(store.extract(url))
    except (OSError, EOFError, zlib.error, tarfile.TarError, shutil.ReadError) as error:
        archive.unlink()
        raise ValueError(f"{archive} cannot be unpacked ({error}): {remedy}") from error


def _expected_stats(url: str) -> tuple[int, str]:
    """Size in bytes and md5 of the first megabyte that fastai has on record for an archive."""
    import fastai.data
    from fastdownload.core import checks_module, read_checks

    return read_checks(checks_module(fastai.data))[url]
