"""The recorded speeds: the page is made from the file, each record belongs to a benchmark, and slower fails."""

import ast
import os
import shutil
import subprocess
import sys

import pytest

from helpers import speeds


def test_the_page_is_made_from_the_file():
    assert speeds.recorded()
    assert speeds.README.read_text("utf8") == speeds.table(speeds.recorded())


def test_each_record_belongs_to_a_benchmark():
    for name in speeds.recorded():
        file, _, test = name.partition("::")
        tree = ast.parse((speeds.FOLDER / file).read_text("utf8"))
        assert test.partition("[")[0] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


@pytest.mark.parametrize(("ratio", "slow"), [(3.99, True), (4.01, False), (9.0, False)])
def test_too_slow_is_below_eight_tenths(ratio, slow):
    assert speeds.too_slow(ratio, {"ratio": 5.0}) is slow
    assert not speeds.too_slow(ratio, None)


BENCHMARK = '''"""A sum. Nothing else."""

def test_sum(benchmark):
    benchmark.pedantic(sum, args=([1, 2],), rounds=1)
    benchmark.extra_info["ratio"] = {ratio}
'''


@pytest.fixture
def bench(tmp_path):
    """A folder with one benchmark, and how to run it: `bench(ratio, *options)` gives what pytest says."""
    helpers, folder = tmp_path / "helpers", tmp_path / "benchmarks"
    helpers.mkdir()
    folder.mkdir()
    shutil.copy(speeds.__file__, helpers)
    shutil.copy(speeds.FOLDER / "conftest.py", folder)
    (folder / "recorded.json").write_text("{}")

    def run(ratio, *options):
        (folder / "test_sum.py").write_text(BENCHMARK.format(ratio=ratio))
        command = [sys.executable, "-m", "pytest", folder, "-s", "-p", "no:cacheprovider", *options]
        paths = os.pathsep.join([str(tmp_path), str(speeds.FOLDER.parents[1])])
        environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key} | {"PYTHONPATH": paths}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    run.folder = folder
    return run


def test_a_benchmark_is_recorded_and_held_to_it(bench):
    first = bench(4.0)
    assert first.returncode == 0, first.stdout
    assert "recorded not yet, now 4.0" in first.stdout
    assert bench(5.0, "--renew").returncode == 0
    assert "| [test_sum](test_sum.py) A sum | 5.0 |" in (bench.folder / "README.md").read_text()
    assert "recorded 5.0, now 4.5" in bench(4.5).stdout
    slower = bench(3.9)
    assert slower.returncode == 1
    assert "ratio 3.9 is below 0.8 of the recorded 5.0" in slower.stdout
