"""The board to draw on, without a browser: strokes in, marks and colours out."""

import sys

import numpy as np
import pytest

from colorlib.classical import blend, propagate
from colorlib.colorize.hints import Point

pytest.importorskip("ipycanvas")
from colorlib.show.scribble_board import ScribbleBoard

L = np.full((24, 32), 50.0)


def draw(board: ScribbleBoard, *places: tuple[int, int]) -> None:
    """Draw through pixels (row, column), as a mouse would."""
    x, y = ((place[1] + 0.5) * board.scale for place in places), ((place[0] + 0.5) * board.scale for place in places)
    first, *rest = zip(x, y, strict=True)
    board.start(*first)
    for place in rest:
        board.move(*place)
    board.stop()


def test_a_stroke_marks_what_it_passes():
    board = ScribbleBoard(L)
    board.radius.value = 1
    board.color.value = "#2050c0"
    draw(board, (4, 3), (4, 10), (9, 10))
    board.move(200, 200)  # the pen is up
    marked, values = board.marks()
    expected = np.zeros_like(marked)
    expected[4, 3:11] = expected[4:10, 10] = True
    np.testing.assert_array_equal(marked, expected)
    np.testing.assert_allclose(values[4, 5], Point(0, 0, "#2050c0").ab())
    board.radius.value = 4
    draw(board, (12, 20))
    assert board.marks()[0].sum() > marked.sum() + 30


def test_later_strokes_cover_and_undo_uncovers():
    board = ScribbleBoard(L)
    board.color.value = "#c03020"
    draw(board, (10, 5), (10, 20))
    board.color.value = "#208040"
    draw(board, (10, 12))
    assert board.marks()[1][10, 12, 0] < 0 < board.marks()[1][10, 6, 0]
    board.undo()
    assert board.marks()[1][10, 12, 0] > 0
    board.undo()
    board.undo()
    assert not board.marks()[0].any()


@pytest.mark.parametrize("method", [propagate, blend])
def test_the_button_spreads_with_the_chosen_method(method):
    board = ScribbleBoard(L, method)
    assert board.spread() is None
    assert "Draw a stroke first" in board.message.value
    draw(board, (2, 2), (2, 6))
    np.testing.assert_allclose(board.spread(), method(L, *board.marks()))
    assert "1 stroke" in board.message.value
    draw(board, (23, 31), (40, 60))  # out of the picture
    assert board.marks()[0][23, 31]


def test_what_is_missing_or_no_picture_is_named(monkeypatch):
    with pytest.raises(ValueError, match=r"L must be \(H, W\)"):
        ScribbleBoard(np.zeros((2, 3, 3)))
    monkeypatch.setitem(sys.modules, "ipycanvas", None)
    with pytest.raises(ImportError, match="the board needs ipycanvas: pip install"):
        ScribbleBoard(L)
