"""A file is written whole, under its own name, by one writer."""

import errno
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from colorlib._atomic import atomic, sha256_of

LONG = "Photographs of the estate, third box, page"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write(path, text, meanwhile=lambda: None):
    """Write a result; call something while it is written."""
    with atomic(path, replace=False) as temporary:
        temporary.write_text(text)
        meanwhile()


def test_torch_is_not_imported():
    code = "import sys, colorlib._atomic; sys.exit(bool({'torch', 'numpy', 'PIL'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# --- names ---


def test_names_that_begin_alike_do_not_meet(tmp_path):
    one, two = tmp_path / f"{LONG} 001.jpg", tmp_path / f"{LONG} 002.jpg"
    with atomic(one) as a, atomic(two) as b:
        assert a != b
        a.write_text("one")
        b.write_text("two")
    assert (one.read_text(), two.read_text()) == ("one", "two")
    assert names(tmp_path) == [one.name, two.name]


def test_the_same_name_in_threads_with_equal_process_ids_and_hosts(tmp_path, monkeypatch):
    """As in containers: each writer has a file of its own, also for one and the same target."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(socket, "gethostname", lambda: "worker")
    barrier, seen = threading.Barrier(8), []

    def attempt(number):
        with atomic(tmp_path / "a.txt") as temporary:
            seen.append(temporary)
            barrier.wait()
            temporary.write_text(f"{number}" * 10000)
            barrier.wait()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(8)))
    assert len(set(seen)) == 8
    assert len(set((tmp_path / "a.txt").read_text())) == 1
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("x" * 251 + ".jpg", ".jpg"),
        ("ü" * 125 + ".tiff", ".tiff"),
        ("a." + "x" * 253, ".part"),
        (".hidden", ".part"),
        ("no suffix", ".part"),
        ("a\n.jpg", ".jpg"),
    ],
)
def test_any_name_that_the_file_system_takes(tmp_path, name, suffix):
    for replace in (True, False):
        with atomic(tmp_path / name, replace=replace) as temporary:
            temporary.write_text(name)
            assert temporary.suffix == suffix
        assert (tmp_path / name).read_text() == name
        assert names(tmp_path) == [name]
        (tmp_path / name).unlink()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077, 0o002])
@pytest.mark.parametrize("replace", [True, False])
def test_the_umask_is_respected(tmp_path, mask, replace):
    before = os.umask(mask)
    try:
        with atomic(tmp_path / "a.txt", replace=replace) as temporary:
            temporary.write_text("whole")
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o666 & ~mask


# --- results ---


@pytest.fixture(params=["links", "no links"])
def linking(request, monkeypatch):
    """Once as it is, and once on a file system that knows no hard links."""
    if request.param == "no links":

        def unknown(*_):
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", unknown)


@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "folder"])
def test_a_result_never_replaces_what_appeared_meanwhile(tmp_path, linking, kind):
    target, elsewhere = tmp_path / "a.txt", tmp_path / "elsewhere"

    def appear():
        if kind == "file":
            target.write_text("theirs")
        elif kind == "folder":
            target.mkdir()
        else:
            target.symlink_to(elsewhere)
            elsewhere.write_text("theirs") if kind == "link" else None

    with pytest.raises(FileExistsError, match=r"a\.txt: already there and not overwritten"):
        write(target, "mine", appear)
    if kind in ("file", "link"):
        assert target.read_text() == "theirs"
    assert elsewhere.exists() == (kind == "link")
    assert set(names(tmp_path)) <= {"a.txt", "elsewhere"}


def test_of_many_writers_one_wins(tmp_path, linking):
    barrier = threading.Barrier(8)

    def attempt(number):
        try:
            write(tmp_path / "a.txt", str(number), barrier.wait)
        except FileExistsError:
            return None
        return str(number)

    with ThreadPoolExecutor(8) as pool:
        won = [number for number in pool.map(attempt, range(8)) if number]
    assert won == [(tmp_path / "a.txt").read_text()]
    assert names(tmp_path) == ["a.txt"]


def test_a_link_whose_answer_was_lost_is_no_error(tmp_path, monkeypatch):
    def linked_and_asked_again(old, new):
        real(old, new)
        real(old, new)

    real = os.link
    monkeypatch.setattr(os, "link", linked_and_asked_again)
    write(tmp_path / "a.txt", "mine")
    assert names(tmp_path) == ["a.txt"]


def test_other_errors_are_not_taken_for_missing_links(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "a.txt", "mine")
    assert names(tmp_path) == []


def test_own_files_are_replaced(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
        assert (tmp_path / "a.txt").read_text() == "old"
    assert (tmp_path / "a.txt").read_text() == "new"


def test_an_interruption_leaves_nothing(tmp_path):
    target = tmp_path / "a.txt"

    def interrupted():
        with atomic(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names(tmp_path) == []


def test_the_sha256_of_a_file_is_that_of_its_content(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
