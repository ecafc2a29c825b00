"""A kernel that runs nothing: it answers each cell with what the cell gave when the book was built.

nbval sends it the cells of a chapter as it would send them to Python, and judges the answers as it would judge
Python's. So a chapter is executed once, and the run whose pages are tested is the run that nbval checks.
"""

import os
from pathlib import Path
from typing import Any

import nbformat
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

# What each kind of output of a notebook is called in the messages of a kernel, and what it holds.
CONTENT = {
    "stream": ("name", "text"),
    "execute_result": ("data", "metadata", "execution_count"),
    "display_data": ("data", "metadata"),
    "error": ("ename", "evalue", "traceback"),
}


class Replay(Kernel):
    """Answers with the outputs of the notebook that the variable EXECUTED names."""

    implementation, implementation_version, banner = "replay", "1", "replay"
    language_info = {"name": "python", "mimetype": "text/x-python", "file_extension": ".py"}  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        notebook = nbformat.read(Path(os.environ["EXECUTED"]), as_version=4)
        self.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    def do_execute(self, code: str, silent: bool, *_: Any, **__: Any) -> dict[str, Any]:
        """Send what the next recorded cell gave; refuse a cell that is not the next one."""
        if not code.strip():
            return self.end("ok")
        while self.cells and not self.cells[0].source.strip():
            self.cells.pop(0)
        if not self.cells or self.cells[0].source != code:
            error = {"ename": "LookupError", "evalue": "the book was built from another chapter", "traceback": [code]}
            self.send_response(self.iopub_socket, "error", error)
            return self.end("error", **error)
        failed: dict[str, Any] = {}
        for output in self.cells.pop(0).outputs:
            content = {key: output[key] for key in CONTENT[output.output_type]}
            self.send_response(self.iopub_socket, output.output_type, content)
            failed = content if output.output_type == "error" else failed
        return self.end("error", **failed) if failed else self.end("ok")

    def end(self, status: str, **more: Any) -> dict[str, Any]:
        """The reply to a request."""
        reply = {"status": status, "execution_count": self.execution_count, **more}
        return reply | ({"payload": [], "user_expressions": {}} if status == "ok" else {})


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=Replay)
