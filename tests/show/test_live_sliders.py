"""Figures that turn where a kernel runs: what is turned to is computed then."""

import base64
from io import BytesIO

import numpy as np
from nbclient import NotebookClient
from nbformat import v4
from PIL import Image

from colorlib.show import View, live

TWO = {"red <R>": [2, 5, 9], "green": [1, 8]}


def test_live_computes_what_is_turned_to():
    calls = []

    def draw(red, green):
        calls.append((red, green))
        frame = np.zeros((40, 80, 3))
        frame[...] = (red / 10, green / 10, 0)
        return View(frame, {"sum": red + green, "ratio, <1>": green / (red + green)})

    red, green, picture, numbers = live(draw, TWO).children
    assert calls == [(2, 1)]
    red.value = 9
    green.value = 8
    assert calls[1:] == [(9, 1), (9, 8)]
    seen = np.asarray(Image.open(BytesIO(picture.value)))[20, 40].astype(int)
    assert np.abs(seen - [0.9 * 255, 0.8 * 255, 0]).max() < 1
    assert numbers.value == "sum: 17<br>ratio, &lt;1&gt;: 0.4706"


def test_live_shows_picture_numbers_and_boxes_in_a_kernel():
    code = (
        "import numpy as np\nfrom colorlib.show import View, live\n"
        "def draw(n):\n    return View(np.zeros((20, 20)), {'size': n / 3}, [(5, 5, n, n)])\n"
        "live(draw, {'n': [4, 8]}).children[0].value = 8"
    )
    notebook = v4.new_notebook(cells=[v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert any("widget-view" in kind for output in notebook.cells[0].outputs for kind in output.get("data", {}))
    widgets = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    models = {widget["model_name"]: widget for widget in widgets}
    assert "OutputModel" not in models, "nbclient waits for ever, now and then"
    shown = Image.open(BytesIO(base64.b64decode(models["ImageModel"]["buffers"][0]["data"])))
    seen = np.asarray(shown.convert("RGB"))
    assert seen[5, 9].tolist() == [255, 212, 0], "the edge of the box"
    assert seen[2, 2].tolist() == [0, 0, 0]
    assert models["HTMLModel"]["state"]["value"] == "size: 2.667"
