"""The adversarial game of Isola et al. 2017, one round of it: what chapter 6 prints and explains line by line."""

import torch
from fastai.data.core import DataLoaders
from fastai.optimizer import OptimWrapper
from torch import Tensor, nn

from colorlib.devices import autocast
from colorlib.training.distributed import average_gradients
from colorlib.training.losses import AdversarialLoss, own_losses


class Game:
    """Two players and one round of their game, as a part of `training.ColorizationLearner`.

    Attributes
    ----------
    model, discriminator : nn.Module
        The generator and its critic.
    opt, opt_d : OptimWrapper
        An optimizer for each.
    pixel_loss : nn.Module
    adversarial : AdversarialLoss
    lambda_l1 : float
        Weight of the pixel loss beside the adversarial one.
    players : {"generator", "critic", "both"}
        Who learns.
    """

    dls: DataLoaders
    model: nn.Module
    discriminator: nn.Module | None
    opt: OptimWrapper
    opt_d: OptimWrapper | None
    pixel_loss: nn.Module
    adversarial: AdversarialLoss
    lambda_l1: float
    clip: float | None
    precision: str
    scaler: torch.amp.GradScaler
    totals: dict[str, Tensor]

    def play(self, L: Tensor, ab: Tensor, *labels: Tensor) -> None:
        """Play one round: the generator colours a batch, the critic learns from it, then the generator does.

        Parameters
        ----------
        L : Tensor
            Grey pictures (B, 1, H, W), in [-1, 1].
        ab : Tensor
            Their true colours (B, 2, H, W), in network scale.
        *labels : Tensor
            What else comes with a batch, such as the pictures' classes (B,).

        References
        ----------
        Isola et al. 2017, equations 1 to 4; Goodfellow et al. 2014, algorithm 1.
        """
        # The generator guesses. Its graph is kept only if it is going to learn from this round.
        with self.autocast(), torch.set_grad_enabled(self.players != "critic"):
            guess = self.model(L).float()
        loss_pixel = self.pixel_loss(guess, ab)
        # Lambda weighs the pixel loss in the warm-up too. Adam remembers how large gradients were: if they grew a
        # hundred times when the critic joins, its first steps would undo what was learned.
        loss = self.lambda_l1 * loss_pixel
        self.count("pixel", loss_pixel)

        # A network may have an aim of its own beside the colours, such as to name what it sees (chapter 14).
        if self.players != "critic":
            for name, loss_own in own_losses(self.model, ab, *labels).items():
                loss = loss + loss_own
                self.count(name, loss_own)

        # The critic learns: true colours should be called real, the guess fake. `detach` ends its gradient here, and
        # no pixel loss enters: the critic never learns how far off a colour was, only that it was invented.
        if self.players != "generator":
            self.discriminator.requires_grad_(True)
            loss_d = self.adversarial.discriminator(self.judge(L, ab), self.judge(L, guess.detach()))
            self.learn_from(loss_d, self.discriminator, self.opt_d)
            self.count("d", loss_d)

        # The generator's aim: fool the critic that has just learned, and stay within lambda of the truth. The critic
        # is frozen, so that the gradient flows through it and not into it.
        if self.players == "both":
            self.discriminator.requires_grad_(False)
            loss_gan = self.adversarial.generator(self.judge(L, guess))
            loss = loss + loss_gan
            self.count("gan", loss_gan)

        # The generator learns.
        if self.players != "critic":
            self.learn_from(loss, self.model, self.opt)
        self.pred, self.loss = guess.detach(), loss.detach()

    def judge(self, L: Tensor, ab: Tensor) -> Tensor:
        """Ask the discriminator about colours together with the grey picture that they are meant for.

        Parameters
        ----------
        L, ab : Tensor
            (B, 1, H, W) and (B, 2, H, W), in network scale.

        Returns
        -------
        Tensor
            A map of logits (B, 1, h, w), one for each patch.
        """
        with self.autocast():
            return self.discriminator(torch.cat([L, ab], dim=1))

    def learn_from(self, loss: Tensor, network: nn.Module, optimizer: OptimWrapper) -> None:
        """Take one step downhill: gradients, their clipping, the optimizer's step.

        Parameters
        ----------
        loss : Tensor
            A scalar.
        network : nn.Module
            The player that learns.
        optimizer : OptimWrapper
            Its own optimizer. The discriminator's follows the learning rate of the generator's.
        """
        if optimizer is self.opt_d:
            optimizer.set_hypers(lr=float(self.opt.hypers[-1]["lr"]))
        self.scaler.scale(loss).backward()
        if network is self.discriminator:
            average_gradients(network)
        if self.clip:
            self.scaler.unscale_(optimizer.opt)
            nn.utils.clip_grad_norm_(network.parameters(), self.clip)
        self.scaler.step(optimizer.opt)
        self.scaler.update()
        optimizer.zero_grad()

    def count(self, name: str, loss: Tensor) -> None:
        """Add a loss to the epoch's sum, on the device: reading it here would make a GPU wait.

        Parameters
        ----------
        name : str
        loss : Tensor
            A scalar.
        """
        self.totals[name] = self.totals.get(name, 0.0) + loss.detach()

    def autocast(self) -> torch.autocast:
        """The context in which networks run: half precision where the device is faster for it."""
        return autocast(self.dls.device, self.precision)
