"""A run on disk: all it needs to go on, in one file that is whole or not there."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.learner import Learner

from colorlib._atomic import atomic
from colorlib.training.callbacks import is_rehearsal
from colorlib.training.distributed import is_main


class Checkpoint(Callback):
    """Write all that the run needs to go on to one file after every epoch, whole or not.

    Parameters
    ----------
    made_of : dict, optional
        What the run is made of, see `provenance.made_of`; strings, numbers, and lists and dicts of
        them.
    trained : list of dict, optional
        How its epochs were trained, see `provenance.Account`.
    """

    order = 70

    def __init__(
        self,
        file: Path,
        made_of: dict[str, Any] | None = None,
        trained: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        self.file, self.made_of, self.trained = file, made_of, trained

    def after_epoch(self) -> None:
        if is_rehearsal(self.learn) or not is_main():
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with atomic(self.file) as temporary:
            torch.save(
                state_of(self.learn) | {"made_of": self.made_of, "trained": self.trained}, temporary
            )


def what_was_run(file: str | Path) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """Read what a checkpoint says of its run, and none of its numbers.

    Returns
    -------
    made_of : dict
    trained : list of dict
        As given to `Checkpoint`.
    epochs_done : int

    Raises
    ------
    ValueError
        If it is no checkpoint, or was written by a version that did not note what the run is made
        of.
    """
    try:
        state = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
        made_of, trained, done = state.get("made_of"), state.get("trained"), state["epochs_done"]
    except Exception as error:
        raise ValueError(
            f"{file}: not a checkpoint ({_reason(error)}); choose another output folder"
        ) from error
    if made_of is None or trained is None:
        raise ValueError(
            f"{file}: written by an older version of colorlib, which did not note recipe, "
            "seed and photographs: "
            "nobody can tell whether it is of this run. Choose another folder with --out, "
            "or begin anew with "
            "--no-resume"
        )
    return made_of, trained, done


def state_of(learn: Learner) -> dict[str, Any]:
    """Everything that the run needs to go on from the end of this epoch.

    Returns
    -------
    dict
        Tensors, numbers and strings only, so that it can be read without running code from the
        file.
    """
    state = {
        "epochs_done": learn.epochs_done + 1,
        "rows": learn.rows,
        "generator": learn.live_generator.state_dict(),
        "optimizer": _plain(learn.opt.state_dict()),
        "scaler": learn.scaler.state_dict(),
    }
    if learn.discriminator is not None:
        state |= {
            "discriminator": learn.discriminator.state_dict(),
            "optimizer_d": _plain(learn.opt_d.state_dict()),
        }
    if learn.ema:
        state |= {
            "average": learn.moving_average.average.state_dict(),
            "updates": learn.moving_average.updates,
        }
    return state


def restore(learn: Learner, file: str | Path) -> None:
    """Go back to where a checkpoint was written.

    Parameters
    ----------
    learn : ColorizationLearner
        Built with the same arguments as the one that wrote the checkpoint.

    Raises
    ------
    ValueError
        If the file is no checkpoint or belongs to other networks.
    """
    try:
        state = torch.load(file, map_location=learn.dls.device, weights_only=True)
        if learn.opt is None:
            learn.create_opt()
        learn.model.load_state_dict(state["generator"])
        learn.opt.load_state_dict(state["optimizer"])
        if state["scaler"]:  # empty unless the run so far was in fp16
            learn.scaler.load_state_dict(state["scaler"])
        if learn.discriminator is not None and (
            "discriminator" in state or any(row["trains"] != "generator" for row in state["rows"])
        ):  # a discriminator that has not trained yet may join now
            learn.discriminator.load_state_dict(state["discriminator"])
            learn.opt_d.load_state_dict(state["optimizer_d"])
        if learn.ema:
            learn.moving_average.start()
            learn.moving_average.average.load_state_dict(state["average"])
            learn.moving_average.updates = state["updates"]
        learn.rows, learn.epochs_done = state["rows"], state["epochs_done"]
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(
            f"{file}: not a checkpoint of these networks ({_reason(error)}); "
            "resume with the recipe that wrote it, or choose another output folder"
        ) from error


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _plain(optimizer: dict[str, Any]) -> dict[str, Any]:
    """Make the numpy numbers in an optimizer's state plain, as a safe reader wants them."""
    groups = [
        {
            key: float(value) if isinstance(value, np.floating) else value
            for key, value in group.items()
        }
        for group in optimizer["param_groups"]
    ]
    return {**optimizer, "param_groups": groups}
