"""The same run on a Ray cluster: all photographs are done, also when workers die in the middle."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from typer.testing import CliRunner

from colorlib._atomic import _machine
from colorlib.album.run import AlbumColorizer, Report
from colorlib.cli import app
from colorlib.colorize.colorizer import Colorizer
from colorlib.models.unet import UNet
from colorlib.models.weights import save_weights

ray = pytest.importorskip("ray", reason="the extra `archive` is not installed")
from colorlib.album import ray_cluster, ray_files  # noqa: E402
from colorlib.album.address import OBJECT_STORES, Place  # noqa: E402

POISON = 1000  # pixels wide: a picture that no worker survives


class Slow(nn.Module):
    """A generator that takes its time and says in which process it works."""

    multiple = 8

    def __init__(self, pids):
        super().__init__()
        self.pids = pids
        self.scale = nn.Parameter(torch.full((1,), 0.3))

    def forward(self, L):
        if L.shape[-1] > 4 * L.shape[-2]:
            os._exit(1)
        Path(self.pids, str(os.getpid())).touch()
        time.sleep(0.05)
        return self.scale.expand(len(L), 2, *L.shape[2:])


@pytest.fixture(scope="module")
def cluster():
    """Two workers on this machine; what Ray writes stays out of the repository."""
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # a short name: sockets lie in it
    os.environ.update(RAY_AUTH_MODE="disabled", RAY_USAGE_STATS_ENABLED="0", RAY_worker_niceness="0")
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=10**8, _temp_dir=folder, log_to_driver=False)
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield ray
    ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


def make(folder, names):
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (40, 30), 10 * number).save(path)


def files(folder):
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.startswith(("contact-sheet-files/", ".colorlib/")))


# First, for the tests below share one cluster and stay connected.
def test_no_cluster_is_a_clear_error(tmp_path):
    make(tmp_path / "album", ["a.png"])
    jobs = ray_files.plan_on_cluster([str(tmp_path / "album")], str(tmp_path / "out"))
    with pytest.raises(ValueError, match="no Ray cluster there"):
        list(ray_cluster.run_on_cluster(AlbumColorizer(None, tmp_path / "out"), jobs, Report(), address="auto"))


@pytest.mark.timeout(600)
def test_nothing_is_lost_when_workers_die(cluster, tmp_path):
    """One worker is killed; one photograph kills every worker that touches it; one is no photograph."""
    album, out, pids = tmp_path / "album", tmp_path / "out", tmp_path / "pids"
    good = [f"{number:02}.png" for number in range(12)] + ["deep/er.jpg"]
    make(album, good)
    jobs = {job.name: job for job in ray_files.plan_on_cluster([str(album)], str(out))}
    assert AlbumColorizer(lambda page: np.dstack([page] * 3), out)(jobs["05.png"]).status == "done"
    for suffix in ("lock", "part.png"):
        (out / f".colorlib-{_machine()}-0123456789abcdef.{suffix}").write_bytes(b"what a killed worker leaves")
    before = (out / "05.png").read_bytes()
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    Image.new("L", (POISON, 30)).save(album / "poison.png")
    pids.mkdir()
    killed = []

    def kill_one():
        while not killed:
            time.sleep(0.02)
            for path in pids.iterdir():
                os.kill(int(path.name), signal.SIGKILL)
                killed.append(path.name)
                return

    threading.Thread(target=kill_one, daemon=True).start()
    report = Report()
    jobs = ray_files.plan_on_cluster([str(album)], str(out))
    colorizer = AlbumColorizer(Colorizer(Slow(pids), size=32), out)
    for _ in ray_cluster.run_on_cluster(colorizer, jobs, report):
        pass

    assert killed
    assert len({path.name for path in pids.iterdir()} - set(killed)) >= 1
    became = {outcome.job.name: outcome for outcome in report.outcomes}
    assert len(became) == len(report.outcomes) == len(jobs) == 15
    assert [name for name in became if became[name].status == "skipped"] == ["05.png"]
    assert sorted(name for name in became if became[name].status == "failed") == ["broken.jpg", "poison.png"]
    assert "3 workers died of it" in became["poison.png"].reason
    assert "cannot be read" in became["broken.jpg"].reason
    assert files(out) == good
    for name in good:
        with Image.open(out / name) as image:
            assert image.size == (40, 30), name
    assert (out / "05.png").read_bytes() == before
    assert (np.asarray(Image.open(out / "11.png"), int)[..., 0] > np.asarray(Image.open(out / "11.png"))[..., 1]).all()

    table, sheet = ray_files.write_report_on_cluster(str(out), [outcome.row() for outcome in report.outcomes])
    assert len(Path(table).read_text().splitlines()) == 16
    assert Path(sheet).read_text().count("<img") == 2 * len(good)


@pytest.mark.timeout(600)
def test_the_command_with_addresses(cluster, tmp_path):
    """The way a bucket takes, with a file system that is at hand: fetched, coloured, put, reported, resumed."""
    arguments = {"downs": 3, "filters": 4}
    weights = save_weights(UNet(**arguments), tmp_path / "tiny.safetensors", "unet", arguments, {"size": 32})
    album, out = tmp_path / "album", tmp_path / "out"
    make(album, ["1.png", "deep/2.jpg", "deep/.hidden.jpg"])
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (album / "notes.txt").write_text("no photograph")
    call = ["colorize", album.as_uri(), "--out", out.as_uri(), "--weights", str(weights), "--ray", "auto"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 1, result.output
    assert "2 colorized, 1 failed" in result.stderr
    assert f"{album.as_uri()}/broken.jpg cannot be read" in result.stderr
    assert files(out) == ["1.png", "contact-sheet.html", "deep/2.jpg", "left-out.csv", "report.csv"]
    assert len(list((out / "contact-sheet-files").iterdir())) == 4
    (album / "broken.jpg").unlink()
    first = (out / "report.csv").read_text().splitlines()
    again = CliRunner().invoke(app, call)
    assert again.exit_code == 0, again.output
    assert "0 colorized, 2 skipped" in again.stderr
    assert (out / "report.csv").read_text().splitlines() == first
    never = CliRunner().invoke(app, [*call, "--no-resume"])
    assert never.exit_code == 1
    assert "0 colorized, 2 failed" in never.stderr


def test_a_bucket_is_an_address():
    place = Place.of("s3://photographs/1926/a.jpg?region=eu-central-1")
    assert (place.filesystem.type_name, str(place)) == ("s3", "s3://photographs/1926/a.jpg")
    assert place.filesystem.type_name in OBJECT_STORES


def test_without_ray_the_extra_is_named(tmp_path):
    make(tmp_path, ["a.png"])
    code = "import sys; sys.modules['ray'] = None; from colorlib.cli import main; main()"
    call = [sys.executable, "-c", code, "colorize", tmp_path / "a.png", "--out", tmp_path / "out", "--ray", "local"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "pip install 'colorlib-book[archive] @ git+https://" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
