"""What `models.size` promises."""

from torch import nn

from colorlib.models.size import parameter_count


def test_all_numbers_count_frozen_or_not():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    network[0].requires_grad_(False)
    assert parameter_count(network) == (2 * 9 + 2) + 2 * 2  # running means are not learned
