"""Exercises and equations are counted chapter by chapter: the label `ex-07-2` is Exercise 7.2, `ex-08b-1` is 8b.1.

Sphinx numbers what has a number by the sections of the contents. Ours are not numbered, so it would count on and on.
"""

import re

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

LABEL = re.compile(r"ex-0?(\w+)-(\d+)")
CHAPTER = re.compile(r"notebooks/0?(\w+?)_")


def count_by_chapter(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Number exercises as their labels say, equations in their order; called by Sphinx after its own numbering."""
    for page, kinds in env.toc_fignumbers.items():
        for label in kinds.get("exercise", {}):
            if found := LABEL.fullmatch(label):
                kinds["exercise"][label] = (found[1], found[2])
        if chapter := CHAPTER.match(page):
            for count, label in enumerate(kinds.get("displaymath", {}), 1):
                kinds["displaymath"][label] = (chapter[1], str(count))
    return []


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("env-get-updated", count_by_chapter, priority=900)  # Sphinx's own has 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
