"""The archives of photographs that fastai knows, verified after the download."""

import gzip
import tarfile
import tempfile
import zlib
from pathlib import Path

from colorlib._atomic import atomic, sha256_of

__all__ = ["ARCHIVES", "unpack", "untar"]

# Our name -> the name of its address in fastai's URLs.
ARCHIVES = {
    "coco-sample": "COCO_SAMPLE",
    "imagenette-160": "IMAGENETTE_160",
    "imagenette-320": "IMAGENETTE_320",
}


def untar(name: str) -> Path:
    """Download and unpack one of fastai's archives, verified after the download.

    What is known of an archive beforehand is fastai's: its size, and the md5 of its first megabyte.
    That finds damage, not malice: who controls the address can pass both. The sha256 of the whole
    file is therefore noted beside it the first time it could be unpacked, and every later download
    must have the same. A damaged archive is deleted, so that the next call starts afresh.

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
        For an unknown name, or when the archive is damaged, holds what would lie outside its
        folder, or is another file than at the first download (the message names the file).
    ConnectionError
        When nothing could be downloaded.
    RuntimeError
        In a Python older than 3.11.4, before anything is downloaded.

    References
    ----------
    Lin et al. 2014 (COCO); Howard and Gugger 2020 (fastai, its sample of COCO, and imagenette).
    """
    if name not in ARCHIVES:
        raise ValueError(
            f"there is no archive {name!r}: choose one of {', '.join(ARCHIVES)}, or give a folder"
        )
    if not hasattr(tarfile, "data_filter"):
        raise RuntimeError(
            "this Python cannot unpack archives safely: 3.11.4 or later can, or set COLORLIB_DATA"
        )
    import fastai.data  # here, because it is slow to import and most runs download nothing
    from fastai.data.external import URLs, fastai_cfg
    from fastdownload import FastDownload, download_url, path_stats

    url = getattr(URLs, ARCHIVES[name])
    store = FastDownload(fastai_cfg(), module=fastai.data, base="~/.fastai")
    archive = store.arch_path() / url.rsplit("/", 1)[1]
    folder = store.data_path("data", archive)
    if folder.exists():
        return folder  # unpacked into a temporary folder and renamed at the end: it is complete
    # Fetch: unless an archive is there that is as large as fastai says, and begins alike.
    archive.parent.mkdir(parents=True, exist_ok=True)
    expected = _expected_stats(url)
    remedy = (
        "deleted it; run again to download it anew, or set COLORLIB_DATA to a folder of photographs"
    )
    if not archive.exists() or path_stats(archive) != expected:
        try:
            download_url(url, archive)
        except OSError as error:
            raise ConnectionError(
                f"could not download {url} ({error}): set COLORLIB_DATA to a folder of "
                "photographs, or to 'package'"
            ) from error
    if path_stats(archive) != expected:
        size = archive.stat().st_size
        archive.unlink()
        raise ValueError(
            f"{archive} is damaged "
            f"({size} bytes, expected {expected[0]}, or another hash): {remedy}"
        )
    # Compare the whole file with the one that was downloaded first.
    first = archive.with_name(f"{archive.name}.sha256")
    sha256 = sha256_of(archive)
    if first.exists() and (trusted := first.read_text(encoding="ascii").split()[0]) != sha256:
        archive.unlink()
        raise ValueError(
            f"{archive} is another file than the one that was first downloaded (sha256 {sha256}, "
            f"in {first} "
            f"{trusted}): {remedy}. If the new one is right, delete {first}"
        )
    # Unpack, and trust from now on what could be unpacked.
    try:
        # fastai's hash covers the first megabyte; gzip's own checksum covers the rest, when
        # everything is read.
        with gzip.open(archive) as whole:
            while whole.read(2**20):
                pass
        unpack(archive, folder)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        archive.unlink()
        raise ValueError(f"{archive} cannot be unpacked ({error}): {remedy}") from error
    with atomic(first) as temporary:
        temporary.write_text(f"{sha256}  {archive.name}\n", encoding="ascii")
    return folder


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive of photographs; nothing it holds can reach outside the folder.

    Parameters
    ----------
    archive : Path
        A tar file, compressed or not. When all it holds is one folder, that one becomes `folder`.
    folder : Path
        Made, whole or not at all. It must not exist yet.

    Raises
    ------
    tarfile.TarError
        If it is no tar file, or a member would lie outside, links to the outside, or is a device.
    OSError
        If it cannot be read, or there is no room.

    References
    ----------
    PEP 706 (the filter "data" of `tarfile`).
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as temporary:
        unpacked = Path(temporary) / "unpacked"
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        inside = list(unpacked.iterdir())
        (inside[0] if len(inside) == 1 and inside[0].is_dir() else unpacked).rename(folder)


def _expected_stats(url: str) -> tuple[int, str]:
    """Size in bytes and md5 of the first megabyte that fastai has on record for an archive."""
    import fastai.data
    from fastdownload.core import checks_module, read_checks

    return read_checks(checks_module(fastai.data))[url]
