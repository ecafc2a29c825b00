"""What is to be done with one photograph, what became of it, and what became of all."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

from colorlib.album.report_table import Row
from colorlib.images.folder import LeftOut
from colorlib.images.printable import first_few, printable

if TYPE_CHECKING:
    from colorlib.album.address import RemoteJob

__all__ = ["Job", "Outcome", "Report", "Size"]


@dataclass(frozen=True)
class Job:
    """A photograph to colorize: file to read, file to write, and its name among the results."""

    source: Path
    target: Path
    name: str


class Size(TypedDict, total=False):
    """What an outcome says of a result: pixels of the first page, and how many pages."""

    width: int
    height: int
    pages: int


@dataclass(frozen=True)
class Outcome:
    """What became of one job; `reason` says why, or what the owner should know of a result.

    Sizes are in pixels, of the first page.
    """

    job: "Job | RemoteJob"
    status: Literal["done", "skipped", "failed"]
    reason: str = ""
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    seconds: float | None = None

    def row(self) -> Row:
        """Return it as a row of the report."""
        seconds = "" if self.seconds is None else f"{self.seconds:.2f}"
        sizes = {key: str(getattr(self, key) or "") for key in ("width", "height", "pages")}
        about = {
            "file": str(self.job.source),
            "result": self.job.name,
            "status": self.status,
            "reason": self.reason,
        }
        return {**about, **sizes, "seconds": seconds}


@dataclass
class Report:
    """What became of a run's jobs, in the order they were finished, and what was no job."""

    outcomes: list[Outcome] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)

    def of(self, status: str) -> list[Outcome]:
        """Return the outcomes with one status: "done", "skipped" or "failed"."""
        return [outcome for outcome in self.outcomes if outcome.status == status]

    def summary(self) -> str:
        """Return counts, failures (of many the first), notes, and what was left out, as lines."""
        line = f"{len(self.of('done'))} colorized"
        # numbers are for the report
        reasons = [outcome.reason.partition(": ")[0] for outcome in self.of("skipped")]
        for reason in dict.fromkeys(reasons):
            line += f", {reasons.count(reason)} skipped ({reason})"
        if failed := self.of("failed"):
            line += f", {len(failed)} failed:"
        why = sorted(printable(outcome.reason) for outcome in failed)
        return "\n".join([line, *first_few(why), *self._notes(), *self.left_out.lines()])

    def _notes(self) -> list[str]:
        """List what was noted while photographs were coloured, a line for each kind of note."""
        noted: dict[str, list[Outcome]] = {}
        for outcome in self.of("done"):
            if outcome.reason:
                noted.setdefault(outcome.reason, []).append(outcome)
        return [
            f"note: {printable(str(outcomes[0].job.source))}"
            + (f" and {len(outcomes) - 1} more" if len(outcomes) > 1 else "")
            + f": {printable(reason)}"
            for reason, outcomes in noted.items()
        ]
