"""Colorizing grey photographs and films: the code of the book.

`import colorlib` is quick. The rooms of the package (`colorlib.color`, `colorlib.models`,
`colorlib.training`, `colorlib.show` ...) are imported when they are first used, and torch with
them.
"""

from typing import Any

import lazy_loader

_lazy, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "album",
        "classical",
        "cli",
        "color",
        "colorize",
        "data",
        "demo",
        "experiments",
        "film",
        "images",
        "metrics",
        "models",
        "show",
        "teach",
        "training",
    ],
    submod_attrs={"colorize.colorizer": ["Colorizer"], "settings": ["profile", "set_seed"]},
)


def __getattr__(name: str) -> Any:
    """Import a room or a name when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("colorlib-book")
    return _lazy(name)
