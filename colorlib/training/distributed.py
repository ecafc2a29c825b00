"""Training with several processes: what `distrib_ctx` of fastai lacks for two networks and CPUs."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from fastai.distributed import DistributedDL, DistributedTrainer
from fastai.learner import Learner
from fastai.torch_core import num_distrib
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel


def is_parallel() -> bool:
    """Whether this process is one of several that train together.

    Returns
    -------
    bool
        True inside `accelerate launch` once the process group exists.
    """
    return (
        distributed.is_available()
        and distributed.is_initialized()
        and distributed.get_world_size() > 1
    )


def is_main() -> bool:
    """Whether this process writes the files: the only one, or the first of several."""
    return not is_parallel() or distributed.get_rank() == 0


def unwrapped(network: nn.Module) -> nn.Module:
    """Take a network out of its wrapper for several processes.

    Returns
    -------
    nn.Module
        The network itself when it is not wrapped.
    """
    return network.module if isinstance(network, DistributedDataParallel) else network


def together(learn: Learner) -> AbstractContextManager:
    """Train with all the processes that `accelerate launch` started, or alone when there is one.

    Returns
    -------
    context manager
        fastai's `distrib_ctx` where there are several processes.
    """
    return learn.distrib_ctx() if num_distrib() > 1 else nullcontext()


def sum_over_processes(values: Tensor) -> Tensor:
    """Add a tensor up over all processes, so that each of them knows the total.

    Parameters
    ----------
    values : Tensor
        Of the same shape in every process.

    Returns
    -------
    Tensor
        The sum; the input itself when there is one process.
    """
    if is_parallel():
        values = values.clone()
        distributed.all_reduce(values)
    return values


def average_gradients(network: nn.Module) -> None:
    """Give every process the mean of all processes' gradients.

    fastai wraps the generator in `DistributedDataParallel`, which does this by itself. The
    discriminator stays unwrapped, because it is run twice before it learns once; it calls this
    after its backward pass.

    Parameters
    ----------
    network : nn.Module
        Its gradients are replaced, all in one message.
    """
    if not is_parallel():
        return
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


class AnyDeviceDL(DistributedDL):
    """fastai's `DistributedDL`, which sends the shuffled order through CUDA, on CPUs too."""

    # A private of fastai's: the one place that names CUDA.
    def _broadcast(self, order: list[int], rank: int) -> list[int]:
        """Send process `rank`'s order of the photographs to all others."""
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        indices = torch.tensor(list(order), dtype=torch.long, device=device)
        distributed.broadcast(indices, rank)
        return indices.tolist()


class AnyDeviceTrainer(DistributedTrainer):
    """fastai's `DistributedTrainer` with loaders and batch norm that also work on CPUs.

    Batch norm is synchronised between GPUs; on CPUs torch has no such layer and each process keeps
    its own statistics.

    Parameters
    ----------
    sync_bn : bool
        Synchronise batch norm where that is possible.
    **accelerator : Any
        Passed on to `accelerate.Accelerator`.
    """

    def __init__(self, sync_bn: bool = True, **accelerator: Any) -> None:
        gpu = torch.cuda.is_available()
        super().__init__(sync_bn=sync_bn and gpu, **{"cpu": not gpu} | accelerator)

    def before_fit(self) -> None:
        super().before_fit()
        discriminator = self.learn.discriminator
        if discriminator is not None:
            discriminator.to(self.learn.model.device)
            for value in discriminator.state_dict().values():
                distributed.broadcast(value, 0)  # every process starts with the same one

    # A private of fastai's: it makes `DistributedDL` by name, and offers no other way to put a
    # loader of ours there.
    def _wrap_dl(self, dl: Any) -> DistributedDL:
        """Make a loader that hands this process its share of every batch."""
        return (
            dl if isinstance(dl, DistributedDL) else AnyDeviceDL(dl, device=self.learn.model.device)
        )
