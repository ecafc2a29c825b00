"""Results at an address: recorded, resumed, made anew; workers in containers that look alike do not meet."""

import os
import platform
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from colorlib._atomic import ALREADY_THERE
from colorlib.album.run import AlbumColorizer
from helpers.albums import level, make, paint

pytest.importorskip("ray", reason="the extra `archive` is not installed")
from colorlib.album import ray_cluster, ray_files, remote


def go(album, out, saturation=1.0, **options):
    """One run by addresses, without a cluster; what became of each photograph, by the name of its result."""
    colorizer = AlbumColorizer(paint, out.as_uri(), settings={"saturation": saturation}, **options)
    jobs = ray_files.plan_on_cluster([album.as_uri()], out.as_uri())
    return {
        job.name: outcome or ray_cluster._paint(colorizer, job)
        for job, outcome in ray_cluster._done_before(colorizer, jobs)
    }


def test_results_at_an_address_are_recorded_and_made_anew_when_told(tmp_path):
    album, out = tmp_path / "album", tmp_path / "out"
    make(album / "deep/1.png", 50)
    make(album / "2.png", 60)
    assert {outcome.status for outcome in go(album, out).values()} == {"done"}
    assert {outcome.reason for outcome in go(album, out).values()} == {ALREADY_THERE}
    other = go(album, out, saturation=1.5)
    assert {outcome.status for outcome in other.values()} == {"failed"}
    assert f"{out.as_uri()}/2.png: was made with other settings: saturation 1.0, now 1.5" in other["2.png"].reason
    make(out / "2.png", 99)
    anew = go(album, out, saturation=1.5, redo=True)
    assert {name: outcome.status for name, outcome in anew.items()} == {"deep/1.png": "done", "2.png": "failed"}
    assert "was changed since it was made" in anew["2.png"].reason
    assert level(out / "2.png") == 99
    assert go(album, out, saturation=1.5)["deep/1.png"].reason == ALREADY_THERE
    make(album / "deep/1.png", 70)
    assert "was changed since the result was made" in go(album, out, 1.5)["deep/1.png"].reason
    assert go(album, out, 1.5, redo=True)["deep/1.png"].status == "done"
    assert level(out / "deep/1.png") == 70


def test_another_album_and_foreign_files_at_an_address(tmp_path):
    out = tmp_path / "out"
    make(tmp_path / "x/1.png", 50)
    make(tmp_path / "y/1.png", 200)
    make(tmp_path / "y/2.png", 210)
    make(out / "2.png", 99)
    go(tmp_path / "x", out)
    for redo in (False, True):
        outcomes = go(tmp_path / "y", out, redo=redo)
        assert f"is of another photograph: {(tmp_path / 'x').as_uri()}/1.png" in outcomes["1.png"].reason
        assert "there is no record that colorlib made it" in outcomes["2.png"].reason
    assert [level(out / name) for name in ("1.png", "2.png")] == [50, 99]
    assert {outcome.status for outcome in go(tmp_path / "x", out, resume=False).values()} == {"failed"}


def test_a_file_that_appears_at_an_address_stays(tmp_path):
    album, out = tmp_path / "album", tmp_path / "out"
    make(album / "1.png", 50)
    (job,) = ray_files.plan_on_cluster([album.as_uri()], out.as_uri())

    def meanwhile(page):
        make(out / "1.png", 99)
        return paint(page)

    outcome = remote.colorize_at_address(AlbumColorizer(meanwhile, out.as_uri()), job)
    assert outcome.status == "failed"
    assert "already there and not overwritten" in outcome.reason
    assert level(out / "1.png") == 99


@pytest.mark.parametrize("address", [False, True])
def test_workers_in_containers_that_look_alike(tmp_path, monkeypatch, address):
    """Each has process id 1 and the same host name, and they share a folder; names begin alike."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(socket, "gethostname", lambda: "worker")
    monkeypatch.setattr(platform, "node", lambda: "worker")
    album, out = tmp_path / "album", tmp_path / "out"
    long = "Photographs of the estate, third box, page " + "x" * 190
    for number in range(16):
        make(album / f"{long} {number:03}.png", 10 * number + 20)
    album, target = (album.as_uri(), out.as_uri()) if address else (str(album), str(out))
    jobs = ray_files.plan_on_cluster([album], target)
    workers = [AlbumColorizer(paint, target if address else out) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda pair: ray_cluster._paint(workers[pair[0] % 4], pair[1]), enumerate(jobs)))
    assert [outcome.status for outcome in outcomes] == ["done"] * 16
    for number in range(16):
        assert level(out / f"{long} {number:03}.png") == 10 * number + 20
    assert not list(out.rglob(".colorlib-*"))
