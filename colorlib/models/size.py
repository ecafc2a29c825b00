"""How large a network is."""

from torch import nn


def parameter_count(network: nn.Module) -> int:
    """Count the numbers that a network may learn, whether it learns them now or not.

    Examples
    --------
    >>> parameter_count(nn.Linear(3, 2))
    8
    """
    return sum(parameter.numel() for parameter in network.parameters())
