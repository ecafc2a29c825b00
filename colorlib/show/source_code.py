"""The code itself on the page: the source of a function, a method or a class."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from colorlib.settings import repository, revision

__all__ = ["Source", "source"]

ROOT = Path(__file__).resolve().parents[2]
LONG = 25  # lines; what is longer can be folded away
# On the book's pages the theme colours what has the class `highlight`, in light and dark.
# These are for notebooks: on a light ground, on a dark one.
INKS = {
    ".k, .kc, .kd, .kn, .ow": ("#7928a1", "#dcc6e0"),
    ".s, .sa, .s1, .s2, .si, .se": ("#00622f", "#abe338"),
    ".c, .c1, .sd": ("#515151", "#d4d0ab"),
    ".m, .mi, .mf, .mh": ("#7f4707", "#dcc6e0"),
    ".nf, .nc, .fm, .nd": ("#005b82", "#66d9ef"),
}
# Jupyter, Colab, an editor.
DARK = ('[data-jp-theme-light="false"]', '[theme="dark"]', ".vscode-dark")


def _rules(scope: str, shade: int) -> str:
    """Rules for a light ground (0) or a dark one (1); `:where` gives way to the book's theme."""
    return "".join(
        f":where({scope} .colorlib-source :is({tokens})) {{ color: {inks[shade]}; }}"
        for tokens, inks in INKS.items()
    )


STYLE = f"""<style>
.colorlib-source {{ margin: 0 0 1.25rem; max-width: 100%; }}
.colorlib-source summary {{ cursor: pointer; }}
.colorlib-source pre {{ line-height: 1.5; margin: 0; max-width: 100%; overflow-x: auto;
  padding: 0.75rem; white-space: pre; }}
.colorlib-source p {{ font-size: 0.95rem; line-height: 1.5; margin: 0.25rem 0;
  overflow-wrap: anywhere; }}
{_rules(":root", 0)}{_rules(f":is({', '.join(DARK)})", 1)}
</style>"""


@dataclass(frozen=True)
class Source:
    """What `source` found; a notebook shows it as HTML, a terminal as text.

    Attributes
    ----------
    signature : str
        Full name and parameters.
    code : str
        Its lines, with docstrings cut to their first line.
    place : str
        File and lines, as seen from the root of the repository.
    address : str or None
        Of these lines on the web; None for what is no part of the package.
    """

    signature: str
    code: str
    place: str
    address: str | None

    def __repr__(self) -> str:
        return f"# {self.signature}\n# {self.place}\n{self.code}"

    def _repr_html_(self) -> str:
        """Show the highlighted code under its signature; what is long can be folded away."""
        code = highlight(self.code, PythonLexer(), HtmlFormatter(cssclass="highlight"))
        place = escape(self.place)
        link = (
            f'<p><a href="{escape(self.address)}">{place}</a></p>'
            if self.address
            else f"<p>{place}</p>"
        )
        head, lines = f"<code>{escape(self.signature)}</code>", len(self.code.splitlines())
        if lines <= LONG:
            return f'{STYLE}<div class="colorlib-source"><p>{head}</p>{code}{link}</div>'
        head = f"<summary>{head} ({lines} lines)</summary>"
        return (
            f'{STYLE}<div class="colorlib-source"><details open>{head}{code}</details>{link}</div>'
        )


def source(thing: Callable[..., Any] | property) -> Source:
    """Show the code of a function, a method or a class, as the package runs it.

    Docstrings are cut to their first line, because the reference has the whole of them. Code of
    more than 25 lines can be folded away.

    Parameters
    ----------
    thing : function, method, property or class
        Written in Python.

    Returns
    -------
    Source
        To be the last line of a cell.

    Raises
    ------
    TypeError
        When it is none of these, or its code is not there.

    Examples
    --------
    >>> from colorlib.color import lightness
    >>> print(source(lightness).signature)
    colorlib.color.lab.lightness(rgb)
    """
    inside = thing.fget if isinstance(thing, property) else thing
    found = inside and inspect.unwrap(inside)
    if found is None or not (inspect.isroutine(found) or inspect.isclass(found)):
        raise TypeError(
            "the code of a function, a method or a class can be shown, "
            f"not that of a {type(thing).__name__}"
        )
    try:
        lines, start = inspect.getsourcelines(found)
        path = Path(inspect.getsourcefile(found) or "").resolve()
    except (OSError, TypeError) as error:
        raise TypeError(f"the code of {found!r} is not there: {error}") from error
    ours = path.is_relative_to(ROOT / "colorlib")
    name, end = path.relative_to(ROOT).as_posix() if ours else path.name, start + len(lines) - 1
    base = repository() if ours else None
    return Source(
        signature=f"{found.__module__}.{found.__qualname__}{_parameters(found)}",
        code=_short_docstrings(textwrap.dedent("".join(lines)).rstrip()),
        place=f"{name}, lines {start} to {end}",
        address=base and f"{base}/blob/{revision()}/{name}#L{start}-L{end}",
    )


def _parameters(thing: Callable[..., Any]) -> str:
    """List the parameters with their defaults; their types are in the code below."""
    signature = inspect.signature(thing)
    bare = [
        p.replace(annotation=p.empty)
        for p in signature.parameters.values()
        if p.name not in ("self", "cls")
    ]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


def _short_docstrings(code: str) -> str:
    """Cut each docstring of several lines to its first."""
    lines = code.splitlines()
    owners = [
        n
        for n in ast.walk(ast.parse(code))
        if isinstance(n, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    docs = [owner.body[0] for owner in owners if ast.get_docstring(owner, clean=False) is not None]
    for doc in sorted(docs, key=lambda node: -node.lineno):
        if doc.end_lineno is not None and doc.end_lineno > doc.lineno:
            lines[doc.lineno - 1 : doc.end_lineno] = [lines[doc.lineno - 1].rstrip() + '"""']
    return "\n".join(lines)
