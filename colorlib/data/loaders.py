"""Batches of photographs, shuffled for training, in order for validation."""

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from fastai.data.core import DataLoaders, TfmdDL
from fastai.torch_basics import default_device
from torch import Tensor

from colorlib.data.dataset import KEEP_DECODED, LabTransform, Photographs
from colorlib.data.unchanged import SourceChangedError
from colorlib.settings import set_seed

__all__ = ["PhotographLoader", "dataloaders", "set_epoch", "validation_loader"]


class PhotographLoader(TfmdDL):
    """fastai's `TfmdDL`, whose order and crops depend on seed and epoch alone.

    Every pass is the next epoch; `set_epoch` chooses it. With `n` smaller than the data set, an
    epoch is that many photographs, drawn anew each time.
    """

    next_epoch = 0

    def get_idxs(self) -> list[int]:
        """Give fastai the order of a pass: the first `n` of the shuffled data set."""
        order = list(range(len(self.dataset)))
        return (self.shuffle_fn(order) if self.shuffle else order)[: self.n]

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield an epoch's batches; an error if broken files leave none, or a file has changed."""
        count = 0
        try:
            for batch in super().__iter__():
                count += 1
                yield batch
        except SourceChangedError as error:
            # A worker's error arrives with a traceback as its text, whose last line is the message.
            raise SourceChangedError(
                str(error).rpartition(f"{SourceChangedError.__name__}: ")[2].strip()
            ) from None
        if count == 0:
            paths = self.dataset.paths
            raise ValueError(
                f"too few of {len(paths)} photographs could be read to make a batch (the first is "
                f"{paths[0]}): "
                "find the broken ones with colorlib.data.scan_photographs"
            )

    def randomize(self) -> None:
        """Draw anew, before fastai starts workers, who get a copy of the data set."""
        self.dataset.epoch = self.next_epoch
        self.next_epoch += 1
        self.rng = random.Random(f"order {self.dataset.seed} {self.dataset.epoch}")


def set_epoch(dls: DataLoaders, epoch: int) -> None:
    """Make an epoch depend on the seed and its number alone; call it when an epoch begins.

    The training loader's next pass has the order and the crops of that epoch, and the random
    numbers of Python, numpy and torch (dropout, for example) start from the two numbers too: a run
    that is resumed at an epoch goes on as if it had never stopped.

    Parameters
    ----------
    dls : DataLoaders
        From `dataloaders`; also when fastai has wrapped them for several processes.
    epoch : int
        Counted from 0.
    """
    loader = getattr(dls.train, "dl", dls.train)  # fastai's DistributedDL keeps ours in .dl
    loader.next_epoch = epoch
    set_seed(random.Random(f"epoch {loader.dataset.seed} {epoch}").getrandbits(32))


