"""Say what differs between an answer and what was expected, without saying what was expected."""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

# Factors that tell what was mixed up: percent and shares, bytes and units, ab in units and in
# network scale.
FACTORS = {
    -1.0: "it has the opposite sign",
    100.0: "it looks like a percentage; a share between 0 and 1 is asked for",
    0.01: "it looks like a share; a percentage is asked for",
    255.0: "it is counted in steps of 255; values between 0 and 1 are asked for",
    1 / 255: "it lies between 0 and 1; steps of 255 are asked for",
    110.0: "it is in CIE units of a and b; the network's scale is asked for",
    1 / 110: "it is in the network's scale; CIE units of a and b are asked for",
}


class Wrong(ValueError):  # noqa: N818
    """What is wrong with an answer that was recognised while it was called."""


def difference(
    given: Any, expected: Any, tolerance: float = 1e-3, what: str = "the answer"
) -> str | None:
    """Compare an answer with what was expected, and tell what kind of difference there is.

    Parameters
    ----------
    given : array_like or Tensor
        The answer: a number, a list, an array, or a tensor on any device.
    expected : array_like or Tensor
    tolerance : float
        The largest difference that counts as none, in the unit of the values.
    what : str
        How the answer is called in the message.

    Returns
    -------
    str or None
        One sentence or two on what differs: kind, shape, values that are no numbers, sign, factor,
        shift, mirror, exchanged channels, or where the largest difference lies, without the
        expected values. None if nothing differs.

    Examples
    --------
    >>> difference([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) is None
    True
    >>> difference([-1.0, -2.0, -3.0], [1.0, 2.0, 3.0])
    'the answer: it has the opposite sign.'
    """
    found, wanted = _array(given), _array(expected)
    if wanted is None:
        raise TypeError(f"{what}: there is nothing to compare a {type(expected).__name__} with")
    if found is None:
        kind = "nothing yet" if given is None or given is ... else f"a {type(given).__name__}"
        return f"{what} is {kind}; {_kind(wanted)} is asked for."
    if found.shape != wanted.shape:
        return (
            f"{what} has the shape {_shape(found)}, {_shape(wanted)} is asked "
            f"for{_reshaped(found, wanted)}."
        )
    if not np.isfinite(found).all():
        bad = np.argwhere(~np.isfinite(found))
        return (
            f"{what} has {len(bad)} values that are no finite numbers, "
            f"the first at {_place(bad[0])}."
        )
    if np.abs(found - wanted).max(initial=0) <= tolerance:
        return None
    return f"{what}: {_pattern(found, wanted, tolerance) or _worst(found, wanted, tolerance)}."


def number(
    given: Any,
    expected: float,
    tolerance: float,
    known: Mapping[float, str] | None = None,
    what: str = "the number",
) -> str | None:
    """Compare one number, and recognise mistakes that are often made.

    Parameters
    ----------
    given : object
    expected : float
    tolerance : float
        The largest difference that counts as none.
    known : mapping of float to str, optional
        Wrong numbers, and what led to each of them.
    what : str
        How the number is called in the message.

    Returns
    -------
    str or None
        What is wrong, or None.
    """
    found = _array(given)
    if found is None or found.size != 1:
        return difference(given, expected, tolerance, what)
    value = float(found.reshape(()))
    if not np.isfinite(value):
        return f"{what} is not finite."
    if abs(value - expected) <= tolerance:
        return None
    for wrong, reason in (known or {}).items():
        if abs(value - wrong) <= max(tolerance, 1e-6 * abs(wrong)):
            return reason
    for factor, reason in FACTORS.items():
        if abs(value - factor * expected) <= tolerance * abs(factor):
            return f"{what}: {reason}."
    return f"{what} is too {'large' if value > expected else 'small'}."


def called(
    function: Any, cases: Sequence[tuple], expected: Callable, tolerance: float = 1e-3
) -> str | None:
    """Call an answer that is a function, and compare what it returns.

    Parameters
    ----------
    function : object
        The answer.
    cases : sequence of tuple
        Arguments of each call. They are copied where they are arrays or tensors, so that an answer
        may change them.
    expected : callable
        What is right, called in the same way.
    tolerance : float

    Returns
    -------
    str or None
        What is wrong with the first call that is wrong, or None.
    """
    if not callable(function):
        return "the answer is no function yet: hand over its name, without brackets."
    for number_, case in enumerate(cases, 1):
        try:
            given = function(*map(_copy, case))
        except Wrong as wrong:
            return str(wrong)
        except Exception as error:
            return (
                f"call {number_} of {len(cases)} ends with "
                f"{type(error).__name__}: {str(error)[:200]}"
            )
        message = difference(
            given, expected(*map(_copy, case)), tolerance, f"what call {number_} returns"
        )
        if message:
            return message
    return None


