"""Who learns in a phase of training; a recipe can be read without importing the training."""

from typing import Literal

Players = Literal["generator", "critic", "both"]
