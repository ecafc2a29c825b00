"""Named experiments, and what came of them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "assess",
        "building",
        "keeping",
        "provenance",
        "recipe",
        "recorded",
        "run",
        "schedules",
    ],
    submod_attrs={
        "recipe": ["Recipe", "load_recipe", "variants"],
        "run": ["run_recipe"],
        "assess": ["measure", "photograph_errors"],
        "recorded": [
            "recorded_difference",
            "recorded_errors",
            "recorded_file",
            "recorded_frames",
            "recorded_log",
            "recorded_metrics",
            "recorded_variants",
        ],
    },
)
