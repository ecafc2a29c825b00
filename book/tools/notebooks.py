"""Keep the chapters in order: one set-up cell for all, no outputs except the promised ones.

    python book/tools/notebooks.py            write the set-up cell into every chapter, strip outputs and metadata
    python book/tools/notebooks.py --check    say which chapters differ from that, and change nothing
    python book/tools/notebooks.py --promise  also store what cells tagged nbval-check-output printed in the last build

The repository's address is read from ``_config.yml``, the only place where it is written by hand. It is copied into the
set-up cells, the links of README.md, CITATION.cff and pyproject.toml. The version that a set-up cell installs is
read from pyproject.toml.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "book" / "_ext"))

import cache_key  # noqa: E402

CHAPTERS = ROOT / "notebooks"
PROMISE = "nbval-check-output"
SETUP_METADATA = {"cellView": "form", "tags": ["remove-cell", "setup"]}
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# What must stay as it is found: replacing one of these in a running notebook breaks it.
KEEP = ("torch", "torchvision", "fastai", "numpy", "pandas", "pillow", "scipy", "scikit-image", "matplotlib")

SETUP = """\
# @title Set-up: installs colorlib where it is missing, and leaves torch as it is
import importlib.util


def has_colorlib():
    # PyPI has an unrelated package of this name: ours is the one with a Colorizer.
    spec = importlib.util.find_spec("colorlib")
    if spec is None or spec.origin is None:
        return False
    with open(spec.origin, encoding="utf-8") as file:
        return "Colorizer" in file.read()


if not has_colorlib():
    import importlib.metadata
    import os
    import subprocess
    import sys
    import tempfile
    import time

    started = time.perf_counter()
    pip = [sys.executable, "-m", "pip"]
    repository = os.environ.get("COLORLIB_REPOSITORY")
    if repository is None:
        # The chapter's version; before its release, what is there today.
        address = "ADDRESS"
        version = "VERSION"
        asked = ["git", "ls-remote", "--tags", address, version]
        tags = subprocess.run(asked, capture_output=True, text=True).stdout
        repository = f"git+{address}@{version if version in tags else 'main'}"
    installed = {
        d.name.lower(): d.version
        for d in importlib.metadata.distributions()
        if d.name
    }
    keep = [
        KEEP,
    ]
    if "colorlib" in installed and importlib.util.find_spec("colorlib"):
        subprocess.run([*pip, "uninstall", "-q", "-y", "colorlib"], check=True)
        print(
            f"removed colorlib {installed['colorlib']}, an unrelated package "
            "in the place of the book's colorlib"
        )
    with tempfile.TemporaryDirectory() as folder:
        constraints = os.path.join(folder, "constraints.txt")
        with open(constraints, "w") as file:
            file.writelines(
                f"{name}=={installed[name]}\\n" for name in keep if name in installed
            )
        command = [
            *pip,
            "install",
            "-q",
            "-c",
            constraints,
            f"colorlib-book[train] @ {repository}",
        ]
        result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"colorlib could not be installed:\\n{result.stderr}")
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.split(".")[0] == "colorlib"]:
        del sys.modules[name]  # the unrelated one, imported before
    if not has_colorlib():
        hiding = importlib.util.find_spec("colorlib").origin
        raise RuntimeError(f"{hiding} hides the book's colorlib: rename it")
    print(
        f"colorlib installed in {time.perf_counter() - started:.0f} s "
        f"from {repository}; torch {installed.get('torch', 'too')} stays."
    )
"""


def address(root: Path = ROOT) -> str:
    """The repository's address, from ``_config.yml``."""
    return yaml.safe_load((root / "_config.yml").read_text("utf8"))["repository"]["url"]


def setup_source(repository: str) -> str:
    """The source of the set-up cell for this address."""
    keep = ",\n        ".join(f'"{name}"' for name in KEEP)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]["version"]
    return SETUP.replace("ADDRESS", repository).replace("VERSION", f"v{version}").replace("KEEP", keep).rstrip("\n")


def promised(cell: NotebookNode) -> bool:
    """Whether the cell's text output is compared by the tests."""
    return PROMISE in cell.metadata.get("tags", [])


