"""What came before the networks: colour from a few strokes, and colour from another photograph."""

from colorlib.classical.gupta2012 import gupta
from colorlib.classical.huang2005 import adaptive_edges, propagate_between_edges
from colorlib.classical.levin2004 import propagate
from colorlib.classical.levin2004_film import propagate_film
from colorlib.classical.linear_transport import match_mean_covariance, monge_kantorovich
from colorlib.classical.pitie2007 import match_density, pitie, sliced_distance
from colorlib.classical.reinhard2001 import match_mean_deviation, reinhard
from colorlib.classical.scribbles import marks, points_from_truth
from colorlib.classical.sheng2011 import sheng
from colorlib.classical.tai2005 import tai
from colorlib.classical.welsh2002 import welsh
from colorlib.classical.yatziv2006 import blend, distances

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