def dataloaders(
    train: Sequence[Path],
    valid: Sequence[Path],
    size: int = 128,
    batch_size: int = 16,
    crops: int = 1,
    seed: int = 42,
    workers: int | None = None,
    device: torch.device | str | None = None,
    smallest_crop: float = 0.6,
    degraded: float = 0.0,
    epoch: int = 0,
    labels: bool = False,
) -> DataLoaders:
    """Make the two loaders that training wants; a batch is a tuple ``(L, ab)`` in network scale.

    Training photographs are shuffled anew every epoch, cropped at random (a square of 0.6 to 1
    times the shorter side; the aspect ratio is kept) and flipped left to right half of the time;
    the last, smaller batch is dropped. Validation photographs come in the given order, all of them,
    cut to their middle square. A file that turns out to be broken is named in a warning and
    skipped; one that changes or vanishes later is an error.

    Parameters
    ----------
    train, valid : sequence of Path
        Photographs, for example from `colorlib.data.training_photographs`.
    size : int
        Side of the crops, in pixels.
    crops : int
        Crops of every training photograph in an epoch, for short lists.
    seed : int
        The same seed gives the same batches.
    workers : int, optional
        Processes that decode; 0 decodes in this one. When not given: as many as there are cores, at
        most 8, and 0 for short lists that are cropped several times, which are decoded once and
        kept.
    device : torch.device or str, optional
        Where the batches and their Lab conversion are; fastai's default device when not given.
    smallest_crop : float
        The smallest training crop, as a part of the shorter side.
    degraded : float
        The part of the training pictures whose grey is degraded by `colorlib.data.degrade`.
    epoch : int
        Photographs in a training epoch, drawn anew each time; 0 for all of them.
    labels : bool
        A batch is ``(L, ab, label)``: a photograph's class is the folder it lies in.

    Returns
    -------
    DataLoaders
        ``.train`` and ``.valid`` yield L (B, 1, size, size) in [-1, 1] and ab (B, 2, size, size) in
        about [-1, 1], and perhaps labels (B,), whole numbers that count the training photographs'
        folders in the order of their names.

    Raises
    ------
    ValueError
        When a list is empty, when a photograph is in both, or when there are fewer training
        photographs than a batch; with labels, when there is only one folder, or a validation
        photograph lies in a folder without training ones.

    References
    ----------
    Gunnam et al. 2022: Lab, L as input and ab as target, flips, 256 x 256.
    """
    # Refuse what would train on nothing, or be validated with what was trained on.
    train, valid = [Path(path) for path in train], [Path(path) for path in valid]
    if not train or not valid:
        raise ValueError(
            f"no photographs to {'train on' if not train else 'validate with'}: give at least one"
        )
    both = {path.resolve() for path in train} & {path.resolve() for path in valid}
    if both:
        raise ValueError(
            f"{min(both)} is a training and a validation photograph: it must be one or the other"
        )
    if len(train) * crops < batch_size:
        raise ValueError(
            f"{len(train)} training photographs with {crops} crop(s) each do not fill a batch of "
            f"{batch_size}: "
            f"choose a smaller --batch-size (at most {len(train) * crops}), "
            "more crops or more photographs"
        )
    if 0 < epoch < batch_size:
        raise ValueError(
            f"an epoch of {epoch} photographs does not fill a batch of {batch_size}: make it longer"
        )
    if degraded and size % 8:
        raise ValueError(
            "degraded greys are saved as JPEG, in blocks of 8 pixels: "
            f"choose a multiple of 8, not {size}"
        )
    classes = sorted({path.parent.name for path in train}) if labels else []
    if len(classes) == 1:
        raise ValueError(
            f"{train[0].parent} holds all photographs: "
            "labels need a folder for each of several classes"
        )
    # Few photographs are kept decoded: processes beside this one would each decode them again.
    few = crops > 1 and len(train) <= KEEP_DECODED
    train_loader = PhotographLoader(
        Photographs(train, size, crops, True, seed, smallest_crop, classes),
        bs=batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=0 if workers is None and few else _workers(workers),
        after_batch=LabTransform(degraded),
        n=min(epoch or len(train) * crops, len(train) * crops),
    )
    valid_loader = validation_loader(valid, size, batch_size, workers, classes=classes)
    return DataLoaders(train_loader, valid_loader, device=torch.device(device or default_device()))


def validation_loader(
    photographs: Sequence[Path],
    size: int = 128,
    batch_size: int = 16,
    workers: int | None = None,
    device: torch.device | str | None = None,
    classes: Sequence[str] = (),
) -> PhotographLoader:
    """Make a loader of all photographs in order, of each the middle square; no chance.

    Parameters
    ----------
    size : int
        Side of the squares, in pixels.
    batch_size : int
        The last batch may be smaller.
    workers : int, optional
        As in `dataloaders`.
    device : torch.device or str, optional
        As in `dataloaders`.
    classes : sequence of str
        As in `Photographs`.

    Returns
    -------
    PhotographLoader
        Yields L (B, 1, size, size) and ab (B, 2, size, size) in network scale, and with classes
        labels (B,).

    Raises
    ------
    ValueError
        When there are no photographs.
    """
    photographs = [Path(path) for path in photographs]
    if not photographs:
        raise ValueError("no photographs: give at least one")
    return PhotographLoader(
        Photographs(photographs, size, classes=classes),
        bs=batch_size,
        num_workers=0 if workers is None and len(photographs) <= batch_size else _workers(workers),
        after_batch=LabTransform(),
        device=torch.device(device or default_device()),
    )


def _workers(workers: int | None) -> int:
    """As many processes as asked for, or as there are cores, at most 8."""
    return min(8, os.cpu_count() or 1) if workers is None else workers
