"""A graph loaded into onnxruntime, with its weights inside or given beside it."""

from collections.abc import Mapping

import numpy as np
from onnxruntime import GraphOptimizationLevel, InferenceSession, OrtValue, SessionOptions

__all__ = ["start_session"]


def start_session(
    model: bytes,
    arrays: Mapping[str, np.ndarray] | None = None,
    threads: int = 1,
    only_look: bool = False,
) -> InferenceSession:
    """Load a graph into onnxruntime, on the processor.

    Parameters
    ----------
    model : bytes
        An ONNX file.
    arrays : mapping of str to ndarray, optional
        The weights that the graph names and does not hold.
    threads : int
        Of one call.
    only_look : bool
        The session is asked what it is, and not run: nothing is optimised.
    """
    options = SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait in a loop would take the cores from other photographs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors: what it has to say of a graph is for its maker
    if only_look:
        options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL
    if arrays:
        values = {name: OrtValue.ortvalue_from_numpy(array) for name, array in arrays.items()}
        options.add_external_initializers(list(values), list(values.values()))
    return InferenceSession(model, options, providers=["CPUExecutionProvider"])
