"""Figures: labelled, on the neutral ground, shown once, and honest about what they cannot draw."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from nbclient import NotebookClient
from nbformat import v4

from colorlib import show
from colorlib.color.lab import lab_to_rgb


@pytest.fixture
def rgb() -> torch.Tensor:
    return torch.rand(3, 40, 60, generator=torch.Generator().manual_seed(0))


def pixels(fig: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def texts(fig: Figure) -> str:
    return " ".join(text.get_text() for text in fig.findobj(mpl.text.Text))


def figures(rgb: torch.Tensor, log: pd.DataFrame) -> dict[str, Figure]:
    return {
        "grid": show.picture_grid([[rgb, rgb], [rgb, rgb]], ["left", "right"], ["one", "two"]),
        "lab": show.lab_channels(rgb),
        "field": show.receptive_field_figure(rgb, [8, 16]),
        "curves": show.loss_curves(log),
        "gamut": show.gamut_figure([30, 70]),
    }


def test_figures_have_one_opaque_neutral_ground_and_let_go_of_pyplot(rgb, log):
    before = dict(mpl.rcParams)
    for name, fig in figures(rgb, log).items():
        corner = pixels(fig)[0, 0]
        assert corner[3] == 255, name
        assert len(set(corner[:3])) == 1, name  # neutral: no hue
        assert 0.7 < corner[0] / 255 < 0.95, name
        assert fig.get_figwidth() <= 7, name
        assert fig.dpi >= 144, name
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def test_text_is_large_enough_dark_enough_and_inside_the_figure(rgb, log):
    for name, fig in figures(rgb, log).items():
        height, width = pixels(fig).shape[:2]
        shown = [text for text in fig.findobj(mpl.text.Text) if text.get_text() and text.get_visible()]
        assert shown, name
        for text in shown:
            assert text.get_fontsize() >= 9, (name, text)
            assert max(to_rgb(text.get_color())) < 0.25, (name, text)
        for text in [*fig.texts, *(ax.title for ax in fig.axes)]:
            box = text.get_window_extent()
            assert box.x0 >= -2, (name, text)
            assert box.x1 <= width + 2, (name, text)
            assert box.y1 <= height + 2, (name, text)


def test_style_ends_with_its_block():
    before = mpl.rcParams["figure.facecolor"]
    with show.style():
        assert mpl.rcParams["figure.facecolor"] == show.SURROUND
    assert mpl.rcParams["figure.facecolor"] == before


def test_a_cell_shows_the_figure_once():
    cell = v4.new_code_cell(
        "import torch\nfrom colorlib import show\nfig = show.picture_grid([[torch.rand(3, 8, 8)]], ['noise'])\nfig"
    )
    notebook = v4.new_notebook(cells=[cell])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    pictures = [output for output in notebook.cells[0].outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 1


def test_grid_takes_every_kind_of_picture_and_shows_its_values(rgb):
    array = rgb.permute(1, 2, 0).numpy()
    kinds = [rgb, rgb[None], array, np.asarray(array * 255).round().astype(np.uint8), rgb.double()]
    fig = show.picture_grid([kinds], list("abcde"))
    for ax in fig.axes:
        np.testing.assert_allclose(ax.images[0].get_array(), array, atol=0.5 / 255)
    grey = show.picture_grid([[rgb[:1]], [array[..., 0]]], ["grey"])
    for ax in grey.axes:
        shown = np.asarray(ax.images[0].get_array())
        np.testing.assert_allclose(shown, np.repeat(array[..., :1], 3, axis=2), atol=1e-6)


def test_grid_takes_batches_as_rows_and_labels_every_panel(rgb):
    batch = torch.stack([rgb, 1 - rgb])
    captions = [["20 dB", "21 dB"], ["22 dB", "23 dB"]]
    fig = show.picture_grid([batch, batch], ["grey", "model"], ["cat", "dog"], captions)
    found = texts(fig)
    for label in ("grey", "model", "cat", "dog", *captions[0], *captions[1]):
        assert label in found
    ragged = show.picture_grid([[rgb, rgb], [rgb]], ["a", "b"])
    assert [len(ax.images) for ax in ragged.axes] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("rows", "columns", "titles", "message"),
    [
        (0, [], None, "1 to 5"),
        (6, list("abcdef"), None, "1 to 5"),
        (2, ["a"], None, "1 column titles for 2"),
        (1, ["a"], ["x", "y"], "2 row titles for 1"),
    ],
)
def test_grid_refuses_what_does_not_fit(rgb, rows, columns, titles, message):
    with pytest.raises(ValueError, match=message):
        show.picture_grid([[rgb] * rows], columns, titles)


def test_grid_refuses_captions_and_shapes_that_do_not_fit(rgb):
    with pytest.raises(ValueError, match="one caption per picture"):
        show.picture_grid([[rgb, rgb]], ["a", "b"], captions=[["only one"]])
    with pytest.raises(ValueError, match=r"got shape \(60, 40, 4\)"):
        show.picture_grid([[torch.rand(4, 60, 40)]], ["a"])


def test_lab_channels_show_ab_at_one_lightness(rgb):
    one = show.lab_channels(rgb)
    assert [ax.get_title() for ax in one.axes] == [
        "photograph",
        "L: lightness",
        "a: green to red",
        "b: blue to yellow",
    ]
    grey = np.asarray(one.axes[1].images[0].get_array())
    assert np.ptp(grey, axis=2).max() < 1e-3
    flat = torch.full((1, 3, 4, 4), 0.5)
    a_panel = np.asarray(show.lab_channels(flat).axes[2].images[0].get_array())
    expected = lab_to_rgb(torch.tensor([65.0, 0, 0]).view(1, 3, 1, 1)).flatten().numpy()
    np.testing.assert_allclose(a_panel[0, 0], expected, atol=2e-3)
    assert len(show.lab_channels(torch.stack([rgb] * 3)).axes) == 12


def test_receptive_field_cuts_the_middle(rgb):
    fig = show.receptive_field_figure(rgb, 10)
    cut = np.asarray(fig.axes[1].images[0].get_array())
    np.testing.assert_allclose(cut, rgb[:, 15:25, 25:35].permute(1, 2, 0).numpy())
    assert "10 × 10" in texts(fig)
    larger = show.receptive_field_figure(rgb, [10, 100])
    assert larger.axes[2].images[0].get_array().shape == (40, 60, 3)
    assert "all of it" in larger.axes[2].get_title()
    for sizes in (0, [], [1, 2, 3, 4]):
        with pytest.raises(ValueError, match="one to three sizes"):
            show.receptive_field_figure(rgb, sizes)


def test_gamut_shows_displayable_colours_in_their_place():
    fig = show.gamut_figure([50], {"rust": (40, 40)})
    rgba = np.asarray(fig.axes[0].images[0].get_array())
    left, right, bottom, top = fig.axes[0].images[0].get_extent()
    column = round((40 - left) / (right - left) * (rgba.shape[1] - 1))
    row = round((40 - bottom) / (top - bottom) * (rgba.shape[0] - 1))
    expected = lab_to_rgb(torch.tensor([50.0, 40, 40]).view(1, 3, 1, 1)).flatten().numpy()
    np.testing.assert_allclose(rgba[row, column, :3], expected, atol=0.02)
    assert rgba[row, column, 3] == 1
    assert rgba[0, 0, 3] == 0  # a = b = -110 is no displayable colour
    assert "rust" in texts(fig)
    for Ls in ([], [101], [50] * 7):
        with pytest.raises(ValueError, match="one to six lightnesses"):
            show.gamut_figure(Ls)


def test_a_closed_figure_is_drawn_again_as_it_stands(rgb):
    fig = show.picture_grid([[rgb]], ["noise"])
    show.figure_pixels(fig)
    fig.set_layout_engine("none")
    first = show.figure_pixels(fig)
    np.testing.assert_array_equal(first, pixels(fig)[..., :3])
    fig.axes[0].images[0].set_data(np.zeros((40, 60, 3)))
    again = show.figure_pixels(fig)
    assert again.shape == first.shape
    height, width = again.shape[:2]
    assert again[height // 2, width // 2].max() == 0 < first[height // 2, width // 2].max()
