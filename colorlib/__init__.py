"""Colorizing grey photographs and films: the code of the book.

`import colorlib` is quick. The rooms of the package (`colorlib.color`, `colorlib.models`, `colorlib.train`,
`colorlib.show` ...) are imported when they are first used, and torch with them.
"""

import importlib
import importlib.util
import pkgutil
from typing import Any

# Bound here and now: the first import of the module colorlib.profile sets the attribute of that name to the
# module, so the function takes the name right after. Later imports of the module do not set it again.
from colorlib.profile import profile

__all__ = ["Colorizer", "__version__", "profile"]


def __getattr__(name: str) -> Any:
    """Import a room, or the Colorizer, when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("colorlib-book")
    if name == "Colorizer":
        from colorlib.colorize import Colorizer

        return Colorizer
    if not name.startswith("_") and importlib.util.find_spec(f"{__name__}.{name}"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names and the rooms, for completion."""
    return sorted({*__all__, *(room.name for room in pkgutil.iter_modules(__path__) if not room.name.startswith("_"))})
