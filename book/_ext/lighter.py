"""Pages that load less: pictures as WebP and when they come into view, icons from one font, no widgets' state.

The theme sends its icons twice, as fonts and as a script of 1.5 MB that draws them anew as SVG. The fonts do, and one
of them: the other has brands, of which only one was shown. Widgets of cells that a page leaves out (they need a kernel)
would still leave all that they hold in it. The index of the search page and MathJax, each larger than most pages, are
sent with pages that have no search and no formula, and scripts in the head hold up the first line of text. Films and
pairs of pictures are text of the page, so that a notebook needs no files; the book puts them into files, which wait
until they are seen or played.
"""

import base64
import hashlib
import os
import re
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx

SCRIPT = re.compile(r'\s*<script defer src="[^"]*_static/scripts/fontawesome\.js[^"]*"></script>')
BRANDS = re.compile(r'\s*<link rel="preload"[^>]*fa-brands-400\.woff2[^>]*>')
BRAND, ICON = '<i class="fab fa-github">', '<i class="fas fa-code-branch">'  # the repository
SEARCH = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
MATHJAX = re.compile(r'\s*<script defer="defer" src="[^"]*_static/mathjax/[^"]*"></script>')
# The options are wanted at once, by scripts that stand in the page itself.
EARLY = re.compile(r'<script (?=(?:data-[^> ]*="[^"]*" )?src="[^"]*_static/(?!documentation_options))')
STATE = re.compile(r'<script type="application/vnd\.jupyter\.widget-state\+json">.*?</script>', re.DOTALL)
WAITING = re.compile(r'(<img loading="lazy" src|poster|src(?=="data:video/))="data:\w+/(\w+);base64,([\w+/=]+)"')
HASHED = re.compile(r"[0-9a-f]{64}")  # how myst-nb names what a chapter shows, by its content
PNG = re.compile(r'((?:src|href)="(?:[^"]*/)?_images/[^"]+)\.png(?=")')


def load_when_seen(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Let the pictures of a page wait, but for the first; called by Sphinx with every page that it writes."""
    for picture in list(tree.findall(nodes.image))[1:]:
        picture["loading"] = "lazy"


def leave_out_scripts(app: Sphinx, exception: Exception | None) -> None:
    """Take out of all pages, once built, what they do not use, and let the other scripts wait for the text."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf8")
        unused = [SCRIPT, STATE, BRANDS]
        if 'class="math' not in text:
            unused.append(MATHJAX)
        if page.name != "search.html":
            unused.append(SEARCH)
        for part in unused:
            text = part.sub("", text)
        if page.name != "search.html":
            text = EARLY.sub("<script defer ", text)
        page.write_text(text.replace(BRAND, ICON), "utf8")
    for file in Path(app.outdir, "_static", "scripts").glob("fontawesome.js*"):
        file.unlink()


def pictures_as_webp(app: Sphinx, exception: Exception | None) -> None:
    """Put a WebP in the place of every PNG that a chapter made, when the book was built."""
    if exception or app.builder.format != "html":
        return
    for picture in Path(app.outdir, "_images").glob("*.png"):
        lighter = picture.with_suffix(".webp")
        if not (HASHED.fullmatch(picture.stem) and lighter.is_file()):  # of these pixels, from the last build
            with Image.open(picture) as image:
                # Colours are what the book is about: hardly any loss, and edges of colour stay where they are.
                image.convert("RGB").save(lighter, quality=90, use_sharp_yuv=True)
        picture.unlink()
    for page in Path(app.outdir).rglob("*.html"):
        page.write_text(PNG.sub(r"\1.webp", page.read_text("utf8")), "utf8")


def waiting_as_files(app: Sphinx, exception: Exception | None) -> None:
    """Put the films of the pages, their first frames and the pictures that wait into files, when the book was built."""
    if exception or app.builder.format != "html":
        return
    folder = Path(app.outdir, "_images")
    folder.mkdir(exist_ok=True)
    for page in Path(app.outdir).rglob("*.html"):

        def in_file(found: re.Match[str], page: Path = page) -> str:
            content = base64.b64decode(found[3])
            file = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.{found[2]}"
            file.write_bytes(content)
            return f'{found[1]}="{Path(os.path.relpath(file, page.parent)).as_posix()}"'

        text = page.read_text("utf8")
        if (lighter := WAITING.sub(in_file, text)) != text:
            page.write_text(lighter, "utf8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-resolved", load_when_seen)
    app.connect("build-finished", leave_out_scripts)
    app.connect("build-finished", pictures_as_webp)
    app.connect("build-finished", waiting_as_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
