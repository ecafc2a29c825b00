"""`import colorlib` is quick, and its names come when they are asked for."""

import pytest

import colorlib
from colorlib.models.unet import UNet
from helpers.cli import fresh_python

# --- import colorlib ---


def test_neither_the_package_nor_the_command_imports_torch():
    late = {"torch", "fastai", "matplotlib", "av", "cv2", "scenedetect"}
    assert fresh_python(f"import sys, colorlib, colorlib.cli; print({late} & set(sys.modules))") == "set()"


def test_profile_is_the_function_in_any_order_of_imports():
    orders = [
        "import colorlib",
        "from colorlib.settings import set_seed; import colorlib",
        "import colorlib.settings, colorlib",
        "import importlib, colorlib; importlib.import_module('colorlib.settings')",
        "from colorlib import profile; import colorlib; assert profile is colorlib.profile",
    ]
    for order in orders:
        assert fresh_python(f"{order}; print(type(colorlib.profile).__name__)") == "function", order
    assert colorlib.profile("quick").name == "quick"


def test_rooms_and_names_come_when_asked_for():
    """Asked of the function itself: another test may have imported the rooms already."""
    come = colorlib.__getattr__
    assert come("data").__name__ == "colorlib.data"
    assert come("models").UNet is UNet
    assert come("training").learner.__name__.rpartition(".")[2] == "learner"
    assert come("show").picture_grid.__name__ == "picture_grid"
    assert come("Colorizer") is come("colorize").Colorizer
    assert fresh_python("import colorlib; print(colorlib.images.folder.PHOTO_SUFFIXES >= {'.jpg'})") == "True"


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = colorlib.nonsense
    assert not hasattr(colorlib, "_private")
    assert colorlib.__version__[0].isdigit()
    assert {"profile", "Colorizer", "color", "data"} <= set(dir(colorlib))
