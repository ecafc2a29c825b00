"""What came before the networks: colour from a few strokes, and colour from another photograph."""

from colorlib.classical.clips import propagate_film
from colorlib.classical.density import match_density, pitie, sliced_distance
from colorlib.classical.edges import adaptive_edges
from colorlib.classical.geodesic import blend, distances
from colorlib.classical.luminance import welsh
from colorlib.classical.marks import marks, points_from_truth
from colorlib.classical.regions import tai
from colorlib.classical.scribbles import propagate, propagate_between_edges
from colorlib.classical.superpixels import gupta
from colorlib.classical.textures import sheng
from colorlib.classical.transfer import match_mean_covariance, match_mean_deviation, monge_kantorovich, reinhard

__all__ = [
    "BY_EXAMPLE",
    "BY_SCRIBBLES",
    "adaptive_edges",
    "blend",
    "distances",
    "gupta",
    "marks",
    "match_density",
    "match_mean_covariance",
    "match_mean_deviation",
    "monge_kantorovich",
    "pitie",
    "points_from_truth",
    "propagate",
    "propagate_between_edges",
    "propagate_film",
    "reinhard",
    "sheng",
    "sliced_distance",
    "tai",
    "welsh",
]

# Every method that colours a grey picture by a reference, called as method(L, reference_lab) -> ab.
BY_EXAMPLE = {
    "Reinhard 2001": reinhard,
    "Welsh 2002": welsh,
    "Tai 2005": tai,
    "Pitie 2007": pitie,
    "Sheng 2011": sheng,
    "Gupta 2012": gupta,
}

# Every method that colours a grey picture by marked pixels, called as method(L, marked, values) -> ab.
BY_SCRIBBLES = {
    "Levin 2004": propagate,
    "Huang 2005": propagate_between_edges,
    "Yatziv 2006": blend,
}
