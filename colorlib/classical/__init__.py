"""What came before the networks: colour from a few strokes, and colour from another photograph."""

from colorlib.classical.scribbles import propagate
from colorlib.classical.transfer import match_mean_covariance, match_mean_deviation, monge_kantorovich

__all__ = ["match_mean_covariance", "match_mean_deviation", "monge_kantorovich", "propagate"]
