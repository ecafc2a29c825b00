"""The pages of the reference, written from the package itself: one a room, with every public name in it.

A page `book/reference/ROOM.md` holds its title. What follows is added when Sphinx reads it: the names that the room
exports, under the address at which chapters import them, then what else is public in each of the room's files.
"""

import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from sphinx.application import Sphinx
from sphinx.ext.napoleon import NumpyDocstring

FOLDER = "book/reference/"


def is_code(thing: object) -> bool:
    """Whether autodoc has something to say about it: constants and types are told by their users."""
    return inspect.isroutine(thing) or inspect.isclass(thing)


def explanation(module: ModuleType) -> str:
    """What a file says of itself, without the papers that it follows and the marks that lead to them."""
    said = (inspect.getdoc(module) or "").partition("\n\nReferences\n")[0]
    return re.sub(r"\s\[\d+\]_", "", said)


def own(module: ModuleType) -> dict[str, object]:
    """The public functions and classes that a file defines itself and explains."""
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    found = {name: getattr(module, name) for name in names}
    return {
        name: thing
        for name, thing in found.items()
        if is_code(thing) and thing.__module__ == module.__name__ and thing.__doc__
    }


def entry(address: str, thing: object) -> list[str]:
    """The directive that documents a function or a class."""
    if inspect.isclass(thing):
        return [f".. autoclass:: {address}", "   :members:", "   :special-members: __call__", ""]
    return [f".. autofunction:: {address}", ""]


def sections(room: str) -> Iterator[tuple[str, list[str]]]:
    """The headings of a page and the reStructuredText under each."""
    package = import_module(room)
    names = getattr(package, "__all__", own(package))
    exported = {name: getattr(package, name) for name in names if name not in submodules(package)}
    exported = {name: thing for name, thing in exported.items() if is_code(thing)}
    if exported:
        table = [".. autosummary::", "", *(f"   ~{room}.{name}" for name in exported), ""]
        yield "What it offers", sum((entry(f"{room}.{n}", thing) for n, thing in exported.items()), table)
    for name in submodules(package):
        module = import_module(f"{room}.{name}")
        rest = {n: thing for n, thing in own(module).items() if thing not in exported.values()}
        if rest:
            text = [*explanation(module).splitlines(), ""]
            yield f"`{room}.{name}`", sum((entry(f"{room}.{name}.{n}", thing) for n, thing in rest.items()), text)


def submodules(package: ModuleType) -> list[str]:
    """The names of a room's files, in order."""
    return [info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_")]


def write_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Add a room's names to its page; called by Sphinx with every page that it reads."""
    if not name.startswith(FOLDER):
        return
    room = f"colorlib.{name.removeprefix(FOLDER)}"
    parts = [source[0].rstrip(), explanation(import_module(room))]
    for heading, text in sections(room):
        parts.append("\n".join([f"## {heading}", "", "````{eval-rst}", *text, "````"]))
    source[0] = "\n\n".join(parts) + "\n"


class Properties:
    """Property docstrings are read like those of methods: napoleon would take what precedes a colon for a type."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}

    def before(self, app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
        """Keep a property's docstring, formatted; called by autodoc ahead of napoleon."""
        if what == "property":
            text = NumpyDocstring(lines, app.config, app, "method", name, thing, options)
            self.texts[name] = text.lines()

    def after(self, app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
        """Put it in the place of what napoleon made; called by autodoc behind napoleon."""
        if what == "property":
            lines[:] = self.texts.pop(name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    properties = Properties()
    app.connect("source-read", write_page)
    app.connect("autodoc-process-docstring", properties.before, priority=400)
    app.connect("autodoc-process-docstring", properties.after, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
