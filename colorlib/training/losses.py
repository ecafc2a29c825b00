"""What training minimises: both sides of the adversarial loss, and the distance between colours."""

import torch
from torch import Tensor, nn
from torch.nn import functional

ADVERSARIAL = ("vanilla", "lsgan", "hinge")
PIXEL = ("l1", "l2", "smooth_l1")


class AdversarialLoss(nn.Module):
    """The adversarial loss on logits: the discriminator's side and the generator's.

    `vanilla` is binary cross-entropy with the non-saturating generator loss, `lsgan` squares the
    distance to the labels 1 and 0, `hinge` asks the discriminator for a margin of 1 on either side.
    All are computed in float32, whatever precision the logits have. For vanilla and lsgan the
    discriminator's loss is the mean of its real and its fake half, which slows it down relative to
    the generator as in pix2pix; for hinge it is their sum.

    Parameters
    ----------
    kind : {"vanilla", "lsgan", "hinge"}

    Raises
    ------
    ValueError
        For another kind.

    References
    ----------
    Goodfellow et al. 2014, equation 1 and section 3; Isola et al. 2017, section 3.3; Mao et al.
    2017, equation 2 with labels 0, 1, 1; Lim and Ye 2017.
    """

    def __init__(self, kind: str = "vanilla") -> None:
        super().__init__()
        if kind not in ADVERSARIAL:
            raise ValueError(
                f"there is no adversarial loss {kind!r}; choose one of {', '.join(ADVERSARIAL)}"
            )
        self.kind = kind

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Compute what the discriminator minimises: real pictures called real, fake ones fake.

        Parameters
        ----------
        real_logits, fake_logits : Tensor
            Logits of any shape; the mean over all of them is taken.

        Returns
        -------
        Tensor
            A scalar, float32.
        """
        real, fake = real_logits.float(), fake_logits.float()
        if self.kind == "hinge":
            return functional.relu(1 - real).mean() + functional.relu(1 + fake).mean()
        return 0.5 * (self._towards(real, 1.0) + self._towards(fake, 0.0))

    def generator(self, fake_logits: Tensor) -> Tensor:
        """Compute what the generator minimises: its own pictures called real.

        Parameters
        ----------
        fake_logits : Tensor
            Logits of any shape; the mean over all of them is taken.

        Returns
        -------
        Tensor
            A scalar, float32.
        """
        fake = fake_logits.float()
        return -fake.mean() if self.kind == "hinge" else self._towards(fake, 1.0)

    def _towards(self, logits: Tensor, label: float) -> Tensor:
        """Mean distance of the logits to one label."""
        target = torch.full_like(logits, label)
        if self.kind == "lsgan":
            return functional.mse_loss(logits, target)
        return functional.binary_cross_entropy_with_logits(logits, target)

    def extra_repr(self) -> str:
        return repr(self.kind)


def pixel_loss(kind: str = "l1", beta: float = 0.05) -> nn.Module:
    """Compute the mean distance between two colour maps in network scale (ab / 110).

    Parameters
    ----------
    kind : {"l1", "l2", "smooth_l1"}
        `l2` is the mean square; `smooth_l1` is quadratic below `beta` and parallel to `l1` above
        it.
    beta : float
        Where `smooth_l1` changes, in network scale: 0.05 is 5.5 CIE units.

    Returns
    -------
    nn.Module
        Called as `loss(ab, true_ab)` on tensors (B, 2, H, W), it returns a scalar.

    Raises
    ------
    ValueError
        For another kind.

    References
    ----------
    Isola et al. 2017, equation 3 (L1).
    """
    if kind == "l1":
        return nn.L1Loss()
    if kind == "l2":
        return nn.MSELoss()
    if kind == "smooth_l1":
        return nn.SmoothL1Loss(beta=beta)
    raise ValueError(f"there is no pixel loss {kind!r}; choose one of {', '.join(PIXEL)}")
