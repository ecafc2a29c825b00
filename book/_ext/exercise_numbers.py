"""Exercises are counted chapter by chapter: the label `ex-07-2` is Exercise 7.2, `ex-08b-1` is 8b.1.

Sphinx numbers what has a number by the sections of the contents. Ours are not numbered, so it would count on and on.
"""

import re

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

LABEL = re.compile(r"ex-0?(\w+)-(\d+)")


def count_by_chapter(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Number the exercises as their labels say; called by Sphinx after it has numbered them itself."""
    for kinds in env.toc_fignumbers.values():
        for label in kinds.get("exercise", {}):
            if found := LABEL.fullmatch(label):
                kinds["exercise"][label] = (found[1], found[2])
    return []


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("env-get-updated", count_by_chapter, priority=900)  # Sphinx's own has 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
