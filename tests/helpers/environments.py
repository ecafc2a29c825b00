"""What several test files share: environments made of what is installed here, without a download."""

import os
import shutil
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


def closure(*names: str) -> list[Distribution]:
    """These distributions and everything that they require here."""
    found: dict[str, Distribution] = {}
    todo = [Requirement(name) for name in names]
    while todo:
        requirement = todo.pop()
        try:
            dist = distribution(requirement.name)
        except PackageNotFoundError:
            continue
        extras = requirement.extras or {""}
        for text in dist.requires or []:
            child = Requirement(text)
            wanted = child.marker is None or any(child.marker.evaluate({"extra": extra}) for extra in extras)
            if wanted and canonicalize_name(child.name) not in found:
                todo.append(child)
        found[canonicalize_name(dist.name)] = dist
    return list(found.values())


def link(dist: Distribution, target: Path) -> None:
    """Give another site-packages the same files without copying them."""
    for file in dist.files or []:
        source = Path(dist.locate_file(file))
        if ".." in file.parts or not source.is_file():
            continue  # scripts in bin/
        place = target / file
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, place)
        except OSError:  # another file system
            shutil.copy2(source, place)


def sources(target: Path) -> Path:
    """Copy what a wheel of this package is built from: building it here would leave files behind."""
    target.mkdir()
    shutil.copytree(ROOT / "colorlib", target / "colorlib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "book" / "results", target / "book" / "results")
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target)
    return target


def unrelated(site: Path) -> None:
    """Put a package there that has the name of ours on PyPI and nothing else in common with it."""
    (site / "colorlib").mkdir()
    (site / "colorlib" / "__init__.py").write_text("def mix(a, b):\n    return a\n")
    info = site / "colorlib-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: colorlib\nVersion: 0.1.0\n")
    names = ["colorlib/__init__.py", f"{info.name}/METADATA", f"{info.name}/RECORD"]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in names))
