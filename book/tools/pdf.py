"""Print the whole book into one PDF: its pages in order, page numbers, a contents page, links that stay inside.

`make pdf` runs it on the pages that `make book` built. Chromium prints one document of all pages, so that its own links
and bookmarks work.
"""

import io
import sys
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

sys.path.append(str(Path(__file__).resolve().parent))

from browser import launch, serve

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
OUT = ROOT / "_build" / "pdf" / "colour-for-grey-photographs.pdf"
JOIN = Path(__file__).with_suffix(".js")
NUMBER = '<div style="font-size: 8px; width: 100%; text-align: center"><span class="pageNumber"></span></div>'
PATIENCE = 600_000  # milliseconds; the whole book has some hundred pictures
QUALITY = 88  # of JPEG: no block is seen on paper


@dataclass(frozen=True)
class Part:
    """A part of the book: what it is called, and its pages without their suffix."""

    caption: str
    pages: tuple[str, ...]


def parts(toc: Path = ROOT / "_toc.yml") -> list[Part]:
    """Return the parts of the table of contents, the front page first."""
    contents = yaml.safe_load(toc.read_text("utf8"))
    rest = [Part(part["caption"], tuple(one["file"] for one in part["chapters"])) for part in contents["parts"]]
    return [Part("Front page", (contents["root"],)), *rest]


def packed(picture: bytes) -> bytes | None:
    """Return a picture as JPEG if that is smaller: a PDF knows no WebP, and Chromium packs its pixels without loss."""
    with Image.open(io.BytesIO(picture)) as image:
        if image.mode != "RGB":
            return None
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG", quality=QUALITY, subsampling=0)
        return jpeg.getvalue() if jpeg.tell() < len(zlib.compress(image.tobytes())) else None


def print_pdf(chromium: Any, html: Path, out: Path, title: str, order: Sequence[Part]) -> Path:
    """Print pages into one PDF.

    Parameters
    ----------
    chromium : playwright.sync_api.Browser
        The browser that prints.
    html : Path
        The folder of the built book.
    out : Path
        The file to write; its folder is made.
    title : str
        What stands above the contents.
    order : sequence of Part
        The pages, in order.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    FileNotFoundError
        If a page was not built.
    """
    missing = [page for part in order for page in part.pages if not (html / f"{page}.html").is_file()]
    if missing:
        raise FileNotFoundError(f"{html / missing[0]}.html: not built yet; `make book` first")
    out.parent.mkdir(parents=True, exist_ok=True)
    with serve(html) as address:
        tab = chromium.new_context(bypass_csp=True, color_scheme="light").new_page()
        tab.set_default_timeout(PATIENCE)
        tab.route("**/*.webp", _pack)
        tab.goto(f"{address}/{order[0].pages[0]}.html", wait_until="load")
        tab.evaluate(JOIN.read_text("utf8"), {"title": title, "parts": [asdict(part) for part in order]})
        printed = tab.pdf(
            format="A4",
            margin=dict.fromkeys(("top", "bottom", "left", "right"), "18mm"),
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=NUMBER,
            print_background=True,
            outline=True,
            tagged=True,
        )
    half = out.with_suffix(".part")
    half.write_bytes(printed)
    half.replace(out)
    return out


def _pack(route: Any) -> None:
    answer = route.fetch()
    jpeg = packed(answer.body()) if answer.ok else None
    if jpeg is None:
        route.fulfill(response=answer)
    else:
        route.fulfill(body=jpeg, content_type="image/jpeg")


def main() -> None:
    """Print the book."""
    from playwright.sync_api import sync_playwright

    title = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))["title"]
    with sync_playwright() as playwright, launch(playwright) as chromium:
        print(print_pdf(chromium, HTML, OUT, title, parts()))


if __name__ == "__main__":
    main()