def executed(path: Path) -> NotebookNode:
    """A chapter with all its outputs, as the last `make book` executed it."""
    cache_key.join_keys()
    try:
        return get_cache(cache_key.cache_path()).merge_match_into_notebook(nbformat.read(path, as_version=4))[1]
    except KeyError:
        raise FileNotFoundError("not executed since it or something it depends on changed; `make book` first") from None


def text_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The printed text and the text form of results: no pictures, no warnings, no numbers of executions."""
    kept = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stdout":
            if kept and kept[-1].output_type == "stream":
                kept[-1].text += output.text
            else:
                kept.append(nbformat.v4.new_output("stream", name="stdout", text=output.text))
        elif output.output_type == "execute_result" and "text/plain" in output.data:
            data = {"text/plain": output.data["text/plain"]}
            kept.append(nbformat.v4.new_output("execute_result", data=data, execution_count=None))
    return kept


def tidy(notebook: NotebookNode, repository: str) -> None:
    """Write the set-up cell and strip the notebook of what is not the author's."""
    setups = [cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", [])]
    if len(setups) != 1 or notebook.cells[1] is not setups[0]:
        raise ValueError("the second cell, and no other, must carry the tag 'setup'")
    setups[0].source = setup_source(repository)
    setups[0].metadata = nbformat.from_dict(SETUP_METADATA)
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    for cell in notebook.cells:
        cell.source = (
            "\n".join(line.rstrip() for line in cell.source.split("\n")) if cell.cell_type == "code" else cell.source
        )
        for key in ("execution", "collapsed", "scrolled", "outputId", "id", "colab"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell.outputs = text_outputs(cell.outputs) if promised(cell) else []
            cell.execution_count = 1 if cell.outputs else None  # nbval compares nothing that was never run


def keep_promises(notebook: NotebookNode, outputs_from: NotebookNode) -> None:
    """Take the outputs of the promised cells from the executed chapter."""
    for cell, done in zip(notebook.cells, outputs_from.cells, strict=True):
        if cell.cell_type == "code" and promised(cell):
            cell.outputs = text_outputs(done.outputs)
            cell.execution_count = 1 if cell.outputs else None


def with_address(text: str, repository: str) -> str:
    """README.md, CITATION.cff or pyproject.toml with this address in the places that need it."""
    name = repository.removeprefix("https://github.com/")
    launched = r"(colab\.research\.google\.com/github/|kernels/welcome\?src=https://github\.com/)[\w.-]+/[\w.-]+"
    text = re.sub(launched, rf"\g<1>{name}", text)
    text = re.sub(r'(?m)^(Repository = ").*(")$', rf"\g<1>{repository}\g<2>", text)
    return re.sub(r"(?m)^(repository-code: ).*$", rf"\g<1>{repository}", text)


def main(arguments: list[str] | None = None) -> int:
    """Tidy or check every chapter; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a chapter is not in order")
    parser.add_argument("--promise", action="store_true", help="store the promised outputs of the last `make book`")
    options = parser.parse_args(arguments)
    repository = address()
    wanted: dict[Path, str] = {}
    for path in sorted(CHAPTERS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        try:
            tidy(notebook, repository)
            if options.promise:
                keep_promises(notebook, executed(path))
            nbformat.validate(notebook)
        except (ValueError, OSError, nbformat.ValidationError) as error:
            print(f"{path.relative_to(ROOT)}: {error}", file=sys.stderr)
            return 1
        wanted[path] = nbformat.writes(notebook, version=4).rstrip("\n") + "\n"
    for name in ("README.md", "CITATION.cff", "pyproject.toml"):
        wanted[ROOT / name] = with_address((ROOT / name).read_text("utf8"), repository)
    differ = [path for path, text in wanted.items() if path.read_text("utf8") != text]
    for path in differ:
        if not options.check:
            path.write_text(wanted[path], "utf8")
        print(f"{path.relative_to(ROOT)}: {'is not in order; run `make notebooks`' if options.check else 'written'}")
    return int(options.check and bool(differ))


if __name__ == "__main__":
    sys.exit(main())
