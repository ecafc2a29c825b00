"""Networks that onnxruntime runs: shipped weights, files of `colorlib export`, other people's."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from colorlib.models import dial
from colorlib.models.card import identity, read_graph, read_weights
from colorlib.models.onnx_card import METADATA, Signature, read_onnx_card
from colorlib.models.onnx_session import start_session
from colorlib.settings import cores

__all__ = ["OnnxNetwork"]


class OnnxNetwork:
    """A network that onnxruntime runs, asked with arrays.

    It may be asked from several threads at once, and be sent to other processes.

    Parameters
    ----------
    path : str or Path
        Weights with a graph beside them, see `models.card`; or an ONNX file with a card, see
        `models.onnx_card`.
    vividness : float, optional
        Where to turn the dial of a network that has one, 0 to 1; by default where its card says.
    threads : int, optional
        Of one call; by default ``OMP_NUM_THREADS`` of the environment, or the cores that this
        process may use.

    Attributes
    ----------
    card : dict
        As from `models.read_card`; with a dial also the `vividness`, the `part` and the `gain` at
        which it stands.
    multiple : int
        What height and width of a picture must be multiples of; 1 where the network takes one size
        only: pictures are resized to it, as the scripts of such networks do, and the colours back.

    Raises
    ------
    FileNotFoundError, ValueError
        As `models.read_card`; if a vividness is asked for that is not in [0, 1], or of a network
        without a dial; if onnxruntime cannot run the file, or it takes something else than one
        picture.
    """

    def __init__(
        self, path: str | Path, vividness: float | None = None, threads: int | None = None
    ) -> None:
        self._threads, self._fed = threads, {}
        if Path(path).suffix == ".onnx":
            self.card, self._model, self._weights = (
                read_onnx_card(path),
                Path(path).read_bytes(),
                {},
            )
            if dial.has_dial(self.card):
                at = dial.setting(self.card, vividness)
                self.card |= vars(at)
                self._fed["vividness"] = np.array(at.vividness, np.float32)
            elif vividness is not None:
                raise ValueError(f"{path}: this network has no vividness to choose; leave it out")
        else:
            arrays, self.card = read_weights(path, vividness)
            self._model = read_graph(path, self.card)
            self._weights = {
                name: array.astype(np.float32)
                for name, array in arrays.items()
                if array.dtype.kind == "f"
            }
        try:
            self._start()
        except Exception as error:  # onnxruntime has many kinds of errors
            raise ValueError(f"{path}: onnxruntime cannot run it ({error})") from error
        if self._weights:
            about = json.loads(self._session.get_modelmeta().custom_metadata_map[METADATA])
            signature = Signature(**about["signature"])
            # The gain of the chroma is the only part of a dial that is no weight.
            self.card["signature"] = replace(
                signature, scale=signature.scale * self.card.get("gain", 1.0)
            )
        self.sha256 = identity(self.card)
        pictures = self._session.get_inputs()
        channels = 1 if self.card["signature"].input == "L" else 3
        if [shape[1:2] for shape in (picture.shape for picture in pictures) if len(shape) == 4] != [
            [channels]
        ]:
            shapes = ", ".join(f"{picture.name} {picture.shape}" for picture in pictures)
            raise ValueError(
                f"{path}: the card says one picture of {channels} channels, but the file takes "
                f"{shapes}"
            )
        batch, _, height, width = pictures[0].shape
        self._name, self._dtype = (
            pictures[0].name,
            np.float16 if "float16" in pictures[0].type else np.float32,
        )
        self._one_by_one = isinstance(batch, int)
        self._side = (height, width) if isinstance(height, int) and isinstance(width, int) else None
        self.multiple = 1 if self._side else self.card["signature"].multiple

    def _start(self) -> None:
        """Load the network into onnxruntime."""
        # Ray sets OMP_NUM_THREADS for its workers.
        threads = self._threads or int(os.environ.get("OMP_NUM_THREADS") or cores())
        self._session = start_session(self._model, self._weights, threads)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_session"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._start()

    def predict(self, L: np.ndarray) -> np.ndarray:
        """Ask the network for colours.

        Parameters
        ----------
        L : ndarray, (B, 1, h, w), float32
            L* in [0, 100]; h and w are multiples of `multiple`.

        Returns
        -------
        ndarray, (B, 2, h, w), float32
            a and b in CIE units.

        Raises
        ------
        ValueError
            If the network cannot be run at this size, or answers with something else than its card
            says.
        RuntimeError
            If there is not enough memory.
        """
        given = np.stack([self._given(plane) for (plane,) in L]).astype(self._dtype)
        portions = np.split(given, len(given)) if self._one_by_one else [given]
        answers = np.concatenate([self._answer(portion) for portion in portions]).astype(np.float32)
        return np.stack([self._ab(answer, *L.shape[2:]) for answer in answers])

    def _answer(self, given: np.ndarray) -> np.ndarray:
        """Return what the network says, as it says it."""
        try:
            answer = self._session.run(None, {self._name: given} | self._fed)[0]
        except Exception as error:  # onnxruntime's own kinds are neither of these
            kind = RuntimeError if "allocate memory" in str(error) else ValueError
            raise kind(f"onnxruntime cannot run the network on {given.shape}: {error}") from error
        channels = 2 if self.card["signature"].output == "ab" else 3
        if answer.ndim != 4 or answer.shape[1] != channels:
            raise ValueError(
                f"the card says that {channels} channels come back, but {list(answer.shape)} came"
            )
        return answer

    def _given(self, L: np.ndarray) -> np.ndarray:
        """Return what the network is shown, (1 or 3, H, W), of L* (h, w)."""
        signature = self.card["signature"]
        if self._side and L.shape != self._side:
            shrinks = L.shape[0] * L.shape[1] > self._side[0] * self._side[1]
            L = cv2.resize(
                L, self._side[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
            )
        if signature.input == "L":
            planes: np.ndarray = L[None] / 100
        else:
            lab = np.dstack([L, np.zeros((*L.shape, 2), np.float32)]).astype(np.float32)
            # Grey: the order of the channels is the same.
            planes = cv2.cvtColor(lab, cv2.COLOR_Lab2RGB).transpose(2, 0, 1)
        black, white = (
            np.float32(value).reshape(-1, 1, 1) for value in (signature.black, signature.white)
        )
        return black + planes * (white - black)

    def _ab(self, answer: np.ndarray, height: int, width: int) -> np.ndarray:
        """Read the colours (2, height, width) in an answer (2 or 3, H, W) of the network."""
        signature = self.card["signature"]
        planes: np.ndarray = np.ascontiguousarray(answer.transpose(1, 2, 0))
        planes = planes * np.float32(signature.scale)
        if signature.output == "rgb":
            rgb = planes[..., :: -1 if signature.order == "bgr" else 1].clip(0, 1)
            planes = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2Lab)[..., 1:]
        if planes.shape[:2] != (height, width):
            planes = cv2.resize(planes, (width, height), interpolation=cv2.INTER_CUBIC)
        return planes.transpose(2, 0, 1)
