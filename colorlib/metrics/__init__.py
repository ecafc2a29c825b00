"""How good a colorizer is: numbers that compare pictures and sets of pictures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "assessment",
        "colored_pictures",
        "evaluate",
        "frechet",
        "networks",
        "pictures",
        "set_distance",
        "suite",
        "suite_files",
        "suite_table",
    ],
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
        "set_distance": ["set_distance"],
        "assessment": ["assess", "middle_square", "with_chroma"],
    },
)
