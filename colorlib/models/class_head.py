"""A head that names the class of a picture from its global vector (Iizuka et al. 2016, 3.4)."""

from dataclasses import dataclass
from typing import TypedDict

from torch import Tensor, nn
from torch.nn import functional

from colorlib.models.auxiliary import Auxiliary


@dataclass(frozen=True)
class ClassLogits(Auxiliary):
    """The classes that a head names; its loss is cross-entropy times `alpha`."""

    logits: Tensor  # (B, classes)
    alpha: float  # weight of the cross-entropy beside the pixel loss

    def losses(self, ab: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """Compute the weighted cross-entropy, by name; ab is not looked at."""
        return {"class": self.alpha * functional.cross_entropy(self.logits, self._checked(label))}

    def metrics(self, ab: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """Say whether each picture was named rightly (B,), by name; ab is not looked at."""
        return {"class_accuracy": (self.logits.argmax(1) == self._checked(label)).float()}

    def _checked(self, label: Tensor | None) -> Tensor:
        """Return the labels, or raise an error that says where they come from."""
        if label is None:
            raise ValueError(
                "a fusion layer with classes needs labels: "
                "make the loaders with labels, or set classes 0"
            )
        return label.as_subclass(Tensor)


class ClassHead(nn.Module):
    """Names the class of a picture from its global vector.

    Parameters
    ----------
    vector : int
        Numbers in the global vector.
    classes : int
        At least 2.
    alpha : float
        Of `ClassLogits`.

    References
    ----------
    Iizuka et al. 2016, section 3.4.
    """

    def __init__(self, vector: int, classes: int, alpha: float) -> None:
        super().__init__()
        if classes < 2:
            raise ValueError(f"a head that names classes needs at least 2 of them, not {classes}")
        self.layers = nn.Sequential(
            nn.Linear(vector, vector), nn.ReLU(), nn.Linear(vector, classes)
        )
        self.classes, self.alpha = classes, alpha

    def forward(self, vector: Tensor) -> ClassLogits:
        """Map global vectors (B, V) to logits (B, classes) with their loss."""
        return ClassLogits(self.layers(vector).float(), self.alpha)


class FusionArguments(TypedDict, total=False):
    """What a generator with a `FusionLayer` hands on to it."""

    branch: str
    vector: int
    classes: int
    alpha: float


def names_classes(fusion: FusionArguments | None) -> bool:
    """Tell whether a `FusionLayer` gets a head, hence an auxiliary loss."""
    return bool(fusion and fusion.get("classes"))
