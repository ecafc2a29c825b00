"""What a generator may learn from beside its colours, and how it hands that to whoever trains it.

Every generator is called as ``generator(L)`` and returns ab. One with auxiliary losses says so with
an attribute ``has_auxiliary``, and ``generator(L, auxiliary=True)`` returns ``(ab, auxiliary)``:
what the losses are computed from, with the losses themselves. The network keeps nothing of a batch.
"""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Auxiliary(ABC):
    """What a generator found in a batch beside its colours."""

    @abstractmethod
    def losses(self, ab: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """Compare it with the truth.

        Parameters
        ----------
        ab : Tensor, (B, 2, H, W)
            The true colours, network scale.
        label : Tensor, (B,), optional
            The classes of the pictures, where they come with a batch.

        Returns
        -------
        dict of str to Tensor
            Name to scalar.
        """

    def metrics(self, ab: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """Measure it, for the validation.

        Parameters
        ----------
        ab, label
            As in `losses`.

        Returns
        -------
        dict of str to Tensor
            Name to one number for each picture (B,); empty when there is nothing to measure.
        """
        return {}


def has_auxiliary(generator: nn.Module) -> bool:
    """Tell whether a generator, out of its wrapper for several processes, has auxiliary losses."""
    return getattr(generator, "has_auxiliary", False)
