"""A benchmark that measures a ratio keeps to the recorded one; `--renew` records instead."""

from collections.abc import Generator

import pytest

from helpers import speeds


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --renew, as in `make bench PYTEST=--renew`."""
    parser.addoption("--renew", action="store_true", help="record the ratios that the benchmarks measure")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Compare, or record, after a benchmark that has passed."""
    result = yield
    measured = pyfuncitem.funcargs["benchmark"].extra_info
    if "ratio" in measured:
        name = f"{pyfuncitem.path.name}::{pyfuncitem.name}"
        if pyfuncitem.config.getoption("renew"):
            speeds.record(name, measured)
        record = speeds.recorded().get(name)
        before = record["ratio"] if record else "not yet"
        print(f"{name}: recorded {before}, now {measured['ratio']}")
        if speeds.too_slow(measured["ratio"], record):
            pytest.fail(f"{name}: ratio {measured['ratio']} is below {speeds.LEAST} of the recorded {before}")
    return result
