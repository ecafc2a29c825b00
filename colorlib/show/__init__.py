"""A picture, a thing to turn, a curve: what a chapter shows."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "appearance",
        "curves",
        "explorer",
        "figures",
        "frame",
        "live_sliders",
        "markup",
        "scribble_board",
        "source_code",
        "turning",
        "view",
        "widgets",
    ],
    submod_attrs={
        "figures": ["gamut_figure", "lab_channels", "picture_grid", "receptive_field_figure"],
        "appearance": [
            "INK",
            "LINES",
            "REFERENCES",
            "SHADE",
            "STYLE",
            "SURROUND",
            "WIDTH",
            "figure_pixels",
            "style",
        ],
        "curves": ["loss_curves"],
        "frame": ["framed"],
        "turning": ["turnable"],
        "view": ["View"],
        "live_sliders": ["live"],
        "widgets": ["compare", "film"],
        "explorer": ["run_explorer"],
        "source_code": ["Source", "source"],
        "scribble_board": ["ScribbleBoard"],
    },
)
