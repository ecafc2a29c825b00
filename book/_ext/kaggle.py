"""Kaggle among the places where a chapter opens: the theme knows Binder and Colab, and no other can be set."""

from typing import Any

from sphinx.application import Sphinx

WELCOME = "https://kaggle.com/kernels/welcome?src=https://github.com/"  # copies a notebook from an address


def add_kaggle(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object) -> None:
    """Add the button beside Colab's; called by Sphinx with every page, after the theme has made its buttons."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []) if group.get("label") == "launch-buttons" else []:
            if button["text"] == "Colab":
                address = WELCOME + button["url"].partition("/github/")[2]
                kaggle = {"text": "Kaggle", "tooltip": "Launch on Kaggle", "icon": "fas fa-flask", "url": address}
                group["buttons"].append({"type": "link", **kaggle})
                break


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("html-page-context", add_kaggle, priority=502)  # the theme's own are made at 501
    return {"parallel_read_safe": True, "parallel_write_safe": True}
