"""What photographs and films pass through is imported without torch; what is not yet, is listed."""

import json
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "colorlib"
ROOMS = ("images", "album", "film", "colorize", "cli")
# Files that still need torch. Take a file out when it does not; put none in.
NEED_TORCH = {
    "album.contact_sheet",
    "album.naming",
    "album.outcome",
    "album.ray_cluster",
    "album.ray_files",
    "album.remote",
    "album.results",
    "album.run",
    "color.fast",
    "colorize.colorizer",
    "colorize.compose",
    "colorize.hints",
    "colorize.torch_backend",
    "colorize.upsample",
    "film.recognition",
    "film.render",
    "film.restoring",
    "film.steadiness",
    "film.steady",
    "film.synthetic",
    "images.decode",
    "images.description",
    "images.folder",
    "images.icc",
    "images.modes",
    "images.png_chunks",
    "images.read",
    "images.write",
    "images.writers",
}


def test_the_way_of_a_photograph_needs_no_torch():
    files = [path for room in ROOMS for path in sorted((PACKAGE / room).glob("*.py"))]
    files += [PACKAGE / name for name in ("color/fast.py", "models/dial.py", "models/onnx_card.py", "settings.py")]
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in files]
    code = f"""
import importlib, json, sys
sys.modules["torch"] = None
need = []
for name in {names}:
    try:
        importlib.import_module(name)
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "torch":
            raise
        need.append(name.removeprefix("colorlib."))
print(json.dumps(need))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stderr
    need = set(json.loads(done.stdout))
    assert need <= NEED_TORCH, f"these import torch: {sorted(need - NEED_TORCH)}"
    assert need == NEED_TORCH, f"these need no torch now, take them out: {sorted(NEED_TORCH - need)}"
