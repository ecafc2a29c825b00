"""What photographs and films pass through is imported with nothing of the extra `train` installed."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "colorlib"
ROOMS = ("images", "album", "film", "colorize", "demo", "cli")
# For those who have torch; what measures; Ray, which brings its own pandas. Put none in.
OTHERS = {
    "colorize.torch_backend",
    "colorize.suite_colorizer",
    "images.tensors",
    "film.steadiness",
    "album.ray_cluster",
}
MODULES = {"scikit-image": "skimage", "scikit-learn": "sklearn", "pot": "ot"}


def test_the_way_of_a_photograph_needs_nothing_of_the_training():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    names = {re.split(r"[<>=\[]", line)[0].lower() for line in project["optional-dependencies"]["train"]}
    assert {"torch", "fastai", "scipy", "pandas"} <= names
    absent = sorted({MODULES.get(name, name.replace("-", "_")) for name in names})
    files = [path for room in ROOMS for path in sorted((PACKAGE / room).glob("*.py"))]
    more = (
        "color/display.py",
        "color/fast.py",
        "models/card.py",
        "models/dial.py",
        "models/onnx_card.py",
        "models/shipped.py",
    )
    files += [PACKAGE / name for name in (*more, "settings.py", "study/site.py", "classical/levin2004.py")]
    files = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    code = f"""
import importlib, json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
need = []
for name in {files}:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if ((error.__cause__ or error).name or "").partition(".")[0] not in {absent}:
            raise
        need.append(name.removeprefix("colorlib."))
print(json.dumps(need))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == OTHERS
