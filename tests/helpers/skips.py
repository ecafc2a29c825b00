"""On continuous integration a skip that nobody has foreseen is a failure; why each test was skipped stands above it."""

import os
import re
import sys

import pytest

CI = os.environ.get("CI", "").lower() in ("1", "true")
# Why a test may be skipped there, and what is lost by it.
EVERYWHERE = (
    r"no CUDA device",  # the runners have no graphics card
    r"a small disk cannot be mounted here: .*",  # the tests of files that may not grow go the same road
    r"Skipping benchmark \(--benchmark-skip active\)\.",  # `make bench` runs them
    r"no wheelhouse in _build/teach/bundle: .*",  # some gigabytes, and only a teacher wants them
    r"no firefox: .*",  # chromium opens the same pages
    r"only `make` installs the pinned versions",  # weekly, with the newest and the oldest
)
NOT_ON_LINUX = (
    r"Windows has no umask",
    r"other file systems take no such names",
    r"no pipes with a name here",
    r"(the peak is read from|reads) /proc.*",
    r"this system has no /proc",
    r"this file system takes them for one",
    r"kills as Linux does",
    r"Windows sets no limits",
)


def unforeseen(reasons: list[str], system: str = sys.platform) -> list[str]:
    """The reasons that are in no list of those for this system."""
    known = EVERYWHERE if system == "linux" else EVERYWHERE + NOT_ON_LINUX
    said = [reason.removeprefix("Skipped: ") for reason in reasons]
    return sorted({reason for reason in said if not any(re.fullmatch(pattern, reason, re.S) for pattern in known)})


def _reasons(terminal: pytest.TerminalReporter) -> list[str]:
    return [report.longrepr[2] for report in terminal.stats.get("skipped", []) if isinstance(report.longrepr, tuple)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what fails the run."""
    found = unforeseen(_reasons(terminalreporter)) if CI else []
    if found:
        terminalreporter.section("skips that tests/helpers/skips.py does not foresee", red=True)
        for reason in found:
            terminalreporter.line(reason)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that has passed with such a skip."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if CI and terminal and session.exitstatus == pytest.ExitCode.OK and unforeseen(_reasons(terminal)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