def choice(
    given: Any, because: Any, right: str, why: Mapping[str, str], words: int = 12
) -> str | None:
    """Look at a judgement: a letter, which is checked, and a reason, which a person reads.

    Parameters
    ----------
    given : object
        The letter that was chosen.
    because : object
        The reason, in words.
    right : str
        The letter that holds.
    why : mapping of str to str
        For each other letter, what speaks against it.
    words : int
        How many words a reason has at least.

    Returns
    -------
    str or None
        What is wrong, or None.
    """
    letter = given.strip().lower().rstrip(").") if isinstance(given, str) else given
    if letter != right and letter not in why:
        return f"choose one letter of {', '.join(sorted({right, *why}))}, as text."
    if letter != right:
        return why[letter]
    count = len(because.split()) if isinstance(because, str) else 0
    if count < words:
        return (
            "the choice can be defended; now say why, "
            f"in at least {words} words (there are {count})."
        )
    return None


def _array(value: Any) -> np.ndarray | None:
    """Anything that holds numbers as an array of floats, or None."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
        return array.astype(float) if array.dtype.kind in "fiub" else None
    except (TypeError, ValueError):
        return None


def _copy(value: Any) -> Any:
    """Copy an array or a tensor, with its type."""
    return (
        value.clone()
        if hasattr(value, "clone")
        else value.copy()
        if isinstance(value, np.ndarray)
        else value
    )


def _kind(wanted: np.ndarray) -> str:
    """Say what is asked for."""
    return f"an array of shape {_shape(wanted)}" if wanted.ndim else "a number"


def _shape(array: np.ndarray) -> str:
    """Write a shape as one reads it."""
    return " x ".join(map(str, array.shape)) if array.ndim else "of one number"


def _reshaped(found: np.ndarray, wanted: np.ndarray) -> str:
    """Say what a wrong shape may come from."""
    if found.size == wanted.size and sorted(found.shape) == sorted(wanted.shape):
        return ": the axes are in another order"
    if found.size == wanted.size:
        return ": the same numbers, folded otherwise"
    if found.shape[-2:] == wanted.shape[-2:] and found.ndim == wanted.ndim:
        return ": the number of channels differs"
    return ""


def _pattern(found: np.ndarray, wanted: np.ndarray, tolerance: float) -> str | None:
    """Name a difference that all values have in common."""
    if wanted.size < 2 or not found.any():
        return "all of it is zero" if not found.any() else None
    scale = float((found * wanted).sum() / max((wanted**2).sum(), 1e-12))
    if abs(scale) > 1e-6 and np.abs(found - scale * wanted).max() <= tolerance * max(abs(scale), 1):
        for factor, reason in FACTORS.items():
            if abs(scale / factor - 1) < 0.01:
                return reason
        return f"all of it is {scale:.3g} times as large as it should be"
    shift = found - wanted
    if np.ptp(shift) <= tolerance:
        return f"all of it is too {'large' if shift.mean() > 0 else 'small'} by the same amount"
    for axis in range(max(wanted.ndim - 2, 0), wanted.ndim):
        if np.abs(np.flip(found, axis) - wanted).max() <= tolerance:
            return "it is mirrored, or in the opposite order"
    if wanted.ndim >= 3 and wanted.shape[-3] <= 4:
        for order in permutations(range(wanted.shape[-3])):
            if np.abs(np.take(found, order, axis=-3) - wanted).max() <= tolerance:
                return "the channels are in another order"
    return None


def _worst(found: np.ndarray, wanted: np.ndarray, tolerance: float) -> str:
    """How much of it differs, and where the most."""
    off = np.abs(found - wanted)
    at = np.unravel_index(off.argmax(), off.shape)
    side = "large" if found[at] > wanted[at] else "small"
    if not found.ndim:
        return f"it is too {side}"
    return (
        f"{(off > tolerance).mean():.0%} of the values differ, "
        f"most at {_place(at)}, where it is too {side}"
    )


def _place(index: Sequence[int]) -> str:
    return f"[{', '.join(str(int(i)) for i in index)}]"
