"""A film in, a film out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "checks",
        "clock",
        "colorize",
        "combs",
        "containers",
        "decode",
        "encode",
        "fitting",
        "locking",
        "mux",
        "optical_flow",
        "originals",
        "parts",
        "pixel_formats",
        "probe",
        "rehearsal",
        "render",
        "shots",
        "sounds",
        "steadiness",
        "steady",
        "survey",
        "synthetic",
        "tryout",
    ],
    submod_attrs={
        "colorize": ["colorize_video"],
        "steady": ["SteadyColorizer"],
        "encode": ["write_clip"],
        "synthetic": ["Clip", "MOVES", "camera_clip", "example_clips", "joined", "package_clips"],
        "optical_flow": ["chain", "confidence", "fetch", "find_motion", "round_trip"],
        "shots": ["with_cuts"],
        "steadiness": ["chroma", "color_consistency", "flicker_spectrum", "warping_error"],
        "render": ["frame_lightness", "paint_frame", "upscaled"],
    },
)
