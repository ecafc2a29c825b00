"""Names of the package in a chapter's code lead to the reference.

A page's imports say what its names are. Pygments has put each name into a span; where a chain of them, such as
`color.rgb_to_lab`, is in the reference, it becomes a link. A name that the page also gives to something of its own
stays as it is.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

DOT = r'<span class="o">\.</span>'
BLOCK = re.compile(r'<div class="highlight-i?python3? .*?</pre>', re.DOTALL)
# Not after a dot, and not the name of a keyword argument, which has an equals sign right behind it.
CHAIN = re.compile(
    rf'(?<!{DOT})<span class="n">\w+</span>(?:{DOT}<span class="n">\w+</span>)*(?!\w|<span class="o">=</span>)'
)
NAME = re.compile(r'<span class="n">(\w+)</span>')


def imported(sources: Iterable[str]) -> dict[str, str]:
    """Return what the names of a page are, as addresses in the package."""
    names, own = {}, set()
    for source in sources:
        try:
            found = list(ast.walk(ast.parse(source)))
        except SyntaxError:  # such as a command of the shell
            continue
        for node in found:
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "colorlib":
                names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
            elif isinstance(node, ast.Import):
                names |= {each.name: each.name for each in node.names if each.name == "colorlib"}
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                own.add(node.id)
            elif isinstance(node, ast.arg | ast.FunctionDef | ast.ClassDef):
                own.add(node.arg if isinstance(node, ast.arg) else node.name)
    return {name: address for name, address in names.items() if name not in own}


def found(address: str, known: Mapping[str, Any]) -> str | None:
    """Return the name under which the reference has an address: a file's name may be listed under its room."""
    if address in known:
        return address
    parts = address.split(".")
    name = parts[-1]
    if len(parts) == 2 and not name[0].isupper():  # a room
        return None
    within = ".".join(parts[: 2 if len(parts) > 2 else 1]) + "."
    same = [
        each
        for each, entry in known.items()
        if each.startswith(within)
        and each.endswith(f".{name}")
        and entry.objtype in ("function", "class")
        and not entry.aliased
    ]
    return same[0] if len(same) == 1 else None


def linked(body: str, names: Mapping[str, str], known: Mapping[str, Any], uri: Callable[[str], str]) -> str:
    """Return a page's HTML with links around the names in its code that the reference has."""

    def link(chain: re.Match[str]) -> str:
        parts = NAME.findall(chain[0])
        if parts[0] not in names:
            return chain[0]
        for length in range(len(parts), 0, -1):
            target = found(".".join([names[parts[0]], *parts[1:length]]), known)
            if target:
                end = list(NAME.finditer(chain[0]))[length - 1].end()
                return f'<a class="code-link" href="{uri(target)}">{chain[0][:end]}</a>{chain[0][end:]}'
        return chain[0]

    return BLOCK.sub(lambda block: CHAIN.sub(link, block[0]), body)


def link_page(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Link the code of a page; called by Sphinx with every page that it writes."""
    if tree is None or "body" not in context or page.startswith("book/reference/"):
        return
    names = imported(block.astext() for block in tree.findall(nodes.literal_block))
    known = app.env.get_domain("py").objects
    if names:
        context["body"] = linked(
            context["body"],
            names,
            known,
            lambda name: f"{app.builder.get_relative_uri(page, known[name].docname)}#{known[name].node_id}",
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("html-page-context", link_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
