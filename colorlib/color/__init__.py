"""Colour spaces: from sRGB to Lab and back, and which colours a screen can show."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["batches", "constants", "curves", "display", "fast", "gamut", "lab", "scale"],
    submod_attrs={
        "lab": [
            "grey_rgb",
            "lab_to_linear_rgb",
            "lab_to_rgb",
            "lightness",
            "rgb_to_lab",
        ],
        "curves": ["lab_curve_inverse", "linear_to_rgb"],
        "scale": ["from_network", "to_network"],
        "gamut": ["fit_gamut", "gamut_mask", "in_gamut"],
        "batches": ["bytes_to_network", "lab_to_bytes"],
        "display": ["displayed_bytes", "displayed_rgb"],
        "fast": ["integer_lightness", "lab_of_pixels", "lightness_of_pixels"],
    },
)
