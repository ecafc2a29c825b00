"""Carry an answer from a process that nobody trusts to the one that judges it: as data, no object.

Numbers, texts, arrays, tensors and lists of them cross as JSON. A function stays where it is, and
crosses as a number by which it is called. Of anything else only the name of its kind crosses.
"""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

Call = Callable[[int], Callable[..., Any]]
KINDS = "biuf"  # of arrays: truth values and numbers


def packed(value: Any, functions: list[Any]) -> Any:
    """Turn an answer into what JSON can hold.

    Parameters
    ----------
    value : object
    functions : list
        Functions that the answer holds are appended to it; their place in it crosses.

    Returns
    -------
    object
        Of dicts, lists, texts and numbers.

    Examples
    --------
    >>> unpacked(packed((1, [np.zeros(2)]), []), print)
    (1, [array([0., 0.])])
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if value is ...:
        return {"gap": True}
    if isinstance(value, dict):
        return {
            "dict": [
                [packed(key, functions), packed(item, functions)] for key, item in value.items()
            ]
        }
    if isinstance(value, tuple):
        return {"tuple": [packed(item, functions) for item in value]}
    if isinstance(value, list | set | range):
        return [packed(item, functions) for item in value]
    kind = "tensor" if hasattr(value, "detach") and not callable(value) else "array"
    if kind == "tensor" or (hasattr(value, "__array__") and not callable(value)):
        if kind == "tensor":
            value = value.detach().cpu()
            value = (
                value.float() if value.is_floating_point() and value.element_size() < 4 else value
            )
        array = np.asarray(value)
        if array.dtype.kind in KINDS:
            content = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
            return {kind: [array.dtype.str, list(array.shape), content]}
    if callable(value):
        functions.append(value)
        return {"function": len(functions) - 1}
    return {"other": type(value).__name__}


def unpacked(content: Any, function: Call) -> Any:
    """Turn it back.

    Parameters
    ----------
    content : object
        As `packed` made it, or anything else that somebody sent in its place.
    function : callable
        Makes a function from the number by which it is called.

    Raises
    ------
    ValueError
        If `packed` makes no such thing.
    """
    if content is None or isinstance(content, bool | int | float | str):
        return content
    if isinstance(content, list):
        return [unpacked(item, function) for item in content]
    try:
        ((kind, inside),) = content.items()
        if kind == "gap":
            return ...
        if kind == "dict":
            return {unpacked(key, function): unpacked(item, function) for key, item in inside}
        if kind == "tuple":
            return tuple(unpacked(item, function) for item in inside)
        if kind == "function":
            return function(int(inside))
        if kind == "other":
            return named(inside, object)()
        if kind in ("tensor", "array"):
            return _array(kind, *inside)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"an answer arrived that cannot be read: {error}") from None
    raise ValueError(f"an answer arrived that cannot be read: {str(kind)[:40]}")


def named(name: Any, base: type) -> type:
    """Make a class that is called like one of the other process, for messages.

    Parameters
    ----------
    name : str
    base : type
    """
    return type(str(name)[:60].replace("\0", ""), (base,), {})


def _array(kind: str, dtype: str, shape: list[int], content: str) -> Any:
    """Make an array or a tensor of its bytes."""
    if np.dtype(dtype).kind not in KINDS:
        raise ValueError(f"an array of {dtype}")
    array = np.frombuffer(base64.b64decode(content), dtype).reshape(shape).copy()
    if kind == "array":
        return array
    import torch

    return torch.from_numpy(array)
