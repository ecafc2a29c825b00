"""What came before the networks: colour from a few strokes, and colour from another photograph."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "affinity",
        "arrays",
        "gupta2012",
        "huang2005",
        "levin2004",
        "levin2004_film",
        "linear_transport",
        "methods",
        "nested_dissection",
        "olsen2010",
        "pitie2007",
        "reference",
        "reinhard2001",
        "scribbles",
        "sheng2011",
        "sparse_lu",
        "tai2005",
        "welsh2002",
        "yatziv2006",
    ],
    submod_attrs={
        "gupta2012": ["gupta"],
        "huang2005": ["adaptive_edges", "propagate_between_edges"],
        "levin2004": ["propagate"],
        "levin2004_film": ["propagate_film"],
        "linear_transport": ["match_mean_covariance", "monge_kantorovich"],
        "pitie2007": ["match_density", "pitie", "sliced_distance"],
        "reinhard2001": ["match_mean_deviation", "reinhard"],
        "scribbles": ["marks", "points_from_truth"],
        "sheng2011": ["sheng"],
        "tai2005": ["tai"],
        "welsh2002": ["welsh"],
        "yatziv2006": ["blend", "distances"],
        "methods": ["BY_EXAMPLE", "BY_SCRIBBLES"],
    },
)
