"""A sequence whose items are made when they are asked for."""

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

__all__ = ["OnDemand"]

Item = TypeVar("Item")


class OnDemand(Sequence[Item]):
    """A sequence that holds nothing: each item is made anew whenever it is asked for.

    Parameters
    ----------
    make : callable
        Gets the index of an item, from 0.
    count : int
        How many there are.
    """

    def __init__(self, make: Callable[[int], Item], count: int) -> None:
        self._make, self._indices = make, range(count)

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequence[Item]": ...
    def __getitem__(self, index: int | slice) -> "Item | Sequence[Item]":
        if isinstance(index, slice):
            return [self._make(number) for number in self._indices[index]]
        return self._make(self._indices[index])
