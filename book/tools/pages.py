"""Build the pages, or say at once that nothing of what they are made of has changed.

    python book/tools/pages.py         what `make book` runs
    python book/tools/pages.py --all   make every page anew, whatever changed, so that every warning is seen

A record of the last build that succeeded holds two hashes. One is of what any page may depend on: the package, the
settings, the extensions, the installed versions, the variables. When that differs, all pages are made anew. The other
is of the pages' own files: when only those differ, Sphinx reads what changed (book/_ext/renewed.py). Chapters are
executed when what they depend on changed, in either case (book/_ext/cache_key.py).
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from contents import digest, files

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ("_config.yml", "_toc.yml", "requirements.txt", "book", "notebooks", "colorlib")
OF_ONE_PAGE = ("notebooks", "book/results", "book/_static", "book/teach")  # and the texts in `book`
# A page is a tree of many small objects: to look for garbage as seldom as this saves a quarter of the time.
JUPYTER_BOOK = "import gc; gc.set_threshold(100_000, 50, 50); from jupyter_book.cli.main import main; main()"
Hashes = dict[str, str]


def of_one_page(file: Path) -> bool:
    """Whether no page but those that name a file depend on it; of a path as seen from the root."""
    folders = {folder.as_posix() for folder in file.parents}
    return not folders.isdisjoint(OF_ONE_PAGE) or (file.suffix == ".md" and "book" in folders)


def hashes(root: Path, variables: Mapping[str, str]) -> Hashes:
    """Both hashes of what the pages are made of."""
    every = [file for name in INPUTS for file in files(root / name)]
    own = [file for file in every if of_one_page(file.relative_to(root))]
    versions = sorted(f"{package.name}=={package.version}" for package in distributions())
    wishes = sorted(f"{name}={value}" for name, value in variables.items() if name.startswith("COLORLIB_"))
    around = hashlib.sha256("\0".join([platform.python_version(), *versions, *wishes]).encode()).hexdigest()
    return {"all pages": digest(sorted({*every} - {*own}), root) + around, "own files": digest(own, root)}


def plan(before: Hashes | None, now: Hashes) -> str:
    """What is to be done: nothing, the pages that changed, or all pages."""
    if before is None or before["all pages"] != now["all pages"]:
        return "all pages"
    return "nothing" if before == now else "what changed"


def recorded(root: Path) -> Hashes | None:
    """The hashes of the pages that are there; None when there are none, or when their build failed."""
    try:
        return json.loads((root / "_build" / "built.json").read_text("utf8"))
    except FileNotFoundError:
        return None


def build(root: Path, todo: str, now: Hashes) -> int:
    """Run Jupyter Book, and record the hashes when it succeeds; return its exit code."""
    record, html = root / "_build" / "built.json", root / "_build" / "html"
    record.unlink(missing_ok=True)
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(root)]
    if todo == "all pages":
        shutil.rmtree(html, ignore_errors=True)  # with what is left of pages and pictures of other days
        command.append("--all")
    code = subprocess.call([*command, "-W", "-n", "--keep-going"], cwd=root)
    # Without npm the page that colours was left out: the next build tries again.
    if code == 0 and (html / "_static" / "colouring" / "page.js").is_file():
        record.write_text(json.dumps(now), "utf8")
    return code


def main(arguments: list[str] | None = None) -> int:
    """Build what is to be built, and say where the pages are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="make every page anew")
    options = parser.parse_args(arguments)
    front = ROOT / "_build" / "html" / "index.html"
    now = hashes(ROOT, os.environ)
    todo = "all pages" if options.all or not front.is_file() else plan(recorded(ROOT), now)
    if todo == "nothing":
        print("Nothing has changed since the pages were built.")
    elif code := build(ROOT, todo, now):
        return code
    print(f"The pages: {front.as_uri()} (or: make serve)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
