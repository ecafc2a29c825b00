"""Print what the changelog says of a release.

    python book/tools/changelog.py v0.2.0

It fails when the tag is not the version in pyproject.toml, or the changelog has no section for it.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def notes(tag: str, changelog: str, pyproject: str) -> str:
    """The section of a version, without its heading."""
    version = tomllib.loads(pyproject)["project"]["version"]
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, and pyproject.toml says {version}: they must agree")
    found = re.search(rf"(?ms)^## \[?{re.escape(version)}\]?[^\n]*\n(.*?)(?=^## |\Z)", changelog)
    if not found or not found[1].strip():
        raise ValueError(f"CHANGELOG.md says nothing under the heading {version}: move there what is released")
    return found[1].strip() + "\n"


def main() -> int:
    """Print the notes of the tag that is named; return the exit code."""
    try:
        text = notes(
            sys.argv[1], (ROOT / "CHANGELOG.md").read_text("utf8"), (ROOT / "pyproject.toml").read_text("utf8")
        )
    except (IndexError, ValueError) as error:
        print(error if isinstance(error, ValueError) else __doc__, file=sys.stderr)
        return 1
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
