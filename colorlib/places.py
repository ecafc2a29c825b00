"""Files and folders wherever pyarrow reaches: on this machine, in a bucket of S3 or Google, on HDFS."""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from colorlib.extras import install_hint

try:
    import pyarrow as pa
    from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem
except ImportError as error:
    raise ModuleNotFoundError(f"addresses need the extra `archive` ({error}): {install_hint('archive')}") from error

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
            raise ValueError(f"{address}: cannot be reached ({error}); give a folder, s3://... or gs://...") from error
        return cls(filesystem, path.rstrip("/"), address.split("://")[0] + "://")

    def __str__(self) -> str:
        return self.scheme + self.path

    def __truediv__(self, name: str) -> "Place":
        return replace(self, path=f"{self.path}/{name}")

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
        return [replace(self, path=path) for path in sorted(one.path for one in found if one.type == FileType.File)]

    def fetch(self, path: Path) -> None:
        """Copy the file to this machine."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.filesystem.open_input_stream(self.path, compression=None) as stream, path.open("wb") as file:
            shutil.copyfileobj(stream, file)

    def put(self, path: Path) -> None:
        """Write a file of this machine here; it appears when it is complete."""
        folder, _, name = self.path.rpartition("/")
        direct = self.filesystem.type_name in OBJECT_STORES
        written = self.path if direct else f"{folder}/.{os.getpid()}.part.{name}"
        if not direct:
            self.filesystem.create_dir(folder, recursive=True)
        with path.open("rb") as file, self.filesystem.open_output_stream(written, compression=None) as stream:
            shutil.copyfileobj(file, stream)
        if not direct:
            self.filesystem.move(written, self.path)
