"""One deck of slides a chapter, from its tagged cells and what they showed when the book was built.

A cell's metadata key `slide` says what it is on a slide: `question` (the first cell, with `notes` for the teacher),
`picture`, `figure`, and `code` with its `lines`. What went wrong, the judgement and the summary come from where they
stand in every chapter. The decks are reveal.js, with its files beside them; nothing is fetched.
"""

import base64
import html
import re
import sys
from pathlib import Path

from markdown_it import MarkdownIt
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
STYLE = """
.reveal { font-family: Georgia, "Palatino Linotype", serif; font-size: 36px; color: #26231f; }
.reveal h1 { font-size: 1.9em; } .reveal h2 { font-size: 1.35em; margin: 0 0 0.5em; }
.reveal h1, .reveal h2 { color: #1f5f7d; text-transform: none; text-wrap: balance; }
.reveal section { text-align: left; } .reveal section > * { max-width: 100%; }
.reveal img { max-height: 480px; max-width: 100%; margin: 0 auto; display: block; background: #d9d9d9; }
.reveal pre { font-size: 0.72em; width: 100%; box-shadow: none; line-height: 1.9; }
.reveal pre code { white-space: pre-wrap; max-height: none; }
.reveal .small { font-size: 0.8em; } .reveal li { margin-bottom: 0.35em; }
.reveal .frame { height: 500px; width: 100%; border: 0; }
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TITLE</title>
<link rel="stylesheet" href="reveal/reset.css">
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="reveal/theme/white.css">
<style>STYLE</style>
</head>
<body>
<div class="reveal"><div class="slides">
SECTIONS
</div></div>
<script src="reveal/reveal.js"></script>
<script src="reveal/notes.js"></script>
<script>
Reveal.initialize({ width: 1280, height: 720, margin: 0.05, hash: true, slideNumber: true, center: false,
  transition: "none", pdfSeparateFragments: false, plugins: [RevealNotes] });
</script>
</body>
</html>
"""


def markdown(text: str) -> str:
    """Markdown as HTML; roles of the book lose their braces, formulas stay as they are typed."""
    text = re.sub(r"\{\w+(?::\w+)?\}`([^`<]+?)(?:\s*<[^>]*>)?`", r"\1", text)
    return MarkdownIt("commonmark", {"html": False}).render(text)


def section(title: str, body: str, minutes: int, notes: str = "", kind: str = "") -> str:
    """One slide; its notes say how long it takes."""
    head = f"<h2>{html.escape(title)}</h2>" if title else ""
    told = f"<p>{minutes} minutes. {html.escape(notes)}</p>"
    return f'<section data-kind="{kind}">{head}{body}<aside class="notes">{told}</aside></section>'


def picture(cell: NotebookNode) -> str:
    """What a cell drew: its picture with its words, or else its HTML in a frame of its own."""
    alt = html.escape(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", ""))
    for output in reversed(cell.outputs):
        data = output.get("data", {})
        for kind in ("image/png", "image/webp", "image/jpeg"):
            if kind in data:
                return f'<img src="data:{kind};base64,{data[kind].strip()}" alt="{alt}">'
        if "text/html" in data:
            page = base64.b64encode(f"<meta charset='utf-8'>{data['text/html']}".encode()).decode()
            return f'<iframe class="frame" title="{alt}" src="data:text/html;base64,{page}"></iframe>'
    raise ValueError(f"the cell {cell.get('id')} is tagged for a slide and drew nothing")


def part(prose: str, heading: str) -> str:
    """What stands below a heading of the chapter, up to the next."""
    return re.split(r"(?m)^## ", prose.partition(f"\n## {heading}\n")[2])[0].strip()


def slides(chapter: NotebookNode) -> list[str]:
    """The slides of a chapter that was executed."""
    opening = chapter.cells[0].source
    title = re.search(r"(?m)^# (.+)$", opening)[1]
    question = re.search(r"(?m)^\*([^*].+)\*$", opening)[1]
    objectives = "; ".join(re.findall(r"(?m)^- (.+?)[;.]?$", opening))
    about = chapter.cells[0].metadata["slide"]
    made = [
        section(
            "",
            f"<h1>{html.escape(title)}</h1>{markdown(question)}",
            about["minutes"],
            f"Let them answer before you go on. Afterwards they can: {objectives}. In class: {about['notes']}",
            "question",
        )
    ]
    shown = {"picture": "", "code": "", "figure": ""}
    lines, minutes = [], 0
    for cell in chapter.cells[1:]:
        slide = cell.metadata.get("slide")
        if slide and slide["kind"] == "code":
            lines, minutes = lines + slide["lines"], max(minutes, slide["minutes"])
        elif slide:
            words = f"What do you see? Wait. {cell.metadata['mystnb']['image']['alt']}"
            shown[slide["kind"]] = section("Look", picture(cell), slide["minutes"], words, slide["kind"])
    words = "Read each line aloud and say what goes in and what comes out, with its shape."
    code = html.escape("\n".join(lines))
    shown["code"] = section("In three lines", f"<pre><code>{code}</code></pre>", minutes, words, "code")
    made += shown.values()
    prose = "\n" + "\n\n".join(cell.source for cell in chapter.cells if cell.cell_type == "markdown")
    wrong = next((part(prose, name) for name in ("What went wrong", "What goes wrong") if part(prose, name)), "")
    leads = re.findall(r"(?m)^(?:- )?\*\*(.+?)\*\*", wrong)
    if leads:
        items = "".join(f"<li>{markdown(lead)[3:-5]}</li>" for lead in leads)
        made.append(section("What went wrong", f"<ul>{items}</ul>", 8, "Ask why it went unseen.", "wrong"))
    judged = next(cell for cell in chapter.cells if cell.metadata.get("exercise", {}).get("kind") == "judgement")
    head, body = re.search(r"\{exercise\} (.+)\n:label: .+\n\n([\s\S]+?)\n```", judged.source).groups()
    body = re.sub(r"\n\nPut the letter[\s\S]*", "", body).replace("; ", ";\n")
    options = [line.strip() for line in body.split("\n") if line.strip()]
    listed = "".join(markdown(line) for line in options)
    words = "Two minutes alone, three in pairs, then hands. Ask for the reason, not for the letter."
    made.append(section(head, f'<div class="small">{listed}</div>', 10, words, "exercise"))
    summary = part(prose, "Summary")
    made.append(section("Summary", f'<div class="small">{markdown(summary)}</div>', 4, "One sentence each.", "summary"))
    return made


def write_deck(chapter: NotebookNode, path: Path) -> Path:
    """Write the deck of one executed chapter; `reveal` must lie beside it."""
    title = re.search(r"(?m)^# (.+)$", chapter.cells[0].source)[1]
    page = PAGE.replace("TITLE", html.escape(title)).replace("STYLE", STYLE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page.replace("SECTIONS", "\n".join(slides(chapter))), "utf8")
    return path


if __name__ == "__main__":
    sys.exit("python book/tools/teach.py makes the decks")
