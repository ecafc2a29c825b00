"""What `make` installs: the lock, the tools that read it, and what is said before."""

import json
import re
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))

install = import_module("install")


HEADS = [Requirement(block.partition(" \\\n")[0]) for block in install.blocks(LOCK.read_text("utf8"))]


def pinned(name: str) -> list[Requirement]:
    """What the lock says of a package, which may differ from Python to Python."""
    return [head for head in HEADS if canonicalize_name(head.name) == name]


def test_every_line_of_the_lock_is_a_version_or_a_hash():
    lines = [line for line in LOCK.read_text("utf8").splitlines() if not line.startswith("#")]
    version = r"[\w.-]+==[\w.!+]+( ; [^#]+)? \\"
    assert all(re.fullmatch(rf"{version}|    --hash=sha256:[0-9a-f]{{64}}( \\)?", line) for line in lines)
    assert all("--hash=sha256:" in block for block in install.blocks(LOCK.read_text("utf8")))


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_every_range_is_pinned_once_on_every_python_and_system(python, system):
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(r for extra in extras for r in extra)]
    wanted = [requirement for requirement in wanted if not requirement.startswith("colorlib-book")]  # of itself
    place = {"python_version": python, "python_full_version": f"{python}.7", "sys_platform": system}
    for requirement in map(Requirement, [*wanted, *PROJECT["build-system"]["requires"]]):
        versions = pinned(canonicalize_name(requirement.name))
        (here,) = [v for v in versions if v.marker is None or v.marker.evaluate(place)]
        version = str(here.specifier).removeprefix("==")
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement}: `make lock`"


def test_a_torch_from_elsewhere_leaves_its_own_behind():
    lock = LOCK.read_text("utf8")
    left = {re.match(r"[\w.-]+", block)[0] for block in install.blocks(install.without_torch(lock))}
    everything = {re.match(r"[\w.-]+", block)[0] for block in install.blocks(lock)}
    gone = everything - left
    assert {"torch", "torchvision", "triton", "nvidia-cudnn-cu13", "cuda-toolkit"} <= gone
    assert {"torchmetrics", "timm", "sympy", "numpy"} <= left


@pytest.mark.parametrize(
    ("version", "installer", "kept"),
    [("2.14.1", "uv", None), ("2.14.1+cpu", "pip", "2.14.1+cpu"), ("2.9.0", "conda", "2.9.0")],
)
def test_which_torch_is_from_elsewhere(tmp_path, monkeypatch, version, installer, kept):
    info = tmp_path / f"torch-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
    (info / "INSTALLER").write_text(f"{installer}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert install.torch_from_elsewhere() == kept


def test_uv_asks_the_registry_that_pip_asks():
    listed = "global.index-url='https://a.example/simple'\n:env:.index-url='https://b.example/simple'\n"
    assert install.registry_settings(listed) == {"UV_DEFAULT_INDEX": "https://b.example/simple"}
    listed = "global.cert='/etc/mine.crt'\nglobal.find-links='/opt/wheels'\n"
    assert install.registry_settings(listed) == {"SSL_CERT_FILE": "/etc/mine.crt"}


def test_the_size_is_said_before_and_where_it_was_measured(monkeypatch):
    sizes = {"Linux x86_64, Python 3.11": {"download": 2_900_000_000, "disk": 7_200_000_000}}
    monkeypatch.setattr(install, "here", lambda: "Linux x86_64, Python 3.11")
    known = install.announcement(sizes, 70_000_000_000)
    assert known.startswith("2.9 GB to download and 7.2 GB of disk on Linux x86_64, Python 3.11, less what")
    monkeypatch.setattr(install, "here", lambda: "Windows AMD64, Python 3.13")
    assert "not measured on Windows AMD64, Python 3.13" in install.announcement(sizes, 70_000_000_000)
    for recorded in json.loads(install.SIZES.read_text("utf8")).values():
        assert 0 < recorded["download"] < recorded["disk"]


@pytest.mark.parametrize("failing", ["uv", None])
def test_pip_takes_over_where_uv_cannot_install(monkeypatch, capsys, failing):
    asked = []

    def run(*command, environment=None):
        asked.append(" ".join(command[1:4]))
        return command[0] != failing

    monkeypatch.setattr(install, "run", run)
    monkeypatch.setattr(install, "find_uv", lambda *_: "uv")
    monkeypatch.setattr(install, "torch_from_elsewhere", lambda: None)
    monkeypatch.delenv("UV_TORCH_BACKEND", raising=False)
    assert install.main([]) == 0
    pip = ["-m pip install", "-m pip install"]
    assert asked == ["pip install --no-deps", *(pip if failing else ["pip install --no-deps"])]
    assert ("pip does, more slowly" in capsys.readouterr().out) is bool(failing)


def test_a_torch_that_was_asked_of_another_index_comes_before_the_rest(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(install, "run", lambda *command, environment=None: not asked.append(command))
    monkeypatch.setattr(install, "find_uv", lambda *_: "uv")
    monkeypatch.setattr(install, "torch_from_elsewhere", lambda: "2.14.1+cpu" if asked else None)
    monkeypatch.setenv("UV_TORCH_BACKEND", "cpu")
    assert install.main([]) == 0
    assert [word.partition("==")[0] for word in asked[0][5:]] == ["torch", "torchvision"]
    assert capsys.readouterr().out.startswith("torch 2.14.1+cpu stays")


def test_readme_says_the_size_that_was_measured():
    recorded = json.loads(install.SIZES.read_text("utf8"))["Linux x86_64, Python 3.11"]
    sizes = [round(recorded[name] / 1e9) for name in ("download", "disk")]
    text = " ".join((ROOT / "README.md").read_text("utf8").split())
    assert "{} GB to download and {} GB of disk".format(*sizes) in text
