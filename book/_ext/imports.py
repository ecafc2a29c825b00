"""Which files of the package does a piece of code need? Read from the code, without running it.

A room gives its names lazily, so ``from colorlib import show`` alone needs no more than ``show/__init__.py``; what is
taken from the room afterwards, ``show.picture_grid``, needs the file that the room names for it. Code that does
something else with a room, or asks it for a name that is not in its list, needs the whole room.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager


def parsed(cells: Iterable[str]) -> ast.Module:
    """One syntax tree of all cells of a chapter, which may hold IPython's own commands."""
    transform = TransformerManager().transform_cell
    return ast.parse("\n".join(map(transform, cells)))


def chain(node: ast.expr) -> list[str]:
    """The names of a dotted expression: those of `show.figures.picture_grid`; none of anything else."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute) and (before := chain(node.value)):
        return [*before, node.attr]
    return []


class Package:
    """The files of a package and what each of them imports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name

    @cached_property
    def files(self) -> dict[str, Path]:
        """The file of each module; a room's is its `__init__`."""
        found = {}
        for path in self.folder.rglob("*.py"):
            parts = path.relative_to(self.folder.parent).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
        return found

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        """The syntax tree of each module."""
        return {module: ast.parse(path.read_text("utf8")) for module, path in self.files.items()}

    @cached_property
    def lazy(self) -> dict[str, str]:
        """The module of each name that a room gives lazily: `colorlib.show.picture_grid`, `colorlib.show.figures`."""
        found = {}
        for room in filter(self.is_room, self.files):
            for node in ast.walk(self.trees[room]):
                if isinstance(node, ast.keyword) and node.arg == "submod_attrs":
                    for module, names in ast.literal_eval(node.value).items():
                        found |= {f"{room}.{name}": f"{room}.{module}" for name in names}
        return found

    def names(self, tree: ast.Module) -> Iterator[str]:
        """The dotted names of the package that code imports, or takes from what it imported."""
        bound = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.split(".")[0] == self.name:
                        yield alias.name
                        bound[alias.asname or self.name] = alias.name if alias.asname else self.name
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == self.name:
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    bound[alias.asname or alias.name] = full
                    yield full
        inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner:
                first, *rest = chain(node) or [""]
                if self.is_room(bound.get(first, "")):
                    yield ".".join([bound[first], *(rest or ["*"])])
            elif isinstance(node, ast.List | ast.Tuple):  # the words of a command: `python -m colorlib`
                words = [word.value for word in node.elts if isinstance(word, ast.Constant)]
                if ("-m", self.name) in pairwise(words):
                    yield f"{self.name}.__main__"

    def is_room(self, name: str) -> bool:
        """Whether a dotted name is the package or one of its rooms."""
        return name in self.files and self.files[name].name == "__init__.py"

    def homes(self, name: str) -> set[str]:
        """The modules that a dotted name needs: its own, and the rooms above it."""
        known, rest = self.name, name.split(".")[1:]
        found = {known}
        while rest:
            step = f"{known}.{rest.pop(0)}"
            step = self.lazy.get(step, step)
            if step not in self.files:  # a name that the file defines, or one that nobody lists
                whole = self.is_room(known) and (known != self.name or step.endswith(".*"))
                return found | (self.room(known) if whole else set())
            known = step
            found |= {known, known.rpartition(".")[0]}
        return found

    def room(self, name: str) -> set[str]:
        """Every module of a room."""
        return {module for module in self.files if module.startswith(f"{name}.")}

    def closure(self, cells: Iterable[str]) -> set[Path]:
        """Every file of the package that a chapter's cells need, directly or through other files."""
        found: set[str] = set()
        todo = {home for name in self.names(parsed(cells)) for home in self.homes(name)}
        while todo:
            module = todo.pop()
            found.add(module)
            todo |= self.needed[module] - found
        return {self.files[module] for module in found}

    @cached_property
    def needed(self) -> dict[str, set[str]]:
        """The modules that each module needs for what it takes from the package."""
        names = {module: set(self.names(tree)) for module, tree in self.trees.items()}
        return {module: {home for name in taken for home in self.homes(name)} for module, taken in names.items()}
