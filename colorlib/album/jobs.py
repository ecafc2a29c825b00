"""What is to be done: one photograph, and where its result goes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """One photograph to colorize: the file to read, the file to write, and its name in the folder of the results."""

    source: Path
    target: Path
    name: str
