"""Recorded files belong to the edition of the package that is installed, and to no other."""

import email.message
import json
from types import SimpleNamespace

import pytest

from colorlib.experiments import recorded

GIT = {"url": "https://github.com/some/body", "vcs_info": {"vcs": "git", "commit_id": "1" * 40}}


@pytest.fixture
def install(monkeypatch):
    """Pretend that an edition of the package is installed."""

    def installed(version, record="colorlib/__init__.py,sha256=a,1\n", direct=None):
        texts = {"RECORD": record, "direct_url.json": direct and json.dumps(direct)}
        package = SimpleNamespace(version=version, read_text=texts.get)
        monkeypatch.setattr(recorded.importlib.metadata, "distribution", lambda name: package)
        return recorded.edition()

    return installed


def test_every_edition_has_another_key(install):
    editions = [
        install("0.1.0"),
        install("0.2.0"),
        install("0.1.0", record="colorlib/__init__.py,sha256=b,1\n"),
        install("0.1.0", record=None),
        install("0.1.0", direct=GIT),
        install("0.1.0", direct=GIT | {"vcs_info": {"vcs": "git", "commit_id": "2" * 40}}),
    ]
    assert len({key for _, key in editions}) == len(editions)
    assert editions[0] == install("0.1.0", direct={"url": "file:///somewhere", "dir_info": {}})
    assert [revision for revision, _ in editions] == ["main"] * 4 + ["1" * 40, "2" * 40]


def test_without_an_installed_package_there_is_an_answer_too(monkeypatch):
    def missing(name):
        raise recorded.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(recorded.importlib.metadata, "distribution", missing)
    assert recorded.edition() == ("main", "unknown")


def test_this_edition_is_part_of_the_cache():
    assert recorded.edition() == (recorded.REVISION, recorded.CACHE.name)


def test_an_upgrade_fetches_anew_from_its_own_commit(monkeypatch, tmp_path, install):
    metadata = email.message.Message()
    metadata["Project-URL"] = f"Repository, {tmp_path.as_uri()}"
    monkeypatch.setattr(recorded.importlib.metadata, "metadata", lambda name: metadata)
    monkeypatch.setattr(recorded, "RESULTS", tmp_path / "nowhere")
    for number in "12":
        folder = tmp_path / "raw" / (40 * number) / "book" / "results"
        folder.mkdir(parents=True)
        (folder / "run.csv").write_text(f"epoch,loss\n1,{number}\n")
        revision, key = install("0.1.0", direct=GIT | {"vcs_info": {"commit_id": 40 * number}})
        monkeypatch.setattr(recorded, "REVISION", revision)
        monkeypatch.setattr(recorded, "CACHE", tmp_path / "cache" / key)
        assert recorded.recorded_log("run")["loss"].tolist() == [int(number)]
