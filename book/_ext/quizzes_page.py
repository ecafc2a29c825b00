"""Two quizzes at the end of each chapter's page, from `book/teach/quizzes/CHAPTER.yml`.

They work without a kernel: radio buttons in a form, and the explanation of a wrong answer where it was given. Without
scripts the answers unfold. `book/tools/quizzes.py` makes files for learning platforms from the same YAML.
"""

import hashlib
import html
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx

FOLDER = Path(__file__).resolve().parents[1] / "teach" / "quizzes"


@dataclass(frozen=True)
class Question:
    """One question: its answers in the order in which they are shown, and what is said to each."""

    ask: str
    right: str
    wrong: dict[str, str]

    @property
    def answers(self) -> list[str]:
        """All answers, in an order that is always the same and does not give the right one away."""
        return sorted(
            [self.right, *self.wrong], key=lambda answer: hashlib.sha256((self.ask + answer).encode()).digest()
        )


@dataclass(frozen=True)
class Quiz:
    """A few questions under one title."""

    title: str
    questions: list[Question]


def read_quizzes(path: Path) -> list[Quiz]:
    """The quizzes of one chapter."""
    content = yaml.safe_load(path.read_text("utf8"))
    return [
        Quiz(quiz["title"], [Question(**question) for question in quiz["questions"]]) for quiz in content["quizzes"]
    ]


def inline(text: str) -> str:
    """Text as HTML: code between backticks, emphasis between asterisks."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", text)


def as_html(quiz: Quiz, key: str) -> str:
    """A quiz as a form that needs neither a server nor a kernel."""
    parts = [f'<form class="quiz" id="{key}" aria-label="Quiz: {html.escape(quiz.title)}">']
    for number, question in enumerate(quiz.questions, 1):
        name = f"{key}-{number}"
        parts.append(f"<fieldset><legend><span>{number}.</span> {inline(question.ask)}</legend>")
        for place, answer in enumerate(question.answers):
            said = question.wrong.get(answer)
            told = f"No. {said}" if said else "Right."
            parts.append(
                f'<label><input type="radio" name="{name}" value="{place}" data-told="{html.escape(inline(told))}"'
                f"{'' if said else ' data-right'}> <span>{inline(answer)}</span></label>"
            )
        parts.append('<p class="told" role="status"></p>')
        why = "".join(f"<li>{inline(wrong)}: {inline(said)}</li>" for wrong, said in question.wrong.items())
        right = f"<p>{inline(question.right)}.</p>"
        parts.append(
            f"<noscript><details><summary>Answer</summary>{right}<ul>{why}</ul></details></noscript></fieldset>"
        )
    parts.append('<p class="score" role="status"></p></form>')
    return "".join(parts)


def add_quizzes(app: Sphinx, tree: nodes.document) -> None:
    """Put the quizzes of a chapter before its references; called by Sphinx with every page that it read."""
    path = FOLDER / f"{Path(app.env.docname).name}.yml"
    if not app.env.docname.startswith("notebooks/") or not path.is_file():
        return
    app.env.note_dependency(str(path))
    section = nodes.section("", nodes.title("", "Two quizzes"), ids=["two-quizzes"], names=["two quizzes"])
    section += nodes.paragraph("", "Choose an answer, and it says why it does not hold, or that it does.")
    for number, quiz in enumerate(read_quizzes(path), 1):
        part = nodes.section("", nodes.title("", quiz.title), ids=[f"quiz-{number}"], names=[quiz.title.lower()])
        part += nodes.raw("", as_html(quiz, f"quiz-{number}-form"), format="html")
        section += part
    titled = [node for node in tree.findall(nodes.section) if len(node) and isinstance(node[0], nodes.title)]
    last = [node for node in titled if node[0].astext() == "References"]
    parent, place = (last[-1].parent, last[-1].parent.index(last[-1])) if last else (tree, len(tree))
    parent.insert(place, section)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-read", add_quizzes, priority=400)  # before the table of contents is gathered, at 500
    app.add_js_file("quiz.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
