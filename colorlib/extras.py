"""How to install what only some readers need."""

import importlib.metadata

__all__ = ["install_hint"]


def install_hint(extra: str) -> str:
    """Say how to install an optional part of this package, from the address that the package itself names.

    Parameters
    ----------
    extra : str
        One of the extras in pyproject.toml.

    Returns
    -------
    str
        A command. Where the address is unknown, because the package was not installed, what to do in words.
    """
    try:
        entries = importlib.metadata.metadata("colorlib-book").get_all("Project-URL", [])
    except importlib.metadata.PackageNotFoundError:
        entries = []
    address = dict(entry.split(", ", 1) for entry in entries).get("Repository")
    if address is None:
        return f"install this package from its repository, with the extra `{extra}`"
    return f"pip install 'colorlib-book[{extra}] @ git+{address}'"
