"""Files and folders wherever pyarrow reaches: here, in a bucket of S3 or Google, on HDFS."""

import hashlib
import io
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from colorlib._atomic import already_there, atomic
from colorlib.album.fingerprint import Stamp
from colorlib.settings import install_hint

try:
    import pyarrow as pa
    from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem
except ImportError as error:
    raise ModuleNotFoundError(
        f"addresses need the extra `archive` ({error}): {install_hint('archive')}"
    ) from error
__all__ = ["Place", "RemoteJob"]

OBJECT_STORES = ("s3", "gcs", "abfs")  # what is written there appears when it is complete


@dataclass(frozen=True)
class Place:
    """A file or a folder on any file system that pyarrow knows."""

    filesystem: FileSystem
    path: str
    scheme: str

    @classmethod
    def of(cls, address: str) -> "Place":
        """Return the place of an address such as s3://bucket/folder, or of a path."""
        if "://" not in address:
            return cls(LocalFileSystem(), str(Path(address).absolute()), "")
        try:
            filesystem, path = FileSystem.from_uri(address)
        except (pa.ArrowException, ImportError) as error:
            raise ValueError(
                f"{address}: cannot be reached ({error}); give a folder, s3://... or gs://..."
            ) from error
        return cls(filesystem, path.rstrip("/"), address.split("://")[0] + "://")

    def __str__(self) -> str:
        return self.scheme + self.path

    def __truediv__(self, name: str) -> "Place":
        return replace(self, path=f"{self.path}/{name}")

    @property
    def local(self) -> Path | None:
        """The path, when it is one on this machine."""
        return Path(self.path) if isinstance(self.filesystem, LocalFileSystem) else None

    def exists(self) -> bool:
        """Return whether there is a file or a folder."""
        return self.filesystem.get_file_info(self.path).type != FileType.NotFound

    def files(self) -> list["Place"]:
        """List the files at and below this place, sorted; none when there is nothing."""
        info = self.filesystem.get_file_info(self.path)
        if info.type == FileType.NotFound:
            return []
        found = [info]
        if info.type == FileType.Directory:
            found = self.filesystem.get_file_info(FileSelector(self.path, recursive=True))
        return [
            replace(self, path=path)
            for path in sorted(one.path for one in found if one.type == FileType.File)
        ]

    def fetch(self, path: Path) -> None:
        """Copy the file to this machine."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            self.filesystem.open_input_stream(self.path, compression=None) as stream,
            path.open("wb") as file,
        ):
            shutil.copyfileobj(stream, file)

    def read(self) -> bytes:
        """Return what is in the file."""
        with self.filesystem.open_input_stream(self.path, compression=None) as stream:
            return stream.read()

    def stamp(self) -> Stamp:
        """Return the size of the file, and when it was written."""
        info = self.filesystem.get_file_info(self.path)
        if info.type == FileType.NotFound:
            raise FileNotFoundError(f"{self}: no such file")
        return Stamp(info.size, info.mtime_ns or 0)

    def sha256(self) -> str:
        """Return the sha256 of the file in hexadecimal."""
        digest = hashlib.sha256()
        with self.filesystem.open_input_stream(self.path, compression=None) as stream:
            while block := stream.read(2**20):
                digest.update(block)
        return digest.hexdigest()

    def put(self, path: Path, replace: bool = True) -> None:
        """Copy a file of this machine here; it appears complete, replacing or not as `atomic`."""
        with path.open("rb") as file:
            self._write(file, replace)

    def write(self, data: bytes) -> None:
        """Write bytes here; they appear when they are complete, and replace what is there."""
        self._write(io.BytesIO(data), replace=True)

    def _write(self, file: IO[bytes], replace: bool) -> None:
        if path := self.local:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic(path, replace) as temporary, temporary.open("wb") as stream:
                shutil.copyfileobj(file, stream)
            return
        # asked as late as can be: no other system tells the second of two
        if not replace and self.exists():
            raise already_there(self)
        folder = self.path.rpartition("/")[0]
        direct = self.filesystem.type_name in OBJECT_STORES
        written = self.path if direct else f"{folder}/.colorlib-{secrets.token_hex(8)}.part"
        if not direct:
            self.filesystem.create_dir(folder, recursive=True)
        with self.filesystem.open_output_stream(written, compression=None) as stream:
            shutil.copyfileobj(file, stream)
        if not direct:
            self.filesystem.move(written, self.path)


@dataclass(frozen=True)
class RemoteJob:
    """A photograph to colorize, as `outcome.Job`, with places instead of paths."""

    source: Place
    target: Place
    name: str
