"""Write the quizzes of all chapters for learning platforms: GIFT (Moodle), QTI 1.2 (Canvas), and JSON for jupyterquiz.

    python book/tools/quizzes.py FOLDER

The questions are those of `book/teach/quizzes/*.yml`, which the pages show as well.
"""

import html
import json
import re
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as Xml

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "book" / "_ext"))

from quizzes_page import FOLDER, Question, Quiz, inline, read_quizzes  # noqa: E402

QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
MANIFEST = "http://www.imsglobal.org/xsd/imscp_v1p1"


def plain(text: str) -> str:
    """Text without its marks."""
    return re.sub(r"[`*]", "", text)


def as_gift(quiz: Quiz) -> str:
    """One quiz in Moodle's GIFT format: https://docs.moodle.org/en/GIFT_format."""

    def escaped(text: str) -> str:
        return re.sub(r"([~=#{}:\\])", r"\\\1", plain(text))

    blocks = []
    for number, question in enumerate(quiz.questions, 1):
        answers = [
            f"\t~{escaped(answer)}#{escaped(question.wrong[answer])}"
            if answer in question.wrong
            else f"\t={escaped(answer)}"
            for answer in question.answers
        ]
        title = escaped(f"{quiz.title} {number}")
        blocks.append("\n".join([f"::{title}::{escaped(question.ask)} {{", *answers, "}"]))
    return "\n\n".join(blocks) + "\n"


def as_jupyterquiz(quiz: Quiz) -> list[dict]:
    """One quiz as jupyterquiz reads it: https://github.com/jmshea/jupyterquiz."""
    return [
        {
            "question": inline(question.ask),
            "type": "many_choice",
            "answers": [
                {
                    "answer": plain(answer),
                    "correct": answer == question.right,
                    "feedback": plain(question.wrong.get(answer, "Right.")),
                }
                for answer in question.answers
            ],
        }
        for question in quiz.questions
    ]


def _item(question: Question, ident: str) -> Xml.Element:
    """One question of QTI 1.2, with what is said to each wrong answer."""
    item = Xml.Element("item", ident=ident, title=plain(question.ask)[:80])
    presentation = Xml.SubElement(item, "presentation")
    material = Xml.SubElement(Xml.SubElement(presentation, "material"), "mattext", texttype="text/html")
    material.text = inline(question.ask)
    response = Xml.SubElement(presentation, "response_lid", ident="response", rcardinality="Single")
    choices = Xml.SubElement(response, "render_choice")
    for place, answer in enumerate(question.answers):
        label = Xml.SubElement(choices, "response_label", ident=f"{ident}-{place}")
        text = Xml.SubElement(Xml.SubElement(label, "material"), "mattext", texttype="text/html")
        text.text = inline(answer)
    processing = Xml.SubElement(item, "resprocessing")
    score = {"maxvalue": "100", "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
    Xml.SubElement(Xml.SubElement(processing, "outcomes"), "decvar", score)
    for place, answer in enumerate(question.answers):
        condition = Xml.SubElement(processing, "respcondition", {"continue": "Yes"})
        equal = Xml.SubElement(Xml.SubElement(condition, "conditionvar"), "varequal", respident="response")
        equal.text = f"{ident}-{place}"
        if answer == question.right:
            Xml.SubElement(condition, "setvar", action="Set", varname="SCORE").text = "100"
        else:
            Xml.SubElement(condition, "displayfeedback", feedbacktype="Response", linkrefid=f"{ident}-{place}-why")
    for place, answer in enumerate(question.answers):
        if answer in question.wrong:
            why = Xml.SubElement(item, "itemfeedback", ident=f"{ident}-{place}-why")
            flow = Xml.SubElement(Xml.SubElement(why, "flow_mat"), "material")
            Xml.SubElement(flow, "mattext", texttype="text/html").text = inline(question.wrong[answer])
    return item


def write_qti(quizzes: dict[str, Quiz], path: Path) -> None:
    """All quizzes as one package that Canvas imports: https://www.imsglobal.org/question/."""
    manifest = Xml.Element("manifest", identifier="quizzes", xmlns=MANIFEST)
    Xml.SubElement(manifest, "organizations")
    resources = Xml.SubElement(manifest, "resources")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for ident, quiz in quizzes.items():
            root = Xml.Element("questestinterop", xmlns=QTI)
            assessment = Xml.SubElement(root, "assessment", ident=ident, title=html.unescape(quiz.title))
            section = Xml.SubElement(assessment, "section", ident="root_section")
            for number, question in enumerate(quiz.questions, 1):
                section.append(_item(question, f"{ident}-{number}"))
            package.writestr(f"{ident}/{ident}.xml", Xml.tostring(root, "utf-8", xml_declaration=True))
            about = {"identifier": ident, "type": "imsqti_xmlv1p2", "href": f"{ident}/{ident}.xml"}
            Xml.SubElement(Xml.SubElement(resources, "resource", about), "file", href=f"{ident}/{ident}.xml")
        package.writestr("imsmanifest.xml", Xml.tostring(manifest, "utf-8", xml_declaration=True))


def write_all(folder: Path) -> list[Path]:
    """Write every quiz in every format; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    quizzes = {
        f"{path.stem}-{number}": quiz
        for path in sorted(FOLDER.glob("*.yml"))
        for number, quiz in enumerate(read_quizzes(path), 1)
    }
    written = []
    for name, quiz in quizzes.items():
        for suffix, text in ((".gift", as_gift(quiz)), (".json", json.dumps(as_jupyterquiz(quiz), indent=1))):
            written.append(folder / f"{name}{suffix}")
            written[-1].write_text(text, "utf8")
    write_qti(quizzes, folder / "quizzes-qti.zip")
    return [*written, folder / "quizzes-qti.zip"]


if __name__ == "__main__":
    print(f"{len(write_all(Path(sys.argv[1])))} files in {sys.argv[1]}")
