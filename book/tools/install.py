"""Install what requirements.txt locks, and the package itself, into the environment of the Python that runs this.

    python book/tools/install.py              what `make` runs: uv, or pip where uv cannot be had
    python book/tools/install.py --measure    download the wheels, and record how large they are

Both tools check the same hashes. Only the standard library is imported: nothing else is there yet. A torch that comes
from elsewhere stays (PyTorch's own index, conda), and the packages that only PyPI's torch needs are left out with it.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.txt"
SIZES = Path(__file__).with_name("install_sizes.json")
TORCH = re.compile(r"(torch|torchvision|triton|nvidia-[\w-]+|cuda-[\w-]+)==")


def blocks(lock: str) -> list[str]:
    """The requirements of a lock, each with its hashes."""
    lines = "".join(line for line in lock.splitlines(keepends=True) if not line.lstrip().startswith("#"))
    return [block for block in re.split(r"(?m)^(?=[A-Za-z0-9])", lines) if block]


def without_torch(lock: str) -> str:
    """The lock less torch, torchvision and what only they need."""
    return "".join(block for block in blocks(lock) if not TORCH.match(block))


def torch_from_elsewhere() -> str | None:
    """The version of a torch that PyPI did not bring: its build is named after a +, or conda installed it."""
    try:
        torch = distribution("torch")
    except PackageNotFoundError:
        return None
    foreign = "+" in torch.version or (torch.read_text("INSTALLER") or "").strip() == "conda"
    return torch.version if foreign else None


def registry_settings(pip_config: str) -> dict[str, str]:
    """What uv must be told to ask the registry that pip asks, from the output of `pip config list`."""
    settings = dict(re.findall(r"(?m)^(\S+)='(.*)'$", pip_config))
    wanted = {"UV_DEFAULT_INDEX": "index-url", "SSL_CERT_FILE": "cert"}
    found = {}
    for variable, name in wanted.items():
        for place in (":env:", "install", "global"):
            if f"{place}.{name}" in settings:
                found.setdefault(variable, settings[f"{place}.{name}"])
    return found


def here() -> str:
    """The name under which the sizes of this kind of machine are recorded."""
    python = ".".join(platform.python_version_tuple()[:2])
    return f"{platform.system()} {platform.machine()}, Python {python}"


def announcement(sizes: dict[str, dict[str, int]], free: int) -> str:
    """What is said before anything is downloaded."""
    known = sizes.get(here())
    name, size = (here(), known) if known else next(iter(sizes.items()))
    unknown = "" if known else f" (not measured on {here()})"
    return (
        f"{size['download'] / 1e9:.1f} GB to download and {size['disk'] / 1e9:.1f} GB of disk on {name}{unknown}, "
        f"less what is there already; {free / 1e9:.0f} GB are free in {sys.prefix}"
    )


def run(*command: str, environment: dict[str, str] | None = None) -> bool:
    """Run a command of this environment, its progress on the terminal; return whether it succeeded."""
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}).returncode == 0


def find_uv(pip: list[str], lock: str, folder: str) -> str | None:
    """The uv of this environment or machine; where there is none, the locked one is installed."""
    scripts = sysconfig.get_path("scripts")
    found = shutil.which("uv", path=scripts) or shutil.which("uv")
    if found is None:
        alone = Path(folder, "uv.txt")
        alone.write_text("".join(block for block in blocks(lock) if block.startswith("uv==")), "utf8")
        run(*pip, "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(alone))
        found = shutil.which("uv", path=scripts)
    return found


def install(folder: str) -> bool:
    """Install everything; return whether it worked."""
    lock = LOCK.read_text("utf8")
    pip = [sys.executable, "-m", "pip"]
    uv = find_uv(pip, lock, folder)
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True).stdout
    settings = {name: value for name, value in registry_settings(listed).items() if name not in os.environ}
    torch = torch_from_elsewhere()
    if torch is None and os.environ.get("UV_TORCH_BACKEND") and uv:
        named = [re.match(r"torch(vision)?==[^\s;]+", block) for block in blocks(lock)]
        wanted = [match[0] for match in named if match]
        if not run(uv, "pip", "install", "--python", sys.executable, *wanted, environment=settings):
            return False
        torch = torch_from_elsewhere() or "of UV_TORCH_BACKEND"
    if torch is not None:
        print(f"torch {torch} stays")
        lock = without_torch(lock)
    chosen = Path(folder, "requirements.txt")
    chosen.write_text(lock, "utf8")
    free = shutil.disk_usage(sys.prefix).free
    print(announcement(json.loads(SIZES.read_text("utf8")), free), flush=True)
    exactly = ["install", "--no-deps", "--require-hashes", "-r", str(chosen)]
    package = ["install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    if uv and run(uv, "pip", *exactly, "--python", sys.executable, environment=settings):
        return run(uv, "pip", *package, "--python", sys.executable, environment=settings)
    print("uv could not install them: pip does, more slowly", flush=True)
    return run(*pip, *exactly) and run(*pip, *package)


def measure(folder: str) -> bool:
    """Record the size of this machine's wheels and of the environment that holds them."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "-r", str(LOCK), "-d", folder]
    if not run(*command):
        return False
    sizes = json.loads(SIZES.read_text("utf8")) if SIZES.exists() else {}
    disk = sum(file.lstat().st_size for file in Path(sys.prefix).rglob("*") if file.is_file())
    download = sum(file.stat().st_size for file in Path(folder).iterdir())
    sizes[here()] = {"download": download, "disk": disk}
    SIZES.write_text(json.dumps(sizes, indent=2, sort_keys=True) + "\n", "utf8")
    return True


def main(arguments: list[str] | None = None) -> int:
    """Install or measure; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="record the sizes of this environment's wheels")
    with tempfile.TemporaryDirectory() as folder:
        work = measure if parser.parse_args(arguments).measure else install
        return 0 if work(folder) else 1


if __name__ == "__main__":
    sys.exit(main())
