"""One picture in, one out, of any size."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "backends",
        "colorizer",
        "compose",
        "hints",
        "memory",
        "onnx_backend",
        "pale",
        "predict",
        "suite_colorizer",
        "torch_backend",
        "uncertainty",
        "upsample",
    ],
    submod_attrs={
        "colorizer": ["Colorizer"],
        "hints": ["Point", "follow_points", "follow_reference"],
    },
)
