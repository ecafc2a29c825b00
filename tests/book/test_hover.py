"""A word of the glossary says what it means where it is used."""

import re
import subprocess
import sys
from pathlib import Path

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"
GLOSSARY = """Words
=====

.. glossary::

   hue
      The direction of a colour. It has
      no strength.

   chroma
      How strong a colour is: its distance from grey, :math:`\\sqrt{a^2}`.
"""
PAGE = """Page
====

What :term:`hue` and :term:`the strength <chroma>` are, and :doc:`a link <words>`.
"""


def test_links_to_terms_have_the_first_sentence_as_their_title(tmp_path):
    (tmp_path / "conf.py").write_text(f"import sys\nsys.path.append({str(EXTENSIONS)!r})\nextensions = ['hover']\n")
    (tmp_path / "index.rst").write_text(PAGE + "\n.. toctree::\n\n   words\n")
    (tmp_path / "words.rst").write_text(GLOSSARY)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(tmp_path), str(tmp_path / "html")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "html" / "index.html").read_text("utf8")
    titles = {}
    for link in re.findall(r"<a [^>]*#term-[^>]*>", text):
        titles[re.search(r"#term-(\w+)", link)[1]] = re.search(r'title="([^"]*)"', link)[1]
    assert titles == {
        "hue": "The direction of a colour.",
        "chroma": "How strong a colour is: its distance from grey.",
    }
