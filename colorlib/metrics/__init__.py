"""How good a colorizer is: numbers that compare pictures and sets of pictures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["evaluate", "frechet", "pictures"],
    submod_attrs={
        "pictures": [
            "THRESHOLDS",
            "ab_accuracy",
            "ab_error",
            "ab_psnr",
            "colorfulness",
            "colorfulness_unsigned",
            "psnr",
            "ssim",
        ],
        "frechet": ["FrechetDistance", "FrechetFeatures"],
        "evaluate": ["bootstrap_interval", "shares"],
    },
)
