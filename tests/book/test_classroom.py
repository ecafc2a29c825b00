"""The offline classroom as `make teach-bundle` left it: installed as its first page says, it runs a chapter."""

import html
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BUNDLE = Path(__file__).resolve().parents[2] / "_build" / "teach" / "bundle"
NO_WHEELS = "no wheelhouse in _build/teach/bundle: `make teach-bundle` fetches some gigabytes"
CUT_OFF = ("unshare", "--map-root-user", "--net")  # a network namespace in which nothing is connected
EXECUTE = """
import sys, nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
manager = AsyncKernelManager(kernel_name="python3", transport="ipc")  # there is no loopback either
NotebookClient(notebook, km=manager, timeout=600, allow_errors=False).execute()
import colorlib
print("ran with", colorlib.__file__)
"""


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """A copy of the folder, installed with the commands of its first page; and what puts a command off the network."""
    if not list((BUNDLE / "wheels").glob("torch-*.whl")):
        pytest.skip(NO_WHEELS)
    if subprocess.run([*CUT_OFF, "true"], capture_output=True).returncode:
        pytest.skip("this system cuts no process off the network")
    folder = tmp_path_factory.mktemp("classroom")
    (folder / "wheels").symlink_to(BUNDLE / "wheels")
    shutil.copytree(BUNDLE / "notebooks", folder / "notebooks")
    page = (BUNDLE / "START-HERE.html").read_text("utf8")
    commands = html.unescape(re.search(r"<pre>(.+?)</pre>", page, re.DOTALL)[1])
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment |= {"HOME": str(folder), "OMP_NUM_THREADS": "1"}

    def run(command, cwd=folder):
        return subprocess.run([*CUT_OFF, *command], cwd=cwd, env=environment, capture_output=True, text=True)

    done = run(["bash", "-euc", commands])
    assert done.returncode == 0, done.stderr[-4000:]
    return folder, run


@pytest.mark.timeout(1800)
def test_a_chapter_runs_from_it(classroom):
    folder, run = classroom
    (chapter,) = folder.glob("notebooks/02_*.ipynb")
    done = run([folder / "room" / "bin" / "python", "-c", EXECUTE, chapter.name], folder / "notebooks")
    assert done.returncode == 0, done.stderr[-4000:]
    assert str(folder / "room") in done.stdout


@pytest.mark.timeout(1800)
def test_there_is_no_network_in_it(classroom):
    folder, run = classroom
    asked = "import socket; socket.create_connection(('127.0.0.1', 80), 5)"
    done = run([folder / "room" / "bin" / "python", "-c", asked])
    assert "unreachable" in done.stderr
