import pytest

from colorlib.images.on_demand import OnDemand


def test_each_item_is_made_when_it_is_asked_for():
    made = []
    squares = OnDemand(lambda index: made.append(index) or index**2, 5)

    assert len(squares) == 5
    assert made == []
    assert squares[3] == 9
    assert made == [3]


def test_it_is_read_like_any_sequence():
    squares = OnDemand(lambda index: index**2, 4)

    assert list(squares) == [0, 1, 4, 9]
    assert squares[-1] == 9
    assert squares[1:3] == [1, 4]
    with pytest.raises(IndexError):
        squares[4]
